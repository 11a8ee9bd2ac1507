"""The axes of a table of losses, and the parameters that they become in a search space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.shared.dimensions import Plain
from parzen.shared.space import Choice, Float, Int, Parameter


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter's levels.

    Attributes:
        name: the parameter's name, unique in its table.
        levels: ascending whole or real numbers, or strings, which are options.
        log: whether the parameter is searched, and interpolated, by its logarithm.
    """

    name: str
    levels: tuple[Plain, ...]
    log: bool = False

    @property
    def numeric(self) -> bool:
        """Whether there is anything between two levels."""
        return not isinstance(self.levels[0], str)

    def parameter(self) -> Parameter:
        """What a search space declares: the range of the levels, or a choice of them."""
        if not self.numeric:
            return Choice(list(self.levels))
        low, high = self.levels[0], self.levels[-1]
        if isinstance(low, int) and isinstance(high, int):
            return Int(low, high, log=self.log)
        return Float(_real(low), _real(high), log=self.log)

    def whole(self) -> list[int]:
        """The levels as whole numbers."""
        return [int(_real(level)) for level in self.levels]

    def place(self, values: Sequence[Plain]) -> npt.NDArray[np.float64]:
        """Where numbers lie on the scale by which losses are interpolated."""
        numbers = np.array([_real(value) for value in values])
        return np.log(numbers) if self.log else numbers


def _real(value: Any) -> float:
    return float(value)
