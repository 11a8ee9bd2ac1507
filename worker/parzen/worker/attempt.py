"""One attempt at one trial, from the agent's side: what it waits for, and how it ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from enum import Enum

from parzen.shared.errors import ParzenError, StoreError, StoreUnreachable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import (
    Cancelled,
    Claim,
    Completed,
    Failed,
    Failure,
    Outcome,
    Released,
)
from parzen.shared.store import TrialQueue
from parzen.worker.executor import kernel
from parzen.worker.executor.protocol import (
    Attached,
    Child,
    Done,
    Event,
    Gone,
    Job,
    Measured,
    Returned,
    Started,
)
from parzen.worker.heartbeat import Heartbeat
from parzen.worker.outage import Backoff, Outage

log = logging.getLogger("parzen.worker")

LAST_WORDS_S = 2.0
"""Between SIGTERM and SIGKILL for a trial that has had its grace already."""

STARTING_S = 60.0
"""What starting a child, its imports and ``setup()`` may take beyond a trial's own time."""

TRIES = 3
"""How often a store that answers may refuse an attachment; an outage is waited for."""

NODE_S = 1.0
"""How long after a child was asked to end from outside the agent may learn that it must, too."""

OUTSIDE = frozenset({"SIGTERM", "SIGINT", "SIGHUP"})
"""Signals by which a scheduler clears a node: it sends them to every process there."""

TICK_S = 0.5
"""How often to look at the lease and the limits."""


class Stop(Enum):
    """Why a trial has to stop."""

    MAKE_WAY = "make way"
    """The agent ends: the trial goes back."""
    UNWANTED = "unwanted"
    """Its study no longer wants it."""
    LOST = "lost"
    """Somebody else has it."""


