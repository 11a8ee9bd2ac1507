"""What each operation costs: measured one after another, by one client, on a quiet server.

Calls of two sizes are told apart into what a call costs and what each of its trials adds. Clients
that work at the same time share the syncs of the journal, so a busy server spends less for each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from dispatching.server import Served
from long_history import DIMENSIONS
from scaling import filling
from scaling.crowd import reread
from scaling.meter import Meter, Reading
from scaling.model import Times

from parzen.coordinator.leading import UPKEEP_S
from parzen.coordinator.service import Coordinator
from parzen.coordinator.unit import UnitCube
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.records import Claim, Completed, Proposed, Study, Worker
from parzen.shared.store import Leadership, Proposal

FEW, MANY = 1, 8
"""Trials of a small call and of a large one."""
BULK = 128
"""Proposals and results that a coordinator's turn takes in at once."""
STUDIES = 8
"""Beside one: what each study more costs whoever looks at all of them."""
LOOKS = 32
"""How often a pass without news, and a reading of the studies, is repeated."""
LEASE_S = 600.0


def measured(served: Served, trials: int, sampler: str = "random") -> Times:
    """The service times, each from about ``trials`` operations."""
    meter = Meter(served)
    meter.calibrate()
    with filling.database(served) as where, connect(where.uri) as store:
        study, *_ = filling.fill(store, 1, 0, sampler)
        found = _Work(store, study, max(1, trials // MANY), meter).costs()
    with filling.database(served) as where, connect(where.uri) as store:
        led = _Lead(store, sampler, max(1, trials // BULK), meter).costs()
    led["observed"] = max(0.0, led["observed"] - found["insert"])  # a turn inserts as well
    return Times(**found, **led)


def split(small: float, large: float) -> tuple[float, float]:
    """What a call costs by itself, and each trial in it, from calls of FEW and of MANY trials."""
    trial = max(0.0, (large - small) / (MANY - FEW))
    return max(0.0, small - FEW * trial), trial


@dataclass(slots=True)
class _Work:
    """A worker's calls on one study, so many ``calls`` of each."""

    store: MongoStore
    study: Study
    calls: int
    meter: Meter
    worker: Worker = field(
        default_factory=lambda: Worker(id="measured", host="", pid=0, slots=MANY, lease_s=LEASE_S)
    )

    def costs(self) -> dict[str, float]:
        """Of all that a worker does, in the server's CPU seconds."""
        queue = self.store.queue
        found = {"insert": self._insert((FEW + MANY) * self.calls)}
        few, claim_few = self._claim(FEW)
        report_few = self._each(few, self._report)
        many, claim_many = self._claim(MANY)
        found["renewed"] = self._each(many, queue.renew) / MANY
        report_many = self._each(many, self._report)
        found["claim_call"], found["claimed"] = split(claim_few, claim_many)
        found["report_call"], found["reported"] = split(report_few, report_many)
        nothing: Sequence[Sequence[Claim]] = [()] * self.calls
        found["look"] = self._each(nothing, lambda _: self._ask(MANY))
        found["beat"] = self._each(nothing, lambda _: queue.beat(self.worker))
        others = filling.fill(self.store, STUDIES, 0, self.study.sampler.name, first=1)
        wide = [self.study, *others]
        looked = self._each(nothing, lambda _: queue.claim(self.worker, wide, MANY))
        found["look_study"] = max(0.0, (looked - found["look"]) / STUDIES)
        return found

    def _insert(self, count: int) -> float:
        lead = self.store.ledger.lead(self.study.uid, "measured", LEASE_S)
        if lead is None:
            raise RuntimeError("somebody else leads the study that is measured")
        proposals = _proposals(count, lead)
        with self.meter.on() as spent:
            for start in range(0, count, BULK):
                self.store.ledger.insert(lead, proposals[start : start + BULK])
        return max(0.0, spent.server / count)

    def _ask(self, size: int) -> Sequence[Claim]:
        return self.store.queue.claim(self.worker, [self.study], size)

    def _claim(self, size: int) -> tuple[Sequence[Sequence[Claim]], float]:
        with self.meter.on() as spent:
            claims = [self._ask(size) for _ in range(self.calls)]
        return claims, max(0.0, spent.server / self.calls)

    def _report(self, claims: Sequence[Claim]) -> object:
        return self.store.queue.report([(claim, Completed(value=1.0)) for claim in claims])

    def _each(
        self, claims: Sequence[Sequence[Claim]], call: Callable[[Sequence[Claim]], object]
    ) -> float:
        with self.meter.on() as spent:
            for some in claims:
                call(some)
        return max(0.0, spent.server / len(claims))


@dataclass(slots=True)
class Clock:
    """A monotonic clock that can be put forward."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        """The seconds that it shows."""
        return time.monotonic() + self.ahead_s


@dataclass(slots=True)
class _Lead:
    """A coordinator in this process, one turn after another, with so many ``rounds`` of news."""

    store: MongoStore
    sampler: str
    rounds: int
    meter: Meter
    worker: Worker = field(
        default_factory=lambda: Worker(id="measured", host="", pid=0, slots=BULK, lease_s=LEASE_S)
    )
    clock: Clock = field(default_factory=Clock)

    def costs(self) -> dict[str, float]:
        """Of a coordinator's turns, its own and the server's, and of reading the studies."""
        coordinator = Coordinator(self.store, lease_s=LEASE_S, clock=self.clock)
        study, *_ = filling.fill(self.store, 1, 0, self.sampler)
        alone, read = self._quiet(coordinator), self._read()
        still = self._quiet(coordinator, leap_s=0.0)
        trials, news = self._news(coordinator, study)
        led = self._led(coordinator, [study])
        others = filling.fill(self.store, STUDIES, 0, self.sampler, first=1)
        both, read_both = self._quiet(coordinator), self._read()
        led_all = self._led(coordinator, [study, *others])
        read_study = max(0.0, (read_both - read) / STUDIES)
        return {
            "turn": max(0.0, (both.server - alone.server) / STUDIES),
            "coordinator_turn": max(0.0, (both.elapsed - alone.elapsed) / STUDIES),
            "observed": max(0.0, (news.server - self.rounds * still.server) / trials),
            "coordinator_trial": max(0.0, (news.elapsed - self.rounds * still.elapsed) / trials),
            "led": max(0.0, (led_all.server - led.server) / STUDIES),
            "coordinator_led": max(0.0, (led_all.elapsed - led.elapsed) / STUDIES),
            "read_study": read_study,
            "read": max(0.0, read - read_study),
        }

    def _quiet(self, coordinator: Coordinator, leap_s: float = UPKEEP_S) -> Reading:
        """A pass without news, in the mean; each study has its upkeep once in ``UPKEEP_S``."""
        self.store.queue.beat(self.worker)
        while coordinator.step():
            pass
        with self.meter.on() as spent:
            for _ in range(LOOKS):
                self.clock.ahead_s += leap_s
                coordinator.step()
        return Reading(spent.elapsed / LOOKS, spent.server / LOOKS)

    def _read(self) -> float:
        with self.meter.on() as spent:
            for _ in range(LOOKS):
                reread(self.store)
        return max(0.0, spent.server / LOOKS)

    def _led(self, coordinator: Coordinator, studies: Sequence[Study]) -> Reading:
        """A renewal of the leases on these studies, all at once."""
        uids = [study.uid for study in studies]
        with self.meter.on() as spent:
            for _ in range(LOOKS):
                self.store.ledger.renew_leads(uids, coordinator.name, LEASE_S)
        return Reading(spent.elapsed / LOOKS, spent.server / LOOKS)

    def _news(self, coordinator: Coordinator, study: Study) -> tuple[int, Reading]:
        """How many results were taken in, and passes in which they were."""
        trials, total = 0, Reading()
        for _ in range(self.rounds):
            self.store.queue.beat(self.worker)
            claims = self.store.queue.claim(self.worker, [study], BULK)
            self.store.queue.report([(claim, Completed(value=1.0)) for claim in claims])
            with self.meter.on() as spent:
                coordinator.step()
            total += spent
            trials += len(claims)
        if not trials:
            raise RuntimeError("the coordinator that is measured proposed nothing")
        return trials, total


def _proposals(count: int, lead: Leadership) -> Sequence[Proposal]:
    cube = UnitCube(DIMENSIONS)
    rows = cube.from_uniform(np.random.default_rng(0).random((count, cube.width)))
    proposed = Proposed(sampler="random", term=lead.term, seen=0, pending=0, seconds=0.0)
    return [
        Proposal(number=number, params=cube.params(row), proposed=proposed)
        for number, row in enumerate(rows)
    ]
