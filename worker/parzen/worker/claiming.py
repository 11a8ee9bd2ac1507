"""How an agent takes trials from the store: when it asks, for how many, and of which studies.

The decisions of one thread, the agent's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from parzen.shared.records import Claim, Uid, Worker
from parzen.shared.store import Room, TrialQueue
from parzen.worker.choosing import Round, shares
from parzen.worker.executor import kernel
from parzen.worker.holdings import Holdings
from parzen.worker.listening import SLOW_S, Listening
from parzen.worker.metering import Meter
from parzen.worker.pace import Paces
from parzen.worker.ready import Ready
from parzen.worker.roster import Gathering, Roster
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
        pace: Paces,
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
        self._holdings = Holdings()
        self._at = 0.0
        self.keeps_for: str | None = None
        """The study for whose trials GPUs are kept free until there are enough."""

    @property
    def missing(self) -> int:
        """How many trials to ask for: for each free slot, and ahead where trials are short."""
        return self._missing(self._ahead)

    def _missing(self, by_study: Mapping[Uid, int]) -> int:
        ahead, free = sum(by_study.values()), self._roster.freeing
        if not free and 2 * len(self._ready) > ahead:
            return 0  # rather many at a time
        return max(0, free + ahead - len(self._ready))

    @property
    def _ahead(self) -> Mapping[Uid, int]:
        """How many attempts of a study should be ready beside those for slots that are free."""
        serving, begun, moment = self._roster.serving(), self._roster.begun(), time.monotonic()
        found = {}
        for uid in {*serving, *begun}:
            pace = self._pace.of(uid)
            soon_s, late_s = pace.soon_s
            ending = sum(soon_s <= moment - at < late_s for at in begun.get(uid, ()))
            found[uid] = max(pace.ahead(serving.get(uid, 0)), ending)
        return found

    @property
    def left_s(self) -> float:
        """Seconds until it may ask again."""
        return max(0.0, self._at - time.monotonic())

    @property
    def early_s(self) -> float:
        """Seconds until the successor of a trial that runs should be asked for; maybe infinite."""
        left, moment = [float("inf")], time.monotonic()
        for uid, begun in self._roster.begun().items():
            soon_s, _ = self._pace.of(uid).soon_s
            left += [seconds for at in begun if (seconds := at + soon_s - moment) > 0]
        return min(left)

    def soon(self) -> None:
        """There may be something now: ask at once."""
        self._at = 0.0

    def take(self, me: Worker, quota: float, since: float) -> Sequence[Claim]:
        """Trials for what is missing, at most ``quota``; where there are none, it waits a while.

        ``since`` (of :func:`kernel.now`) is when asking began.

        Raises:
            StoreError: the store does not say.
        """
        ahead = self._ahead
        count = int(min(self._missing(ahead), quota))
        held = self._held()
        warm = self._roster.warm()
        since_counted = self._holdings.since(self._studies.read_at, held)
        gathering: Gathering | None = None
        fitting = False
        self.keeps_for = None
        for asked in self._studies.rounds(set(held), tuple(warm), since_counted):
            gathering = gathering or self._roster.lacking(asked.studies)
            self.keeps_for = None if gathering is None else gathering.study.name
            for bounds in self._bounds(asked, warm, since_counted):
                room = self._roster.room(asked.studies, ahead, gathering, bounds)
                if not any(room(study, ()) for study in asked.studies):
                    continue
                fitting = True
                claims = self._asked(me, asked, int(min(count, asked.most)), room)
                if claims:
                    self._pace.asked(kernel.now() - since)
                    self._studies.served(asked)
                    self._listening.found()
                    return claims
        self._at = time.monotonic() + self._pause_s(fitting=fitting)
        return ()

    def _bounds(
        self, asked: Round, warm: Mapping[Uid, int], since: Mapping[Uid, int]
    ) -> Iterator[Mapping[Uid, int] | None]:
        """How the free slots are to be shared; where that finds none, whoever comes has them.

        A slot goes on for a while with a study whose child it has.
        """
        if self._roster.freeing > 1 and len(asked.studies) > 1:
            bounds: dict[Uid, int] = dict(warm)
            divided = False
            for studies, slots in self._roster.pools(asked.studies):
                fair = shares(studies, slots, since)
                divided = divided or fair is not None
                for study in studies:
                    mine = slots if fair is None else fair.get(study.uid, 0)
                    bounds[study.uid] = max(mine, warm.get(study.uid, 0))
            if divided:
                yield bounds
        yield None

    def _pause_s(self, *, fitting: bool) -> float:
        """How long to wait where there was nothing for any slot, or nothing that could fit one."""
        if not self._roster.idle:
            return AHEAD_S
        if fitting:
            return self._listening.missed()
        self._listening.found()  # what is new in the store would not fit either
        return SLOW_S

    def _held(self) -> Sequence[Uid]:
        """The study of each trial that is in hand and has not returned."""
        running = [attempt for attempt in self._roster.attempts() if not attempt.returned]
        return [attempt.claim.study.uid for attempt in (*running, *self._ready.attempts)]

    def _asked(self, me: Worker, asked: Round, most: int, room: Room) -> Sequence[Claim]:
        began, found = time.monotonic(), None
        try:
            claims = self._queue.claim(me, asked.studies, most, room)
            found = len(claims)
        finally:
            self._meter.claimed(found, time.monotonic() - began)
        return claims
