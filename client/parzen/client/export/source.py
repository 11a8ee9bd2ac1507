"""What an export reads: a study, its trials by number, and what they measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parzen.shared.records import Measurement, Study, Trial


@dataclass(frozen=True, slots=True)
class Source:
    """``trials`` are those that were asked for, one by one; ``slim`` ones have parameters alone."""

    study: Study
    trials: Callable[[], Iterator[Trial]]
    slim: Callable[[], Iterator[Trial]]
    measurements: Callable[[int], Sequence[Measurement]]
