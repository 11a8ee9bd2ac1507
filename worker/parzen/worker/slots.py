"""The places in which an agent runs trials: a thread each, with a warm child."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue

from parzen.shared.errors import Incompatible, NotFound, Untrusted
from parzen.shared.lifecycle import FailureKind
from parzen.shared.placement import suits, width
from parzen.shared.records import (
    Claim,
    Completed,
    Failed,
    Failure,
    Outcome,
    Pruned,
    Released,
    Requires,
    Uid,
)
from parzen.worker.attempt import Attempt, Stop
from parzen.worker.bench import Bench
from parzen.worker.containers.engine import EngineTrouble
from parzen.worker.executor.protocol import Job
from parzen.worker.fetching import Fetching
from parzen.worker.letters import Broken, Hindered, Leaving, Tell, Vacant
from parzen.worker.notes import noted
from parzen.worker.outputs import Output
from parzen.worker.place import Place, Spare
from parzen.worker.reports import Finished
from parzen.worker.seats import Placement, Seat
from parzen.worker.warmth import Served, Warmth

log = logging.getLogger("parzen.worker")

TROUBLE = "this machine is in trouble"
"""Why a child is replaced whose trial could not begin; what is ready would fare no better."""

SHORT_S = 1.0
"""A longer trial's directory goes when it is over: nobody looks into one of a shorter one."""

SPARE_S = 1.0
"""How long one that stayed as it was made is kept for the next attempt."""


class Renew:
    """The word to replace a slot's child."""


