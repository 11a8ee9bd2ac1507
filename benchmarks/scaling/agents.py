"""Agents without objectives: each asks, reports and keeps itself alive as a real one does.

What differs from :class:`parzen.worker.agent.Agent`: a trial is over when its time has come, no
process runs it; an agent that finds nothing opens no change stream and goes on looking; none claims
ahead of its free slots; several share a thread, which serves them in the order in which they are
due.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from scaling.tally import Tally, Window

from parzen.shared.errors import StoreError
from parzen.shared.records import Claim, Completed, Outcome, Study, Verdict, Worker
from parzen.shared.store import LIVE_S
from parzen.worker.choosing import rounds
from parzen.worker.listening import QUICK_S, SLOW_S
from parzen.worker.pace import Pace
from parzen.worker.studies import REFRESH_S

RENEW_SHARE = 0.25
"""An agent renews the leases of what runs after this share of a lease."""
BEAT_S = LIVE_S / 3
AGAIN_S = 0.2
"""After a call that raised."""
T = TypeVar("T")
NAP_S = 0.1
"""A thread with nothing to do looks this often whether the window has closed."""


class Queue(Protocol):
    """The part of a :class:`~parzen.shared.store.TrialQueue` that takes work."""

    def beat(self, worker: Worker) -> object:
        """See there."""

    def claim(self, worker: Worker, studies: Sequence[Study], count: int = 1) -> Sequence[Claim]:
        """See there."""

    def report(self, done: Sequence[tuple[Claim, Outcome]]) -> Sequence[Verdict]:
        """See there."""

    def renew(self, claims: Sequence[Claim]) -> object:
        """See there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the agents of one thread share.

    Attributes:
        queue: where they ask.
        studies: those that they serve.
        reread: has the server read the studies for an agent, as each does now and then.
        seconds: how long the next trial takes.
        tally: where they count, within ``window``.
        finished: called when trials were reported.
    """

    queue: Queue
    studies: Sequence[Study]
    reread: Callable[[], object]
    seconds: Callable[[], float]
    tally: Tally
    window: Window
    finished: Callable[[], object] = lambda: None


@dataclass(slots=True)
class Duty:
    """What an agent does every so many seconds, and when it is due next."""

    every_s: float
    at: float
    carry_out: Callable[[], object]


class Agent:
    """One worker with its slots; :meth:`act` does whatever is due.

    Args:
        worker: as it announces itself.
        setting: what it shares.
        rng: when in their period its regular duties fall, and with which study it begins.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        worker: Worker,
        setting: Setting,
        rng: np.random.Generator,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker = worker
        self._setting = setting
        self._clock = clock
        self._running: list[tuple[float, str, Claim]] = []
        self._turn = int(rng.integers(max(1, len(setting.studies))))
        self._misses = 0
        self._pace, self._reading_s = Pace(worker.slots), 0.0
        now, renew_s = clock(), RENEW_SHARE * worker.lease_s
        self._claim_at = now
        self._duties = [
            Duty(BEAT_S, now + BEAT_S * rng.random(), lambda: setting.queue.beat(self.worker)),
            Duty(REFRESH_S, now + REFRESH_S * rng.random(), self._reread),
            Duty(renew_s, now + renew_s * rng.random(), self._renew),
        ]

    @property
    def free(self) -> int:
        """How many slots have nothing to run."""
        return self.worker.slots - len(self._running)

    @property
    def next_at(self) -> float:
        """When there is something to do."""
        due = [duty.at for duty in self._duties]
        if self._running:
            due.append(self._running[0][0])
        if self.free:
            due.append(self._claim_at)
        return min(due)

    def act(self) -> None:
        """Report what is over, then claim for what is free; then the regular duties."""
        self._report()
        if self.free and self._clock() >= self._claim_at:
            self._claim()
        for duty in self._duties:
            if self._clock() >= duty.at:
                self._try(duty.carry_out)
                duty.at = self._clock() + duty.every_s

    def _report(self) -> None:
        now, due = self._clock(), []
        while self._running and self._running[0][0] <= now:
            due.append(heapq.heappop(self._running))
        if not due:
            return
        done = [(claim, Completed(value=_loss(claim))) for _, _, claim in due]
        verdicts = self._try(lambda: self._setting.queue.report(done))
        after = self._clock()
        if verdicts is None:
            for _, token, claim in due:
                heapq.heappush(self._running, (after + AGAIN_S, token, claim))
            return
        accepted = sum(verdict is Verdict.ACCEPTED for verdict in verdicts)
        self._claim_at = after
        self._setting.finished()
        if after in self._setting.window:
            refused = len(verdicts) - accepted
            self._setting.tally.report(self.worker.id, accepted, refused, after - now)

    def _reread(self) -> None:
        began = self._clock()
        self._setting.reread()
        self._reading_s = self._clock() - began

    def _claim(self) -> None:
        if self._pace.spares(self._reading_s):
            self._try(self._reread)
        for asked in rounds(self._setting.studies, self._turn, self.worker.id):
            began = self._clock()
            count = int(min(self.free, asked.most))
            claims = self._try(
                lambda: self._setting.queue.claim(self.worker, asked.studies, count)  # noqa: B023 - called at once
            )
            after = self._clock()
            if claims is None:
                self._claim_at = after + AGAIN_S
                return
            if after in self._setting.window:
                self._setting.tally.claim(len(claims), after - began)
            if claims:
                self._begin(claims, after)
                return
        self._misses += 1
        quick = self._misses <= len(QUICK_S)
        self._claim_at = self._clock() + (QUICK_S[self._misses - 1] if quick else SLOW_S)

    def _begin(self, claims: Sequence[Claim], at: float) -> None:
        self._misses = 0
        self._turn += 1
        for claim in claims:
            seconds = self._setting.seconds()
            self._pace.ran(seconds)
            due = at + seconds
            heapq.heappush(self._running, (due, claim.token, claim))

    def _renew(self) -> None:
        if self._running:
            self._setting.queue.renew([claim for _, _, claim in self._running])

    def _try(self, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except StoreError as error:
            self._setting.tally.error(error)
            return None


def serve(agents: Sequence[Agent], setting: Setting) -> None:
    """Let them act in the order in which they are due, until the window has closed."""
    heap = [(agent.next_at, place) for place, agent in enumerate(agents)]
    heapq.heapify(heap)
    while heap and not setting.window.over(now := time.monotonic()):
        due, place = heap[0]
        if due > now:
            time.sleep(min(due - now, NAP_S))
            continue
        if now in setting.window:
            setting.tally.late_s.append(now - due)
        agents[place].act()
        heapq.heapreplace(heap, (agents[place].next_at, place))


def _loss(claim: Claim) -> float:
    """Some function of the parameters: what is stored differs from trial to trial."""
    return sum(float(x) for x in claim.trial.params.values() if isinstance(x, (int, float)))
