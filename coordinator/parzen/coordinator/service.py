"""The coordinator: leads every study that it can, and serves them in turn, in one thread.

Any number of coordinators may run on one database. Each study has one leader, who holds a lease; it
acts only while it is sure of it, so that the others need no other agreement. All that a coordinator
remembers can be had again from the database, and it may be killed at any instruction.
"""

from __future__ import annotations

import logging
import os
import platform
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from itertools import islice, takewhile
from typing import Protocol

from parzen.coordinator.depth import Cluster
from parzen.coordinator.leading import QUIET_COUNTS_S, RENEW_SHARE, Led, Throttle
from parzen.coordinator.loading import remember
from parzen.coordinator.metering import Meter, Standing
from parzen.coordinator.pacing import EVERYTHING, PACE_S, Backoff, News, Stopping
from parzen.coordinator.plan import time_left
from parzen.coordinator.quarantine import Rules
from parzen.coordinator.samplers.protocol import Sampler
from parzen.coordinator.serving import LostLead, Made, Serving, choose_sampler
from parzen.shared.errors import ParzenError, StoreError, StoreUnreachable
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Study, Trial, Uid, Want, Worker
from parzen.shared.store import LIVE_S, LONGEST_LEASE_S, Changes, Leadership, Ledger

log = logging.getLogger("parzen.coordinator")

LOOK_ROUND_S = 0.1
"""Studies and wishes are looked for no more often than this while results stream in."""
WORKERS_S = 1.0
"""The live workers' slots are read again after this long."""
STRAYS_S = 30.0
"""Trials that came after their study's end are looked for no more often than this."""
TOGETHER, TOGETHER_S = 32, 0.2
"""So many studies have their turns together, with one read and one insert for all, or as many as
have them in so long."""
QUICK_S = 0.02
"""A sampler is quick that makes a proposal in no more, on a machine that has other things to do."""
LONGEST_LEASE = timedelta(seconds=LONGEST_LEASE_S)
NO_STUDY = Uid("")
"""No study has this identity."""
PARKED_S = 30.0
"""A study that could not be served is tried again after this long."""


class Store(Protocol):
    """What a coordinator is given: anything with a ledger."""

    @property
    def ledger(self) -> Ledger:
        """The coordinator's view of the database."""


