"""The worker of one node: claims trials, runs them in its slots, reports what became of them.

One thread decides (this one); one renews leases; one for each slot watches over a child. They
speak to each other through one mailbox, which a signal's handler may use too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Protocol

from parzen.shared.errors import Incompatible, StoreError, StoreUnreachable
from parzen.shared.home import home as default_home
from parzen.shared.lifecycle import FREE
from parzen.shared.records import Claim, Failed, Order, Released, Study, Worker
from parzen.shared.store import TrialQueue
from parzen.worker import descriptors, slurm
from parzen.worker.attempt import Attempt, Stop
from parzen.worker.bench import Bench
from parzen.worker.bundles import Bundles
from parzen.worker.claiming import Claiming
from parzen.worker.containers.host import Containers
from parzen.worker.executor import kernel
from parzen.worker.executor.adoption import family
from parzen.worker.executor.process import ProcessExecutor
from parzen.worker.hardware import Hardware
from parzen.worker.heartbeat import Heartbeat
from parzen.worker.letters import (
    Broken,
    Hindered,
    Ill,
    Leaving,
    Letter,
    News,
    Vacant,
)
from parzen.worker.listening import SLOW_S, Listening
from parzen.worker.metering import Meter, Standing
from parzen.worker.node import Node
from parzen.worker.notes import noted
from parzen.worker.options import Options, announced
from parzen.worker.outage import Backoff, Outage
from parzen.worker.outputs import Outputs
from parzen.worker.pace import Paces
from parzen.worker.quitting import Quitting
from parzen.worker.ready import Ready
from parzen.worker.reports import Finished, Reported, Reports
from parzen.worker.roster import Roster
from parzen.worker.shipping import Shipping
from parzen.worker.signals import Command, Heard, heard
from parzen.worker.slots import Slot
from parzen.worker.studies import Studies
from parzen.worker.trust import policy
from parzen.worker.workdirs import Workdirs

log = logging.getLogger("parzen.worker")

FAREWELL_S = 10.0
"""How long an agent that must quit tries to report, beyond its trials' grace."""

WARM = 8
"""So many slots keep a child warm that no study has used yet: each costs 20 MB."""

CHILDREN = ".children"
"""Below the work directory: where children have their own folders."""

SHIP_S = 5.0
"""How long an agent that quits goes on shipping what its trials printed."""


class Store(Protocol):
    """The part of a store that an agent uses."""

    @property
    def queue(self) -> TrialQueue:
        """The worker's view."""


_MEANS = {Command.STOP: "stopping", Command.DRAIN: "draining"}


