"""The child of a slot, which is warm for what it has served last."""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.records import Claim, Image, Uid
from parzen.worker.bench import Bench
from parzen.worker.executor.protocol import Child
from parzen.worker.seats import Placement

log = logging.getLogger("parzen.worker")

STAY_S = 5.0
"""About how long a slot goes on with one study before it looks whether others wait: twenty times
what a new child costs."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a child is warm for: the bundle of a study, where its trials sit, and their image."""

    study: Uid
    bundle: Path
    placement: Placement
    image: Image | None


class Warmth:
    """Keeps at most one child. One that is told to start ``early`` does so before it is needed.

    The slot's own thread changes it; the properties may be read from any.
    """

    def __init__(self, bench: Bench, *, early: bool = False) -> None:
        self._bench = bench
        self._early = early
        self._child: Child | None = None
        self._contains = False  # then a warm process is of no use to what is likely to come
        self._serves: Served | None = None
        self._stays_until = 0.0
        self._stays_with: Uid | None = None

    @property
    def study(self) -> Uid | None:
        """The study for which the child is warm."""
        return self._serves.study if self._child is not None and self._serves else None

    @property
    def stays(self) -> Uid | None:
        """The study to go on with while that has trials: another one costs a new child."""
        return self.study if time.monotonic() < self._stays_until else None

    @property
    def pid(self) -> int | None:
        """The number of the child's process, where there is one."""
        child = self._child
        return None if child is None else child.pid

    def fits(self, serves: Served) -> bool:
        """Whether what it served last is this."""
        return self._serves == serves

    def child_for(self, serves: Served, claim: Claim) -> Child:
        """The child for a trial, the one that is there if it can be.

        Raises:
            OSError: this machine cannot start one.
        """
        blank = self._serves is None and claim.study.image is None  # for whatever comes first
        fits = blank or self._serves == serves
        if self._child is not None and not (fits and self._child.usable()):
            self.retire()
        if self._child is None:
            self._child = self._spawn(claim)
        if self._stays_with != serves.study:  # and not for each child of a study whose trials fail
            self._stays_with = serves.study
            # not all slots at once, so that they come to serve several studies side by side
            self._stays_until = time.monotonic() + STAY_S * random.uniform(0.5, 1.5)  # noqa: S311 - nothing secret
        self._serves = serves
        return self._child

    def _spawn(self, claim: Claim) -> Child:
        self._contains = claim.study.image is not None
        if self._contains:
            return self._bench.containers.spawn(claim)
        return self._bench.executor.spawn()

    def prepare(self) -> None:
        """Have a child in store, so that the next study's first trial need not wait for one."""
        if self._early and self._child is None and not self._contains:
            try:
                self._child, self._serves = self._bench.executor.spawn(), None
            except OSError as error:  # who needs one says what this machine lacks
                log.debug("no child is kept warm: %s", error)

    def retire(self) -> None:
        """Let it end, and see that nothing is left."""
        child, self._child = self._child, None
        if child is None:
            return
        if self._serves is None:  # it has run nothing that could want to end well
            child.kill(0.0)
        else:
            child.retire()
        self._serves = None