class Coordinator:
    """Proposes trials, takes in results and ends studies, for all studies or those named.

    Args:
        store: where the studies lie.
        name: how it calls itself; unique among coordinators.
        lease_s: how long it may be silent before another one takes its studies over.
        poll_s: how often it looks round when nothing wakes it.
        studies: names of the studies to serve; empty for all.
        samplers: by study, those that are functions of their owners' own, wrapped as
            :class:`~parzen.coordinator.samplers.own.OwnSampler`. A study that has such a sampler
            and is not among them is left to whoever has it, unless it is to pause or to end.
        rules: when a worker on which everything fails is kept from a study.
        clock: a monotonic clock, in seconds.
        meter: what its metrics are told to.
    """

    def __init__(
        self,
        store: Store,
        *,
        name: str | None = None,
        lease_s: float = 10.0,
        poll_s: float = 1.0,
        studies: Sequence[str] = (),
        samplers: Mapping[str, Sampler] | None = None,
        rules: Rules | None = None,
        clock: Callable[[], float] = time.monotonic,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Meter()
        self.name = name or f"coordinator-{socket.gethostname()}-{os.getpid()}-{_short_id()}"
        self.lease_s = lease_s
        self.poll_s = poll_s
        self.studies = tuple(studies)
        self._ledger = store.ledger
        self._clock = clock
        self._own = dict(samplers or {})
        self._serving = Serving(
            self._ledger, self._reread, self._keeping, rules or Rules(), clock, meter=self._meter
        )
        self._led: dict[Uid, Led] = {}
        self._parked: dict[Uid, tuple[float, str]] = {}
        self._heard: tuple[datetime, float] | None = None  # the server's clock, and when by ours
        self._workers: Sequence[Worker] = ()
        self._cluster = Cluster()
        self._stopping = Stopping()
        self._why: str | None = None
        self._beats = Throttle(LIVE_S / 3)
        self._counts_workers = Throttle(WORKERS_S)
        self._looks_round = Throttle(LOOK_ROUND_S)
        self._moved = True
        self._looks_for_strays = Throttle(STRAYS_S)
        self._lag_s = 0.0
        self._meter.watch(self._standing)

    @property
    def leads(self) -> Sequence[str]:
        """The names of the studies that it leads now."""
        return [led.study.name for led in list(self._led.values())]

    def step(self) -> bool:
        """One pass over all studies, without waiting; whether anything had changed or was done."""
        return self._pass(EVERYTHING, look_round=True)

    def stop(self, why: str | None = None) -> None:
        """Ask :meth:`run` to return soon; safe in a signal handler and from any thread.

        :meth:`run` logs ``why``: logging is not safe in a signal handler.
        """
        self._why = self._why or why
        self._stopping.set()

    def run(self, *, until_done: bool = False) -> None:
        """Serve until :meth:`stop`, or with ``until_done`` until no study is left to serve.

        An unreachable store is waited for. Leads are given up and the presence is taken back at
        the end.

        Raises:
            StoreDenied: the store's user may not lead studies.
        """
        backoff = Backoff()
        self._ask_for_the_right()
        while not self._stopping.is_set() and not self._done(backoff, until_done=until_done):
            self._stopping.wait(backoff.pause_s)
        if self._why is not None:
            log.info("%s: stopping", self._why)
        self.close()

    def _ask_for_the_right(self) -> None:
        """See that it may lead at all, which it would learn late where another one leads now."""
        try:
            self._ledger.lead(NO_STUDY, self.name, self.lease_s)
        except StoreUnreachable as error:
            log.debug("whether this coordinator may lead is not known yet: %s", error)

    def _done(self, backoff: Backoff, *, until_done: bool) -> bool:
        """Serve until there is nothing left to do; False where the store failed."""
        try:
            self._serve(backoff, until_done=until_done)
        except StoreError as error:
            self._meter.not_answered()
            backoff.failed(error)
            return False
        return True

    def close(self) -> None:
        """Store exact counts, give up all leads so that another takes over at once, and leave."""
        try:
            for led in list(self._led.values()):
                self._guarded(led.study, partial(self._serving.last_look, led))
                self._ledger.yield_lead(led.lead)
                self._meter.released()
            self._ledger.leave(self.name)
        except StoreError as error:
            log.warning("the leases were left to run out: %s", error)
        self._led.clear()

    def _serve(self, backoff: Backoff, *, until_done: bool) -> None:
        news = News(self._ledger, self._stopping)
        busy = False
        try:
            while not self._stopping.is_set():
                began, changes = self._clock(), news.changes()
                busy = self._pass(changes, look_round=self._should_look_round(changes, busy=busy))
                backoff.worked()
                if busy:
                    news.streaming(self._clock() - began, len(self._led))
                elif not news.ready():
                    continue
                elif until_done and not self._left():
                    return
                else:
                    news.wait(self._pause())
        finally:
            news.close()

    def _pause(self) -> float:
        """How long nothing need be done, in seconds, unless there are news."""
        pause = self.poll_s
        for led in self._led.values():
            left = time_left(led.study, led.server_now(self._clock()))
            pause = min(pause, QUIET_COUNTS_S if led.stale_counts else pause)
            pause = min(pause, max(0.0, left) if left is not None else pause)
        return pause

    def _left(self) -> bool:
        """Whether there is a study that can still be served."""
        return any(self._mine(s) and s.uid not in self._parked for s in self._ledger.leadable())

    def _should_look_round(self, changes: Changes, *, busy: bool) -> bool:
        """Whether studies and wishes may have changed, and were not looked for a moment ago."""
        at = self._clock()
        overdue = at - self._looks_round.last >= self.poll_s
        self._moved = self._moved or changes.studies or changes.everything
        if not (self._moved or overdue) or (busy and not self._looks_round.due(at)):
            return False
        self._looks_round.last, self._moved = at, False
        return True

    def _pass(self, changes: Changes, *, look_round: bool) -> bool:
        self._meter.turned()
        began = self._clock()
        if self._beats.due(began):
            self._beat()
        if self._counts_workers.due(began):
            self._workers = self._ledger.workers()
            mine = next((w.seen_at for w in self._workers if w.id == self.name), None)
            self._heard = None if mine is None else (mine, self._beats.last)
        if look_round:
            self._look_round()
        self._renew_all()
        self._cluster = _cluster(self._workers, self._led.values())
        busy = self._turns(self._wanting(changes))
        for uid in self._serving.store_counts():
            self._let_go(uid)
        # a result that comes during a pass waits for its end and, while they stream, for the pace
        self._lag_s = max(self._clock() - began, PACE_S if busy else 0.0)
        return busy

    def _wanting(self, changes: Changes) -> Sequence[Led]:
        """Those whose turn may have something to do."""
        at = self._clock()
        return [
            led
            for uid, led in self._led.items()
            if led.wants_turn(at, changes.everything or uid in changes.trials)
        ]

    def _renew_all(self) -> None:
        """Renew all leases at once where several are due; one that was lost shows in its turn."""
        at = self._clock()
        if sum(led.renewal_due(at) for led in self._led.values()) <= 1:
            return
        held = self._ledger.renew_leads(list(self._led), self.name, self.lease_s)
        for lead in held:
            led = self._led[lead.study.uid]
            if led.lead.term == lead.term and self._mine(lead.study):
                self._renewed(led, lead, at)

    def _beat(self) -> None:
        try:
            self._ledger.beat(self._presence())
        except StoreError:
            self._beats.last = float("-inf")  # a store that cannot be written to is not back yet
            raise
        self._meter.answered()

    def _look_round(self) -> None:
        """Find studies to lead, and the wishes of those that are led."""
        leadable = list(self._ledger.leadable())
        if self._looks_for_strays.due(self._clock()):
            leadable += self._ledger.strays()
        found = {study.uid: study for study in leadable if self._mine(study)}
        for memory in (self._led, self._parked):
            for uid in [uid for uid in memory if uid not in found]:
                memory.pop(uid)
        for mine in self._led.values():
            mine.among(len(self._led))
        for uid, study in found.items():
            led = self._led.get(uid)
            if led is None:
                self._guarded(study, partial(self._take, study))
            elif (study.wish.serial, study.status) != (led.study.wish.serial, led.study.status):
                self._guarded(study, partial(self._reread, led))

    def _mine(self, study: Study) -> bool:
        proposes = study.status is StudyStatus.ACTIVE and study.wish.want is Want.RUN
        if proposes and study.sampler.function is not None and study.name not in self._own:
            return False  # to end it or let it rest, nobody need be able to propose
        return not self.studies or study.name in self.studies

    def _take(self, study: Study) -> None:
        """Lead ``study`` from now on, where nobody else does."""
        asked_at = self._clock()
        if self._set_aside(study, asked_at):
            return
        lead = self._ledger.lead(study.uid, self.name, self.lease_s)
        if lead is None:
            return
        led = remember(self._ledger, lead, asked_at, self.lease_s, self._renew_if_due)
        choose_sampler(led, self._own)
        self._led[study.uid] = led
        self._parked.pop(study.uid, None)
        self._meter.gained()
        _announce_lead(study, led, self.name)

    def _set_aside(self, study: Study, at: float) -> bool:
        """Whether to leave ``study`` for now: it failed a moment ago, or somebody leads it.

        The server decides; a lease that is sure to be refused is not worth the question.
        """
        if at < self._parked.get(study.uid, (at, ""))[0]:
            return True
        lease = study.lease
        if lease is None or lease.holder == self.name or self._heard is None:
            return False
        left = lease.expires_at - (self._heard[0] + timedelta(seconds=at - self._heard[1]))
        return timedelta(0) < left <= LONGEST_LEASE

    def _turns(self, wanting: Sequence[Led]) -> bool:
        """A turn of each; whether anything had changed or was done."""
        self._serving.taken()  # what an outage left is proposed anew
        left, acted = deque(wanting), False
        while left:
            group = _group(left)
            asked_at, news = self._clock(), self._serving.news(group)
            began = self._clock()
            for led in group:
                mine = news.get(led.study.uid, ())
                acted |= self._guarded(led.study, partial(self._turn_or_yield, led, mine, asked_at))
                left.popleft()
                if self._clock() - began > TOGETHER_S:
                    break
            self._insert(self._serving.taken())
        return acted

    def _insert(self, proposed: Sequence[Made]) -> None:
        """Insert what the turns have proposed for studies that are still led."""
        for made in proposed:
            self._guarded(made.led.study, partial(self._serving.make_sure, made))
        still = [made for made in proposed if self._led.get(made.led.study.uid) is made.led]
        try:
            added = self._serving.insert(still) if still else ()
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - one cannot be stored: whose, each tells for itself
            for made in still:
                self._guarded(made.led.study, partial(self._insert_one, made))
            return
        for made, numbers in zip(still, added, strict=True):
            self._guarded(made.led.study, partial(self._serving.inserted, made, numbers))

    def _insert_one(self, made: Made) -> None:
        (added,) = self._serving.insert([made])
        self._serving.inserted(made, added)

    def _turn_or_yield(self, led: Led, news: Sequence[Trial], since: float) -> bool:
        self._renew_if_due(led)
        lag_s = self._lag_s + self._clock() - since
        acted = self._serving.turn(led, news, self._cluster, lag_s)
        if led.study.status.ended:
            self._ledger.yield_lead(led.lead)
            self._meter.released()
            del self._led[led.study.uid]
        return acted

    def _renew_if_due(self, led: Led) -> None:
        if led.renewal_due(self._clock()):
            self._reread(led)

    def _reread(self, led: Led) -> None:
        """Renew the lease, which brings the study as it stands now."""
        asked_at = self._clock()
        lead = self._ledger.lead(led.study.uid, self.name, self.lease_s)
        if lead is None or lead.term != led.lead.term or not self._mine(lead.study):
            raise LostLead
        self._renewed(led, lead, asked_at)

    def _renewed(self, led: Led, lead: Leadership, asked_at: float) -> None:
        before = led.study
        led.renewed(lead, asked_at)
        if led.study.sampler != before.sampler:  # its owner set another one
            choose_sampler(led, self._own)
        led.unsettled = led.unsettled or led.study.wish != before.wish

    @contextmanager
    def _keeping(self, led: Led) -> Iterator[None]:
        """While a function of a study's owner proposes: it may take longer than a lease lasts."""
        if led.study.sampler.function is None:
            yield
            return
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(led.study.uid, over), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def _keep(self, study: Uid, over: threading.Event) -> None:
        """Renew the lease, and show that this coordinator lives, until it is over."""
        while not over.wait(RENEW_SHARE * self.lease_s):
            with suppress(StoreError):  # the turn that follows says so
                self._ledger.lead(study, self.name, self.lease_s)
                self._ledger.beat(self._presence())

    def _guarded(self, study: Study, work: Callable[[], bool | None]) -> bool:
        """Do ``work``; a study that cannot be served harms no other one."""
        try:
            return bool(work())
        except LostLead:
            log.info("study %r is led by somebody else by now, or gone", study.name)
            self._let_go(study.uid)
            return True
        except StoreError:
            raise
        except ParzenError as error:
            self._park(study, str(error))
            return False
        except Exception as error:  # noqa: BLE001 - logged whole; the other studies must go on
            self._park(study, f"{type(error).__name__}: {error}", error)
            return False

    def _park(self, study: Study, message: str, fault: Exception | None = None) -> None:
        """Leave ``study`` alone for a while; a ``fault`` is our own, and its story is told."""
        self._led.pop(study.uid, None)
        if self._parked.get(study.uid, (0.0, ""))[1] != message:
            log.error("study %r cannot be served: %s", study.name, message, exc_info=fault)
        self._parked[study.uid] = (self._clock() + PARKED_S, message)

    def _let_go(self, study: Uid) -> None:
        """It is led by somebody else by now, or gone."""
        led = self._led.pop(study, None)
        if led is not None:
            self._meter.lost(led.study.name)

    def _standing(self) -> Standing:
        """How it stands, for its metrics; asked in a thread of theirs."""
        return Standing(led=self.leads, parked=len(self._parked), workers=self._workers)

    def _presence(self) -> Worker:
        return Worker(
            id=self.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            role="coordinator",
            studies=self.studies,
            versions={"parzen": version("parzen"), "python": platform.python_version()},
        )


def _group(left: Sequence[Led]) -> Sequence[Led]:
    """The first, with those after it whose samplers are quick: none waits for a slow one."""
    quick = takewhile(lambda led: led.seconds_each <= QUICK_S, islice(left, 1, TOGETHER))
    return [left[0], *quick]


def _cluster(workers: Sequence[Worker], leads: Collection[Led]) -> Cluster:
    return Cluster(
        workers=workers,
        running=sum(led.history.counts[TrialState.RUNNING] for led in leads),
        proposing=sum(led.proposes for led in leads),
    )


def _announce_lead(study: Study, led: Led, me: str) -> None:
    if study.lease is not None and study.lease.expires_at - led.lead.now > LONGEST_LEASE:
        log.warning(
            "study %r was leased to %s until %s, which is longer than any lease may last: it "
            "counts as free",
            study.name,
            study.lease.holder,
            study.lease.expires_at.isoformat(sep=" ", timespec="seconds"),
        )
    before = study.lease.holder if study.lease else None
    taken = f", taken over from {before}" if before not in (None, me) else ""
    counts = led.history.counts
    log.info(
        "leading study %r: %d trials, %d of them complete%s",
        study.name,
        sum(counts.values()),
        counts[TrialState.COMPLETE],
        taken,
    )


def _short_id() -> str:
    return uuid.uuid4().hex[:6]
