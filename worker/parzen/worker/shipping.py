"""Shipping what trials print to the store, from a thread of its own: nothing waits for it.

Of an attempt that is over everything is shipped, unless its document holds all of it. While a
trial runs, its output is shipped only as long as somebody follows it: one query for all running
trials, as often as the worker shows that it lives, tells who is followed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection

from parzen.shared.errors import ParzenError, StoreError, StoreUnreachable
from parzen.shared.records import Claim, Uid
from parzen.shared.store import LIVE_S, TrialQueue
from parzen.worker.outage import Backoff, Outage
from parzen.worker.outputs import Output
from parzen.worker.shipment import Shipment

log = logging.getLogger("parzen.worker")

LIMIT_BYTES = 16 << 20
"""How much of one attempt's output the store holds."""

LOOK_S = LIVE_S / 3
"""Between two looks at who is followed."""

REST_S = 60.0
"""How long the thread waits to be woken while nothing runs."""

LIVE_EVERY_S = 1.0
"""Between two shipments of a trial that is followed."""

TURN_BYTES = 4 << 20
"""How much of one output is shipped before it is the next one's turn."""

FEWEST_WAITING = 4
"""How many outputs may wait to be shipped, however few slots there are."""


class Shipping:
    """The outputs of one agent's attempts on their way. Safe to use from several threads."""

    def __init__(
        self,
        queue: TrialQueue,
        outage: Outage,
        broken: Callable[[Exception], None],
        *,
        limit_bytes: int = LIMIT_BYTES,
        slots: int = 1,
    ) -> None:
        self._queue = queue
        self._outage = outage
        self._broken = broken
        self._limit = limit_bytes
        self._most_waiting = max(slots, FEWEST_WAITING)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._running: dict[str, Shipment] = {}
        self._ended: deque[Shipment] = deque()
        self._sending: str | None = None
        self._followed: Collection[tuple[Uid, int]] = ()
        self._look_at = self._live_at = 0.0
        self._quit_at = float("inf")
        self._backoff = Backoff()
        self._refused = False
        self._thread = threading.Thread(target=self._run, name="parzen-shipping", daemon=True)
        self._thread.start()

    def begin(self, claim: Claim, output: Output) -> None:
        """Ship what is printed from now on, while somebody follows; :meth:`end` must come."""
        if self._limit > 0:
            output.share()
            with self._lock:
                self._running[claim.token] = Shipment(claim, output, self._limit)
            if time.monotonic() >= self._look_at:  # the thread rests while nothing runs
                self._wake.set()

    def end(self, claim: Claim) -> None:
        """Ship the rest, since the output is finished; it is done when its turn comes."""
        with self._lock:
            shipment = self._running.pop(claim.token, None)
            if shipment is None:
                return
            begun = shipment.begun or self._sending == claim.token
            wanted = (begun or not shipment.output.short) and not shipment.given_up
            # one that is just being sent is not closed under the thread that sends it
            taken = wanted and (begun or len(self._ended) < self._most_waiting)
            if taken:
                self._ended.append(shipment)
        if taken:
            self._wake.set()
        else:
            shipment.output.close()
            if wanted:
                _say_left(shipment, "trials print faster than the store takes it", logging.WARNING)

    def close(self, within_s: float) -> None:
        """Ship what waits, for ``within_s`` seconds at most, and end the thread."""
        self._quit_at = time.monotonic() + within_s
        self._wake.set()
        self._thread.join()
        for shipment in self._ended:
            _say_left(shipment, "this worker quits", logging.WARNING)
            shipment.output.close()
        self._ended.clear()

    def _run(self) -> None:
        try:
            while not self._over():
                self._wake.wait(self._pause_s())
                self._wake.clear()
                self._go_on()
        except Exception as error:
            self._broken(error)
            raise

    def _over(self) -> bool:
        left_s = self._quit_at - time.monotonic()
        return left_s <= 0 or (left_s < float("inf") and not self._ended)

    def _pause_s(self) -> float:
        moment = time.monotonic()
        with self._lock:
            resting = not self._running and moment >= self._look_at
        due = REST_S if resting else self._look_at - moment
        if self._followed:
            due = min(due, self._live_at - moment)
        pause = max(0.0 if self._ended else due, self._backoff.left_s)
        return max(0.0, min(pause, self._quit_at - moment))

    def _go_on(self) -> None:
        """Do what is due."""
        if self._backoff.left_s > 0:
            return
        try:
            self._look()
            self._ship_ended()
            self._ship_followed()
        except StoreError as error:
            self._outage.failed(error)
            self._backoff.failed()
        else:
            self._backoff.worked()

    def _look(self) -> None:
        """Ask who is followed, where that is due."""
        if time.monotonic() < self._look_at:
            return
        with self._lock:
            claims = [shipment.claim for shipment in self._running.values()]
        self._followed = self._queue.followed(claims) if claims else ()
        if claims:
            self._look_at = time.monotonic() + LOOK_S

    def _ship_ended(self) -> None:
        """Give each output that waits its turn; those that are whole in the store are closed."""
        for _ in range(len(self._ended)):
            shipment = self._ended[0]
            more = self._send(shipment)
            with self._lock:
                self._ended.popleft()
                if more:
                    self._ended.append(shipment)
            if not more:
                shipment.output.close()

    def _ship_followed(self) -> None:
        """Ship what followed trials have printed since the last time, where that is due."""
        if not self._followed or time.monotonic() < self._live_at:
            return
        with self._lock:
            tokens = [s.claim.token for s in self._running.values() if self._goes_out(s)]
        for token in tokens:
            self._ship_running(token)
        self._live_at = time.monotonic() + LIVE_EVERY_S

    def _goes_out(self, shipment: Shipment) -> bool:
        return shipment.claim.key in self._followed and not shipment.given_up

    def _ship_running(self, token: str) -> None:
        with self._lock:
            shipment = self._running.get(token)
            self._sending = token
        try:
            if shipment is not None:  # it may have ended meanwhile
                self._send(shipment)
        finally:
            with self._lock:
                self._sending = None

    def _send(self, shipment: Shipment) -> bool:
        """Ship a turn's worth of it; whether there may be more to ship."""
        left = TURN_BYTES
        try:
            while left > 0 and time.monotonic() < self._quit_at:
                sent = shipment.send(self._queue)
                if sent == 0:
                    return False
                left -= sent
                self._outage.worked()
                self._refused = False
        except StoreUnreachable:
            raise
        except (ParzenError, OSError) as error:
            level = logging.INFO if self._refused else logging.WARNING
            self._refused = shipment.given_up = True
            _say_left(shipment, str(error), level)
            return False
        return True


def _say_left(shipment: Shipment, why: str, level: int) -> None:
    trial, path = shipment.claim.trial, shipment.output.path
    log.log(
        level,
        "not all that trial %d of %s printed is in the store: %s; it lies in %s",
        trial.number,
        trial.study,
        why,
        path,
    )
