"""An objective that says in which process it was called, and when. It imports nothing slow."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatching import instant

TRY_S = 0.002


@dataclass(frozen=True, slots=True)
class Objective:
    """Takes ``seconds``, and tells in which process it was called, and when.

    The first call in each process waits until ``together`` processes have come to ``gate``, so that
    nobody's start is measured.
    """

    gate: Path
    together: int
    seconds: float = 0.0

    def __call__(self, params: Mapping[str, float]) -> dict[str, Any]:
        """The loss, the process, and the moments of ``time.monotonic()``."""
        mine = self.gate / str(os.getpid())
        if not mine.exists():
            self._wait(mine)
        begun = time.monotonic()
        if self.seconds:
            time.sleep(self.seconds)
        loss = instant.loss(**params)
        return {"loss": loss, "process": os.getpid(), "begun": begun, "ended": time.monotonic()}

    def _wait(self, mine: Path) -> None:
        self.gate.mkdir(parents=True, exist_ok=True)
        mine.touch()
        while sum(1 for _ in self.gate.iterdir()) < self.together:
            time.sleep(TRY_S)
