"""How an agent takes trials from the store: when it asks, for how many, and of which studies.

The decisions of one thread, the agent's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from parzen.shared.records import Claim, Study, Worker
from parzen.shared.store import Room, TrialQueue
from parzen.worker.choosing import Round
from parzen.worker.executor import kernel
from parzen.worker.listening import Listening
from parzen.worker.metering import Meter
from parzen.worker.pace import Pace
from parzen.worker.ready import Ready
from parzen.worker.roster import Roster
from parzen.worker.studies import Studies

AHEAD_S = 0.02
"""Between two looks for trials to claim ahead, where there were none."""


class Claiming:
    """Takes trials for the slots of ``roster``, and beside those that are ``ready``."""

    def __init__(
        self,
        *,
        queue: TrialQueue,
        studies: Studies,
        roster: Roster,
        ready: Ready,
        pace: Pace,
        listening: Listening,
        meter: Meter,
    ) -> None:
        self._queue = queue
        self._studies = studies
        self._roster = roster
        self._ready = ready
        self._pace = pace
        self._listening = listening
        self._meter = meter
        self._at = 0.0
        self.keeps_for: str | None = None
        """The study for whose trials GPUs are kept free until there are enough."""

    @property
    def missing(self) -> int:
        """How many trials to ask for: for each free slot, and ahead where trials are short."""
        ahead, free = self._ahead, self._roster.freeing
        if not free and 2 * len(self._ready) > ahead:
            return 0  # rather many at a time
        return max(0, free + ahead - len(self._ready))

    @property
    def _ahead(self) -> int:
        """How many attempts should be ready beside those for slots that are free."""
        (soon_s, late_s), moment = self._pace.soon_s, time.monotonic()
        ending = sum(soon_s <= moment - at < late_s for at in self._roster.begun())
        return max(self._pace.ahead, ending)

    @property
    def left_s(self) -> float:
        """Seconds until it may ask again."""
        return max(0.0, self._at - time.monotonic())

    @property
    def early_s(self) -> float:
        """Seconds until the successor of a trial that runs should be asked for; maybe infinite."""
        (soon_s, _), moment = self._pace.soon_s, time.monotonic()
        left = (at + soon_s - moment for at in self._roster.begun())
        return min((seconds for seconds in left if seconds > 0), default=float("inf"))

    def soon(self) -> None:
        """There may be something now: ask at once."""
        self._at = 0.0

    def take(self, me: Worker, quota: float, since: float) -> Sequence[Claim]:
        """Trials for what is missing, at most ``quota``; where there are none, it waits a while.

        ``since`` (of :func:`kernel.now`) is when asking began.

        Raises:
            StoreError: the store does not say.
        """
        count = int(min(self.missing, quota))
        held = {study.uid for study in self._held()}
        gathering: Study | None = None
        self.keeps_for = None
        for asked in self._studies.rounds(held, self._roster.warm()):
            gathering = gathering or self._roster.lacking(asked.studies)
            self.keeps_for = None if gathering is None else gathering.name
            room = self._roster.room(asked.studies, self._ahead, gathering)
            claims = self._asked(me, asked, int(min(count, asked.most)), room)
            if claims:
                self._pace.asked(kernel.now() - since)
                self._studies.served(asked)
                self._listening.found()
                return claims
        pause_s = self._listening.missed() if self._roster.idle else AHEAD_S
        self._at = time.monotonic() + pause_s
        return ()

    def _held(self) -> Sequence[Study]:
        running = self._roster.attempts()
        return [attempt.claim.study for attempt in (*running, *self._ready.attempts)]

    def _asked(self, me: Worker, asked: Round, most: int, room: Room) -> Sequence[Claim]:
        began, found = time.monotonic(), None
        try:
            claims = self._queue.claim(me, asked.studies, most, room)
            found = len(claims)
        finally:
            self._meter.claimed(found, time.monotonic() - began)
        return claims