class Slot:
    """Runs one trial after another; says with ``tell`` what became of each.

    It has a ``seat``, and what it runs perhaps others beside. One that ``warms`` starts a child
    before it has something to run.
    """

    def __init__(
        self, bench: Bench, tell: Tell, name: str, seat: Seat, *, warms: bool = False
    ) -> None:
        self.seat = seat
        self.beside: Sequence[Seat] = ()
        """The seats that its trial has, or the last one had, beside its own."""
        self.placement = Placement()
        """What its trial got, or the last one."""
        self.sits: Claim | None = None
        """What sits there, or did until just now: who hands out seats says when it is over."""
        self._bench = bench
        self._tell = tell
        self._inbox: SimpleQueue[Attempt | Renew | None] = SimpleQueue()
        self._attempt: Attempt | None = None
        self._asked: tuple[Requires, Sequence[Seat]] | None = None
        self._taking = threading.Lock()
        self._fetching = Fetching(bench)
        self._warmth = Warmth(bench, early=warms)
        self._spare = Spare()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def claim(self) -> Claim | None:
        """What it runs, if it runs something."""
        attempt = self._attempt
        return attempt.claim if attempt else None

    @property
    def attempt(self) -> Attempt | None:
        """The attempt at it."""
        return self._attempt

    @property
    def serves(self) -> Uid | None:
        """The study for which its child is warm."""
        return self._warmth.study

    @property
    def stays(self) -> Uid | None:
        """The study that it goes on with while that has trials: another one costs a new child."""
        return self._warmth.stays

    @property
    def pid(self) -> int | None:
        """The number of its child's process, where it has one."""
        return self._warmth.pid

    def take(self, attempt: Attempt, beside: Sequence[Seat] = ()) -> None:
        """Run ``attempt``, with the seats ``beside`` this one, and then what is ready."""
        self.beside = beside
        self._sit(attempt)
        self._attempt = attempt
        self._inbox.put(attempt)

    def _sit(self, attempt: Attempt) -> None:
        """Give ``attempt`` its GPUs and CPUs, and let the store know."""
        asked = (attempt.claim.study.requires, self.beside)
        if self._asked != asked:
            self._asked = asked
            self.placement = self._bench.place([self.seat, *self.beside], asked[0])
        attempt.claim = noted(attempt.claim, device=self.placement.device)
        self.sits = attempt.claim
        self._bench.heartbeat.locate(attempt.claim)

    def _keeps(self, attempt: Attempt) -> bool:
        """Whether it can go on with ``attempt`` where it sits, without a look at free memory."""
        study = attempt.claim.study
        cards = [seat.card for seat in (self.seat, *self.beside) if seat.card is not None]
        if any(self._bench.gpus.broken(card.uuid) for card in cards):
            return False
        if len(self.beside) + 1 != width(study.requires):
            return False
        if study.requires.gpus == 0:
            return not self.seat.reserved
        if len(cards) < study.requires.gpus:
            return False
        again = study.uid == self.serves and self._asked == (study.requires, self.beside)
        unmeasured = study.requires.gpu_memory_gb is None
        return again or (unmeasured and all(suits(c.device, study.requires) for c in cards))

    def renew(self) -> None:
        """Replace its child, whose study has ended, by one for whatever comes."""
        self._inbox.put(Renew())

    def stop(self, why: Stop, grace_s: float | None = None) -> None:
        """Let what it runs save itself and end. From any thread."""
        with self._taking:
            attempt = self._attempt
        if attempt is not None:
            attempt.stop(why, grace_s)

    def close(self) -> None:
        """End its child and its thread, once what it runs is over."""
        self._inbox.put(None)

    def join(self) -> None:
        """Wait for the thread's end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            while (attempt := self._next()) is not None:
                while attempt is not None:
                    attempt = self._serve(attempt)
        except Exception as error:
            self._tell(Broken(error))
            raise
        finally:
            self._spare.tidy()
            self._warmth.retire()

    def _next(self) -> Attempt | None:
        """What to run next; None for the end."""
        while True:
            try:
                message = self._inbox.get_nowait()
            except Empty:
                self._warmth.prepare()
                message = self._message()
            if not isinstance(message, Renew):
                return message
            self._warmth.retire()

    def _message(self) -> Attempt | Renew | None:
        if self._spare:
            with suppress(Empty):
                return self._inbox.get(timeout=SPARE_S)
            self._spare.tidy()
        return self._inbox.get()

    def _serve(self, attempt: Attempt) -> Attempt | None:
        """Run ``attempt``; what to run next, where something is ready."""
        begun = time.monotonic()
        waited_s = begun - attempt.made
        place: Place | None = None
        output: Output | None = None
        try:
            spare = self._spare.of(attempt.claim.study.uid)
            place = self._bench.workdirs.prepare(attempt.claim, spare)
            self._spare.taken()
            with self._bench.outputs.bounded(place.log) as output:
                self._bench.shipping.begin(attempt.claim, output)
                self._bench.gpus.begin(attempt.claim.token, self.placement.devices)
                outcome = self._outcome(attempt, place)
        except Untrusted as error:
            outcome = _unfit(str(error), FailureKind.UNTRUSTED)
        except (Incompatible, NotFound) as error:
            outcome = _unfit(str(error))
        except OSError as error:
            outcome = self._give_back(attempt, error)
        if _incompatible(outcome):
            outcome = self._look_again(attempt, outcome)
        elif isinstance(outcome, Failed):
            outcome = self._look_at_gpus(attempt, outcome)
        uses = self._bench.gpus.end(attempt.claim.token)
        claim = replace(attempt.claim, idle_s=waited_s)
        if uses:
            claim = noted(claim, devices=uses)
        if outcome is not None and output is not None:
            outcome = replace(outcome, log_tail=output.tail)
            claim = noted(claim, log_bytes=output.total)
        finished = Finished(claim, outcome, time.monotonic() - begun)
        if attempt.warm:
            self._bench.pace.ran(claim.study.uid, finished.seconds)
        # the next trial goes first, and the question for one where none is ready
        self._bench.reports.add(finished, at_once=False)
        following = self._go_on(attempt, finished)
        self._bench.shipping.end(claim)  # after the outcome, which is not to wait for it
        if place is not None:
            self._put_away(place, output, finished)
        return following

    def _put_away(self, place: Place, output: Output | None, finished: Finished) -> None:
        """Keep the place for the next attempt where that is likely to come soon, or tidy up."""
        closed = output is not None and output.closed
        if (
            closed
            and finished.seconds <= SHORT_S
            and isinstance(finished.outcome, (Completed, Pruned))
            and self.serves == finished.claim.study.uid
            and place.untouched()
        ):
            self._spare.keep(place, finished.claim.study.uid)
        else:
            place.tidy()

    def _go_on(self, attempt: Attempt, finished: Finished) -> Attempt | None:
        """Say that ``attempt`` is over; what is ready to follow it, else the slot is vacant."""
        self._attempt = None
        self._tell(finished)
        if attempt.replace is not None:
            log.debug("a child is replaced: %s", attempt.replace)
            self._warmth.retire()
        troubled = attempt.replace == TROUBLE
        with self._taking:  # whoever stops what runs sees it here or there
            following = None if troubled else self._bench.ready.take(self.serves, self._keeps)
            if following is not None:
                self._sit(following)
            self._attempt = following
        if following is None:
            self._tell(Vacant(self))
        return following

    def _give_back(self, attempt: Attempt, trouble: OSError) -> Outcome | None:
        attempt.replace = TROUBLE
        by_engine = isinstance(trouble, EngineTrouble)
        if isinstance(trouble, EngineTrouble):
            self._bench.containers.failed(trouble)
        self._tell(Hindered(str(trouble), by_engine))
        if attempt.stopped:
            return attempt.without_loss()
        return Released(begun=attempt.started or not by_engine)

    def _look_again(self, attempt: Attempt, outcome: Outcome | None) -> Outcome | None:
        """Whether it was not rather this machine that could not load the objective."""
        try:
            self._bench.workdirs.probe()
        except OSError as error:
            return self._give_back(attempt, error)
        return outcome

    def _look_at_gpus(self, attempt: Attempt, outcome: Failed) -> Outcome | None:
        """Whether it was not rather a GPU that broke: that costs the trial nothing."""
        trouble = self._bench.gpus.trouble(self.placement.devices)
        if trouble is None:
            return outcome
        attempt.replace = attempt.reason = f"a GPU of it is out of service: {trouble}"
        return attempt.without_loss() if attempt.stopped else Released(reason=attempt.reason)

    def _outcome(self, attempt: Attempt, place: Place) -> Outcome | None:
        bundle = self._fetching.bundle(attempt)
        if bundle is None:
            return attempt.without_loss()
        claim, placement = attempt.claim, self.placement
        if not self._fetching.has_image(attempt):
            return attempt.without_loss()
        serves = Served(claim.study.uid, bundle, placement, claim.study.image)
        attempt.warm = self._warmth.fits(serves)
        if attempt.warm:
            attempt.begun = time.monotonic()
        attempt.leaving = lambda: self._leave(attempt)
        child = self._warmth.child_for(serves, claim)
        job = Job(
            bundle=bundle,
            digest=claim.study.objective.digest if claim.study.objective else "",
            only=self._bench.only,
            direction=claim.study.direction,
            params=claim.trial.params,
            number=claim.trial.number,
            attempt=claim.trial.attempt,
            workdir=place.workdir,
            log=place.log,
            previous_workdir=place.previous,
            user=claim.trial.user,
            environ=placement.environ,
            devices=placement.devices,
            cpus=placement.cpus,
        )
        return attempt.run(child, job)

    def _leave(self, attempt: Attempt) -> None:
        """Its objective has returned: the next trial is to be asked for, unless one is ready."""
        if not self._bench.ready:
            self._tell(Leaving(self, attempt))


def _incompatible(outcome: Outcome | None) -> bool:
    return isinstance(outcome, Failed) and outcome.error.kind is FailureKind.INCOMPATIBLE


def _unfit(reason: str, kind: FailureKind = FailureKind.INCOMPATIBLE) -> Failed:
    return Failed(error=Failure(kind=kind, message=reason))