class Attempt:
    """Watches over a child that runs one trial. :meth:`stop` may come from any thread.

    ``under_way`` is called when the child has the trial.
    """

    def __init__(
        self,
        claim: Claim,
        *,
        queue: TrialQueue,
        heartbeat: Heartbeat,
        outage: Outage,
        uploads: ThreadPoolExecutor,
        grace_s: float,
        under_way: Callable[[], None] = lambda: None,
    ) -> None:
        self.claim = claim
        self.made = time.monotonic()
        self._queue = queue
        self._heartbeat = heartbeat
        self._outage = outage
        self._uploads = uploads
        self._grace_s = grace_s
        self._under_way = under_way
        self.leaving: Callable[[], None] = lambda: None
        """Called when its objective has returned, before it is over."""
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._why: Stop | None = None
        self._asked = threading.Event()
        self._patience = float("inf")
        self._deadline = float("inf")
        self._starting = True
        self.warm = False
        """Whether its child has run a trial of its study before."""
        self.begun = float("inf")
        """Since when a warm child has had it, of ``time.monotonic()``."""
        self.reason = ""
        """Why it has to make way, where that is not plain."""
        self.returned = False
        """Whether its objective is over, so that what it holds is about to be free."""
        self.replace: str | None = None
        """Why the child must not run another trial."""

    def stop(self, why: Stop, grace_s: float | None = None) -> None:
        """Let the trial save itself and end; end it after the grace."""
        patience = time.monotonic() + (self._grace_s if grace_s is None else grace_s)
        with self._lock:
            first = self._why is None
            if self._why is None or self._why is Stop.MAKE_WAY or why is Stop.LOST:
                self._why = why
            self._patience = min(self._patience, patience)
            child = self._child
        self._asked.set()
        if child is not None:
            if first:
                child.ask_to_stop()
            child.interrupt()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for its end."""
        return self._why is not None

    @property
    def started(self) -> bool:
        """Whether its objective has begun."""
        return not self._starting

    def without_loss(self) -> Outcome | None:
        """The outcome of a trial that was stopped and gave no loss; None where it was lost."""
        if self._why is Stop.LOST:
            return None
        return Cancelled() if self._why is Stop.UNWANTED else Released(reason=self.reason)

    def without_beginning(self) -> Outcome | None:
        """The outcome of a trial that goes back before it has begun; None where it was lost."""
        return None if self._why is Stop.LOST else Released(begun=False)

    def run(self, child: Child, job: Job) -> Outcome | None:
        """Run ``job`` in ``child`` to its end; None where the claim was lost."""
        self._limit_time(STARTING_S)
        with self._lock:
            self._child = child
            stopped = self._why is not None
        child.run(job)
        self._under_way()
        if stopped:
            child.ask_to_stop()
        try:
            outcome = self._watch(child)
        finally:
            with self._lock:
                self._child = None
        if self._why is Stop.LOST or (self.stopped and not isinstance(outcome, Completed)):
            return self.without_loss()
        return outcome

    def _limit_time(self, extra_s: float = 0.0) -> None:
        limit = self.claim.study.trial_timeout_s
        self._deadline = float("inf") if limit is None else time.monotonic() + limit + extra_s
        self._starting = extra_s > 0

    def _watch(self, child: Child) -> Outcome | None:
        while True:
            for event in child.receive(self._pause_s()):
                outcome = self._hear(event, child)
                if outcome is not None or self._over:
                    return outcome
            ended = self._out_of_time(child)
            if ended is not None or self._over:
                return ended

    @property
    def _over(self) -> bool:
        """Whether the child was ended by this attempt."""
        return self.replace is not None

    def _pause_s(self) -> float:
        due = min(self._patience, self._deadline) - time.monotonic()
        return max(0.0, min(due, TICK_S))

    def _hear(self, event: Event, child: Child) -> Outcome | None:
        if isinstance(event, Started):
            self._limit_time()
        elif isinstance(event, Returned):
            self.returned = True
            self.leaving()
        elif isinstance(event, Measured):
            self._heartbeat.measured(self.claim, event.step, event.value)
        elif isinstance(event, Attached):
            return self._attach(event, child)
        elif isinstance(event, Done):
            self.replace, self.returned = event.replace, True
            return event.outcome
        else:
            self._end(child, 0.0, "it ended")
            if event.signal in OUTSIDE:
                self._asked.wait(NODE_S)  # then it was the node that had to make way
            return _death(event)
        return None

    def _out_of_time(self, child: Child) -> Outcome | None:
        """End the child where its lease, its grace or its time is over."""
        moment = time.monotonic()
        if self._why is Stop.LOST or kernel.now() >= self._heartbeat.expires(self.claim):
            if self._why is not Stop.LOST:
                log.warning(
                    "trial %d of %s is ended: its lease ran out while the store did not answer",
                    self.claim.trial.number,
                    self.claim.study.name,
                )
            self._end(child, 0.0, "its lease was lost")
            return self.without_loss()
        if moment >= self._patience:
            self._end(child, LAST_WORDS_S, "it was stopped")
            return self.without_loss()
        if moment >= self._deadline:
            self._end(child, self._grace_s, "its time was over")
            return Failed(error=self._timeout())
        return None

    def _end(self, child: Child, grace_s: float, why: str) -> None:
        self.replace = why
        child.kill(grace_s)

    def _timeout(self) -> Failure:
        limit = f"trial_timeout_s = {self.claim.study.trial_timeout_s:g}"
        message = f"it ran longer than {limit}"
        if self._starting:
            message = f"loading it and its setup() took longer than {limit} + {STARTING_S:g}"
        return Failure(kind=FailureKind.TIMEOUT, message=message)

    def _attach(self, event: Attached, child: Child) -> Outcome | None:
        """Store an attachment; what the child says meanwhile waits."""
        backoff, refused = Backoff(), 0
        while True:
            future = self._uploads.submit(self._queue.attach, self.claim, event.name, event.data)
            ended = self._until(future, child)
            if ended is not None or self._over:
                return ended
            error = future.exception()
            if error is None:
                return None
            if not isinstance(error, StoreUnreachable):
                refused += 1
                if refused >= TRIES or not isinstance(error, StoreError):
                    _say_refused(self.claim, event, error)
                    return None
            else:
                self._outage.failed(error)
            backoff.failed()
            ended = self._until(self._uploads.submit(time.sleep, backoff.left_s), child)
            if ended is not None or self._over:
                return ended

    def _until(self, future: Future[None], child: Child) -> Outcome | None:
        while not future.done():
            ended = self._out_of_time(child)
            if ended is not None or self._over:
                return ended
            _wait(future, self._pause_s())
        return None


def _wait(future: Future[None], timeout_s: float) -> None:
    try:
        future.exception(timeout_s)
    except FutureTimeoutError:  # on Python 3.10 it is not the built-in one
        return


def _say_refused(claim: Claim, event: Attached, error: BaseException) -> None:
    if not isinstance(error, ParzenError):
        raise error
    log.error(
        "attachment %r of trial %d of %s could not be stored: %s",
        event.name,
        claim.trial.number,
        claim.study.name,
        error,
    )


def _death(gone: Gone) -> Failed:
    if gone.out_of_memory:
        kind, message = FailureKind.OUT_OF_MEMORY, "the kernel killed its process for memory"
    elif gone.garbled is not None:
        kind, message = (
            FailureKind.KILLED,
            f"its process broke its line to the agent: {gone.garbled}",
        )
    elif gone.signal is not None:
        kind, message = FailureKind.KILLED, f"its process was killed by {gone.signal}"
    else:
        kind = FailureKind.KILLED
        message = f"its process ended with exit code {gone.exit_code} before it gave a loss"
    return Failed(
        error=Failure(kind=kind, message=message, exit_code=gone.exit_code, signal=gone.signal)
    )
