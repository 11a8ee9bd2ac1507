"""Renewing leases, from a thread of the agent: an objective cannot starve it by being busy.

Measurements travel with the renewals. While the store does not answer they are kept, the latest
of each step, and so are the leases' ends as this host's own clock knows them: a lease counts from
before the request that renewed it was sent, so it ends here no later than on the server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from parzen.shared.errors import StoreError
from parzen.shared.records import Claim, Directive, Measurement, Order, Worker
from parzen.shared.store import LIVE_S, TrialQueue
from parzen.worker.executor.kernel import now
from parzen.worker.metering import Meter
from parzen.worker.outage import Backoff, Outage

MEASURED_S = 1.0
"""How long a measurement waits, at most, for others to travel with."""

Listener = Callable[[Directive], None]


@dataclass(slots=True)
class _Held:
    """A claim in this agent's hands."""

    claim: Claim
    expires: float
    listener: Listener
    seen: dict[int, Measurement] = field(default_factory=dict)


class Heartbeat:
    """Keeps the claims and the worker's record alive. Safe to use from several threads."""

    def __init__(
        self,
        queue: TrialQueue,
        describe: Callable[[], Worker],
        outage: Outage,
        lease_s: float,
        broken: Callable[[Exception], None],
        *,
        ordered: Callable[[Order], None] = lambda _: None,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Meter()
        self._queue = queue
        self._describe = describe
        self._outage = outage
        self._broken = broken
        self._ordered = ordered
        self._every_s = lease_s / 4
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._changed = threading.Event()
        self._closed = False
        self._renew_at: float | None = None
        self._beat_at = 0.0
        self._backoff = Backoff(limit_s=min(5.0, self._every_s))
        self._thread = threading.Thread(target=self._run, name="parzen-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._changed.set()
        self._thread.join()

    def hold(self, claim: Claim, since: float, listener: Listener) -> None:
        """Keep ``claim`` alive; it was asked for at ``since`` (of :func:`kernel.now`)."""
        with self._lock:
            self._held[claim.token] = _Held(claim, since + claim.lease_s, listener)
            self._hurry(self._every_s)

    def locate(self, claim: Claim) -> None:
        """Store with its next renewal where its attempt runs."""
        with self._lock:
            if claim.token in self._held:
                self._held[claim.token].claim = claim

    def drop(self, claim: Claim) -> None:
        """Let go of it: it was reported, or is lost."""
        with self._lock:
            self._held.pop(claim.token, None)

    def expires(self, claim: Claim) -> float:
        """When its lease runs out, on the clock of :func:`kernel.now`; at once if it is lost."""
        with self._lock:
            held = self._held.get(claim.token)
            return held.expires if held else 0.0

    def measured(self, claim: Claim, step: int, value: float) -> None:
        """Store a measurement within about a second."""
        uid, number = claim.key
        seen = Measurement(
            uid=uid, number=number, step=step, value=value, attempt=claim.trial.attempt
        )
        with self._lock:
            held = self._held.get(claim.token)
            if held is None:
                return
            held.seen.pop(step, None)  # what came last stands last
            held.seen[step] = seen
            self._hurry(MEASURED_S)

    def flush(self, claims: Sequence[Claim]) -> None:
        """Store what these have measured now, since they are about to be reported.

        Raises:
            StoreError: it could not be; it is kept.
        """
        tokens = {claim.token for claim in claims}
        with self._renewing:  # one that is under way may have taken theirs along, and fail
            with self._lock:
                waiting = any(held.seen for token, held in self._held.items() if token in tokens)
            if waiting:
                self._send(tokens)

    def renew_soon(self) -> None:
        """Ask the store now whether the trials should go on."""
        with self._lock:
            self._hurry(0.0)

    def beat_soon(self) -> None:
        """Write the worker's record now."""
        self._beat_at = 0.0
        self._changed.set()

    def _hurry(self, within_s: float) -> None:
        """Renew within so many seconds; the lock is held."""
        at = time.monotonic() + within_s
        if self._renew_at is None or at < self._renew_at:
            self._renew_at = at
            self._changed.set()

    def _run(self) -> None:
        try:
            self._go_on()
        except Exception as error:
            self._broken(error)
            raise

    def _go_on(self) -> None:
        while not self._closed:
            self._changed.wait(self._pause_s())
            self._changed.clear()
            if self._closed or self._backoff.left_s > 0:
                continue
            try:
                self._do_what_is_due()
                self._backoff.worked()
            except StoreError as error:
                self._outage.failed(error)
                self._backoff.failed()

    def _pause_s(self) -> float:
        due = min(self._beat_at, self._renew_at if self._renew_at is not None else self._beat_at)
        return max(self._backoff.left_s, due - time.monotonic(), 0.0)

    def _do_what_is_due(self) -> None:
        moment = time.monotonic()
        if self._renew_at is not None and moment >= self._renew_at:
            self._renew(None)
        if moment >= self._beat_at:
            self._beat_at = moment + LIVE_S / 3
            try:
                order = self._queue.beat(self._describe())
            except StoreError:
                self._beat_at = 0.0
                raise
            if order is not None:
                self._ordered(order)
            self._outage.worked()

    def _renew(self, tokens: set[str] | None) -> None:
        """Renew the leases (of ``tokens``, or all that hold) and store what was measured."""
        with self._renewing:
            self._send(tokens)

    def _send(self, tokens: set[str] | None) -> None:
        """The same, for who has the turn."""
        with self._lock:
            held = self._going_on() if tokens is None else self._of(tokens)
            seen = [m for h in held for m in h.seen.values()]
            taken = [(h, h.seen) for h in held]
            for h in held:
                h.seen = {}
        since = now()
        try:
            directives = self._queue.renew([h.claim for h in held], seen)
        except BaseException:
            self._meter.not_renewed(len(held))
            with self._lock:
                for h, before in taken:
                    older = {step: m for step, m in before.items() if step not in h.seen}
                    h.seen = older | h.seen
            raise
        self._note(held, directives, since, tokens is None)
        if held:  # else the store was not asked, and has not answered
            self._meter.renewed(directives)
            self._outage.worked()

    def _going_on(self) -> list[_Held]:
        """Those whose lease has not run out here, as it may have while the machine slept.

        The others are about to be ended: renewed now, they would go on.
        """
        moment = now()
        return [h for h in self._held.values() if h.expires > moment]

    def _of(self, tokens: set[str]) -> list[_Held]:
        """Those of ``tokens``: they have ended, and whether they count is for the store to say."""
        return [h for token, h in self._held.items() if token in tokens]

    def _note(
        self, held: Sequence[_Held], directives: Sequence[Directive], since: float, every: bool
    ) -> None:
        with self._lock:
            for h, directive in zip(held, directives, strict=True):
                if directive is not Directive.LOST:
                    h.expires = since + h.claim.lease_s
            if every:
                measured = any(h.seen for h in self._held.values())
                wait_s = MEASURED_S if measured else self._every_s
                self._renew_at = time.monotonic() + wait_s if self._held else None
        for h, directive in zip(held, directives, strict=True):
            if directive is not Directive.CONTINUE:
                h.listener(directive)
