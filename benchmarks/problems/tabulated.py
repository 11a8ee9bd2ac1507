"""Problems made of tabulated losses of scikit-learn's models, for one model or a choice of some.

Between two levels of a number the loss is interpolated linearly in each axis, so that the lowest
loss is that of a level. The tables lie in the folder ``data``; :mod:`problems.tables` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from problems.axes import Axis
from problems.problem import HELD, TUNE, Problem

from parzen.shared.dimensions import Params
from parzen.shared.space import Choice, Parameter, Space

DATA = Path(__file__).with_name("data")

Array = npt.NDArray[np.float64]

SINGLE = {
    TUNE: ("digits-svm", "digits-network", "wine-boosting"),
    HELD: ("cancer-network", "cancer-boosting", "diabetes-svm"),
}
"""Tables that are a problem of their own."""

CHOICES = {
    TUNE: {
        "digits-models": ("digits-svm", "digits-network", "digits-forest", "digits-neighbours"),
        "wine-models": ("wine-boosting", "wine-svm", "wine-logistic", "wine-neighbours"),
    },
    HELD: {
        "cancer-models": ("cancer-boosting", "cancer-network", "cancer-logistic", "cancer-forest"),
        "diabetes-models": (
            "diabetes-svm",
            "diabetes-elastic",
            "diabetes-forest",
            "diabetes-boosting",
        ),
    },
}
"""Tables of one data set under one choice of a model."""


def loaders(half: str) -> dict[str, Callable[[], Problem]]:
    """What loads each problem of ``half``, by name, in order."""
    single = {name: partial(_single, name, half) for name in SINGLE[half]}
    choices = {name: partial(_choice, name, half, of) for name, of in CHOICES[half].items()}
    return {**single, **choices}


@dataclass(frozen=True)
class Table:
    """Losses at all combinations of levels.

    Attributes:
        axes: one for each dimension of ``losses``.
        losses: shape (levels of the first axis, levels of the second, ...).
        about: the data's name, the seed and the versions that it was made with.
    """

    axes: tuple[Axis, ...]
    losses: Array
    about: Mapping[str, Any]

    def space(self) -> dict[str, Parameter]:
        """What a user would declare for this model."""
        return {axis.name: axis.parameter() for axis in self.axes}

    def loss(self, params: Params, prefix: str = "") -> float:
        """The loss at the parameters whose names start with ``prefix``."""
        values = [params[prefix + axis.name] for axis in self.axes]
        options = tuple(
            axis.levels.index(value)
            for axis, value in zip(self.axes, values, strict=True)
            if not axis.numeric
        )
        numbers = [
            axis.place([value])[0]
            for axis, value in zip(self.axes, values, strict=True)
            if axis.numeric
        ]
        return float(self._between[options](numbers)[0])

    @cached_property
    def _between(self) -> dict[tuple[int, ...], Callable[[list[float]], Array]]:
        """What interpolates the numbers, for each combination of options."""
        from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415  # takes half a second

        options = [i for i, axis in enumerate(self.axes) if not axis.numeric]
        rest = np.moveaxis(self.losses, options, range(len(options)))
        grid = [axis.place(axis.levels) for axis in self.axes if axis.numeric]
        return {
            at: RegularGridInterpolator(grid, rest[at])
            for at in product(*(range(len(self.axes[i].levels)) for i in options))
        }


def read(name: str) -> Table:
    """The table of this name in the folder of data.

    Raises:
        FileNotFoundError: it was not made; :mod:`problems.tables` makes it.
    """
    with np.load(DATA / f"{name}.npz", allow_pickle=False) as file:
        losses, about = file["losses"].astype(np.float64), json.loads(str(file["about"]))
    axes = tuple(
        Axis(axis["name"], tuple(axis["levels"]), axis["log"]) for axis in about.pop("axes")
    )
    return Table(axes, losses, about)


def write(path: Path, table: Table) -> None:
    """Keep ``table`` in a small file, its losses in single precision."""
    about = {**table.about, "axes": [asdict(axis) for axis in table.axes]}
    np.savez_compressed(path, losses=table.losses.astype(np.float32), about=json.dumps(about))


def _single(name: str, half: str) -> Problem:
    table = read(name)
    return Problem(
        name=name,
        family="model",
        half=half,
        dimensions=Space(table.space()).dimensions,
        loss=table.loss,
        best=float(table.losses.min()),
    )


def _choice(name: str, half: str, of: Sequence[str]) -> Problem:
    tables = {each.split("-")[1]: read(each) for each in of}
    space = {"model": Choice({label: table.space() for label, table in tables.items()})}

    def loss(params: Params) -> float:
        label = str(params["model"])
        return tables[label].loss(params, f"model/{label}/")

    return Problem(
        name=name,
        family="conditional",
        half=half,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=min(float(table.losses.min()) for table in tables.values()),
    )
