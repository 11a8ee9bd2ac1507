"""What every sampler whose cost is measured is to the benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from proposing.space import Seen


class Subject(Protocol):
    """One study of one sampler."""

    def fill(self, trials: Iterable[Seen]) -> None:
        """Make these complete trials known, outside of what is measured."""

    def step(self) -> None:
        """One trial is told and one proposed: what a running service does again and again."""