class Agent:
    """See the module. :meth:`run` blocks; :meth:`stop` and :meth:`drain` come from anywhere."""

    def __init__(
        self, store: Store, options: Options | None = None, meter: Meter | None = None
    ) -> None:
        self._meter = meter or Meter()
        self._options = options = options or Options()
        allowed = policy(options)
        self._queue = store.queue
        self._mail: SimpleQueue[Letter] = SimpleQueue()
        self._outage = Outage(self._meter.answered, self._meter.not_answered)
        root = options.home or default_home()
        self.workdirs = Workdirs((options.workdir or root / "work").expanduser().absolute())
        self._node = Node(self.workdirs)
        self._hardware = Hardware(options, root, lambda uuid, why: self._mail.put(Ill(uuid, why)))
        self._slots = len(self._hardware.seats)
        self._worker = replace(
            announced(options), slots=self._slots, workdir=str(self.workdirs.root)
        )
        self._only = allowed.only
        self._containers = Containers(self.workdirs.root / CHILDREN, self._slots, self._worker.id)
        self._bundles = Bundles(self._queue, root.absolute() / "bundles", allowed)
        self._heartbeat = Heartbeat(
            self._queue,
            self._described,
            self._outage,
            options.lease_s,
            lambda error: self._mail.put(Broken(error)),
            ordered=self._ordered,
            meter=self._meter,
        )
        self._ready, self._pace = Ready(), Paces(self._slots)
        self._reports = Reports(
            self._queue,
            self._heartbeat,
            self._outage,
            self._pace,
            self._reported,
            meter=self._meter,
        )
        self._listening = Listening(self._queue, lambda: self._mail.put(News()))
        self._studies = Studies(self._queue, options.studies, self._able, allowed)
        self._roster = Roster((), self._ready, self._hardware)
        self._order: Order | None = None
        self._claiming = Claiming(
            queue=self._queue,
            studies=self._studies,
            roster=self._roster,
            ready=self._ready,
            pace=self._pace,
            listening=self._listening,
            meter=self._meter,
        )
        self._away = Backoff()
        self._quitting = Quitting(options)
        self._stops = 0
        self._draining = False
        self._give_up_at = float("inf")
        self._meter.watch(self._standing)

    @property
    def worker(self) -> Worker:
        """Who it is, as it announces itself."""
        return self._described()

    @property
    def gpus(self) -> str:
        """Its GPUs, in words."""
        return self._hardware.described

    def stop(self) -> None:
        """Give trials back after their grace, then quit; the second time, give them back now."""
        self._mail.put(Command.STOP)

    def drain(self) -> None:
        """Finish the running trials, then quit."""
        self._mail.put(Command.DRAIN)

    def run(self) -> int:
        """Work until told to quit, or until there is nothing more to do; the exit code.

        It is 1 where outcomes could not be reported before it had to go, or where too many attempts
        in a row have failed.

        Raises:
            InvalidInput: trials cannot live in its work directory, or it may not open as many
                files as its slots need.
            StoreError: the store refused it at the start.
        """
        self._node.require()
        if self._options.alone:
            descriptors.require(self._slots)
            family.adopt()
        self._containers.begin()
        self._show_up()
        with closing(self._containers), heard(self._mail.put), self._at_work():
            while not self._over():
                self._step()
                self._meter.turned(len(self._roster.free))
                self._wait()
        return 1 if self._reports.waiting or self._quitting.spoilt else 0

    def _show_up(self) -> None:
        """Be seen before the first claim; a store that has just gone is waited for as later."""
        try:
            self._queue.beat(self.worker)
        except StoreUnreachable as error:
            self._outage.failed(error)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        uploads = ThreadPoolExecutor(self._slots, thread_name_prefix="parzen-upload")
        outputs = Outputs(self._options.log_limit_bytes)
        shipping = Shipping(
            self._queue,
            self._outage,
            lambda error: self._mail.put(Broken(error)),
            limit_bytes=self._options.ship_logs_bytes,
            slots=self._slots,
        )
        executor = ProcessExecutor(self.workdirs.root / CHILDREN)
        self._bench = bench = Bench(
            queue=self._queue,
            heartbeat=self._heartbeat,
            outage=self._outage,
            bundles=self._bundles,
            workdirs=self.workdirs,
            executor=executor,
            containers=self._containers,
            uploads=uploads,
            outputs=outputs,
            shipping=shipping,
            reports=self._reports,
            ready=self._ready,
            pace=self._pace,
            grace_s=self._options.grace_s,
            gpus=self._hardware.monitor,
            place=self._hardware.place,
            only=self._only,
        )
        slots = [
            Slot(bench, self._mail.put, f"parzen-slot-{n}", seat, warms=n < WARM)
            for n, seat in enumerate(self._hardware.seats)
        ]
        self._roster.employ(slots)
        self._hardware.watch(slots)
        self._heartbeat.start()
        self._reports.start()
        try:
            yield
        finally:
            self._listening.close()
            self._give_back(self._ready.clear())
            for slot in slots:
                slot.stop(Stop.MAKE_WAY, 0.0)
                slot.close()
            for slot in slots:
                slot.join()
            self._hardware.close()
            uploads.shutdown(wait=False, cancel_futures=True)
            outputs.close()
            shipping.close(SHIP_S if self._stops <= 1 else 0.0)
            if self._options.alone:
                family.end_adopted()
            self._reports.close()
            self._heartbeat.close()
            self._leave()

    def _leave(self) -> None:
        for claim in self._reports.waiting:
            log.error(
                "trial %d of %s could not be reported: it is run again when its lease runs out",
                claim.trial.number,
                claim.study.name,
            )
        try:
            self._queue.leave(self._worker.id)
        except StoreError as error:
            log.warning("the store does not know that this worker has quit: %s", error)

    def _over(self) -> bool:
        if self._reports.waiting:
            return not self._busy and time.monotonic() > self._give_up_at
        return not self._busy and not self._may_claim()

    def _may_claim(self) -> bool:
        """Whether it takes on more trials at all."""
        return not (self._stops or self._draining or self._quitting.due(busy=self._busy))

    @property
    def _busy(self) -> bool:
        return self._roster.busy

    def _step(self) -> None:
        """Do what can be done now."""
        quits = self._stops or self._draining or self._quitting.over
        self._give_back(self._ready.clear() if quits else self._ready.overdue())
        if self._away.left_s > 0:
            return
        try:
            if self._studies.due_s <= 0:
                self._read_studies()
            if self._asks() and self._node.ready():
                self._claim()
        except StoreError as error:
            self._outage.failed(error)
            self._away.failed()
        else:
            self._away.worked()

    def _asks(self) -> bool:
        """Whether to ask for trials now."""
        return self._claiming.left_s <= 0 and self._claiming.missing > 0 and self._may_claim()

    def _read_studies(self) -> None:
        """See which there are; stop trials that are no longer wanted."""
        if self._studies.read():
            self._claiming.soon()
        self._give_back(self._ready.below(self._rival))
        for study, reason in self._studies.refused_anew:
            self._cannot_run(study, reason)
        with suppress(OSError):  # without a descriptor to look with, the next time does
            family.adopted()  # orphans that ended since are collected by looking
        for attempt in self._held():
            if self._studies.unwanted(attempt.claim):
                attempt.stop(Stop.UNWANTED)
            elif self._studies.gone(attempt.claim.study.uid):
                self._heartbeat.renew_soon()  # the store says whether that stops it
        for slot in self._roster.free:
            if slot.serves is not None and self._studies.gone(slot.serves):
                slot.renew()

    def _rival(self, study: Study) -> float:
        """The highest priority of a study that would have the seats of ``study``'s trials."""
        return self._studies.top_priority(lambda other: self._roster.rivals(study, other))

    def _held(self) -> Sequence[Attempt]:
        """What runs, and what is ready to."""
        return [*self._roster.attempts(), *self._ready.attempts]

    def _claim(self) -> None:
        """Take trials for the slots.

        The studies are read first where trials are long against that: a slot that another study
        took now would be lost for long to one that is new, or more urgent.
        """
        self.workdirs.learn_store(self._queue.identity)
        since = kernel.now()
        if not self._studies.fresh and self._pace.all.spares(self._studies.reading_s):
            self._read_studies()
        claims = self._claiming.take(self._worker, self._quitting.quota, since)
        if claims:
            self._begin(claims, since)
        else:
            self._reports.go()

    def _begin(self, claims: Sequence[Claim], since: float) -> None:
        for claim in claims:
            self._quitting.begun()
            log.debug("trial %d of %s begins", claim.trial.number, claim.study.name)
        self._ready.put([self._bench.attempt(self._located(claim), since) for claim in claims])
        self._roster.hand_out()

    def _give_back(self, attempts: Sequence[Attempt]) -> None:
        """Let others have what was claimed and has not begun."""
        for attempt in attempts:
            self._quitting.not_begun()
            self._reports.add(Finished(attempt.claim, attempt.without_beginning(), 0.0))

    def _reported(self, told: Reported | Exception) -> None:
        self._mail.put(Broken(told) if isinstance(told, Exception) else told)

    def _located(self, claim: Claim) -> Claim:
        """``claim`` with where its attempt runs, for the store."""
        bundle = claim.study.objective.digest if claim.study.objective else None
        try:
            workdir = self.workdirs.workdir(claim)
        except Incompatible:
            workdir = None  # the slot says so
        return noted(claim, workdir=workdir, bundle=bundle)

    def _wait(self) -> None:
        """Wait for a letter, or until something is due; then read all letters."""
        timeout = self._pause_s()
        try:
            self._read(self._mail.get(timeout=timeout) if timeout > 0 else self._mail.get_nowait())
            while True:
                self._read(self._mail.get_nowait())
        except Empty:
            return

    def _pause_s(self) -> float:
        if self._over():
            return 0.0
        away_s = self._away.left_s
        due = [SLOW_S, max(self._studies.due_s, away_s), self._ready.left_s]
        if self._may_claim():
            due.append(self._claiming.early_s)
        if self._claiming.missing > 0 and self._may_claim():
            due.append(max(self._claiming.left_s, away_s, self._node.left_s))
            due.append(self._quitting.left_s(busy=self._busy))
        return max(0.0, min(due))

    def _read(self, letter: Letter) -> None:
        if isinstance(letter, Finished):
            self._finished(letter)
        elif isinstance(letter, Leaving):
            self._roster.leaves(letter.slot, letter.attempt)
            self._claiming.soon()
        elif isinstance(letter, Vacant):
            self._roster.vacate(letter.slot)
            self._quitting.vacant()
            self._roster.hand_out()
            self._claiming.soon()
        elif isinstance(letter, Reported):
            return  # and see whether all is over now
        elif isinstance(letter, Command):
            self._obey(letter)
        elif isinstance(letter, Heard):
            log.info("%s received: %s", letter.name, _MEANS[letter.command])
            self._obey(letter.command)
        elif isinstance(letter, Hindered):
            self._hindered(letter)
        elif isinstance(letter, Ill):
            self._retire(letter)
        elif isinstance(letter, Broken):
            raise letter.error
        else:
            self._claiming.soon()
            self._studies.hear_news()

    def _finished(self, finished: Finished) -> None:
        outcome, study = finished.outcome, finished.claim.study
        if not isinstance(outcome, Released):
            self._node.worked()
        if isinstance(outcome, Failed) and outcome.error.kind in FREE:
            self._studies.quarantine(study, outcome.error.message)
            self._cannot_run(study, outcome.error.message)
        self._quitting.ended(finished)

    def _cannot_run(self, study: Study, reason: str) -> None:
        log.error("study %s cannot run here: %s", study.name, reason)
        self._heartbeat.beat_soon()

    def _obey(self, command: Command) -> None:
        if command is Command.DRAIN:
            log.info("finishing what runs, then quitting")
            self._draining = True
            self._give_back(self._ready.clear())
            return
        self._stops += 1
        grace_s = self._options.grace_s if self._stops == 1 else 0.0
        if self._roster.attempts():
            log.info("giving trials back within %g s, then quitting", grace_s)
        self._give_up_at = time.monotonic() + grace_s + FAREWELL_S
        self._give_back(self._ready.clear())  # before: a slot may be taking one of them now
        for slot in self._roster.slots:
            slot.stop(Stop.MAKE_WAY, grace_s)

    def _hindered(self, letter: Hindered) -> None:
        if letter.by_engine:
            self._studies.look_again()  # those without an image go on
        else:
            self._node.failed(letter.trouble)
        self._give_back(self._ready.clear())

    def _retire(self, ill: Ill) -> None:
        """A GPU must not be used: what runs on it is given back, and its slots take no more."""
        log.error("GPU %s is out of service: %s", ill.uuid, ill.why)
        for attempt in self._roster.retire(ill.uuid):
            attempt.reason = f"GPU {ill.uuid} is out of service: {ill.why}"
            attempt.stop(Stop.MAKE_WAY, self._options.grace_s)
        self._studies.look_again()
        self._heartbeat.beat_soon()

    def _ordered(self, order: Order) -> None:
        """Somebody asked for it in the store, where it stands until this worker has quit."""
        if order is not self._order:
            self._order = order
            log.info("asked to %s", order.value)
            self._mail.put(Command(order.value))

    def _able(self) -> Worker:
        """What it could run, if it ran nothing else."""
        return replace(
            self._worker,
            containers=self._containers.able,
            devices=self._hardware.devices(),
            time_left_s=slurm.time_left_s(),
        )

    def _described(self) -> Worker:
        runs = self._roster.runs()
        return replace(
            self._able(),
            busy=sum(max(1, len(run.devices)) for run in runs),
            runs=runs,
            leaving=bool(self._stops or self._draining),
            keeps_for=self._claiming.keeps_for,
            quarantined=self._studies.quarantined,
        )

    def _standing(self) -> Standing:
        """How it stands, for its metrics; asked in a thread of theirs."""
        me = self._described()
        return Standing(
            slots=me.slots - sum(one.slots for one in me.devices if one.trouble is not None),
            busy=me.busy,
            ready=len(self._ready),
            reports_waiting=len(self._reports.waiting),
            quarantined=len(me.quarantined),
            draining=not self._may_claim(),
            workdir=self.workdirs.root,
            studies=self._studies.names,
            devices=me.devices,
        )
