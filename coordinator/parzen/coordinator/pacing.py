"""When a coordinator looks again: at news, at a pace while they stream in, after an outage."""

from __future__ import annotations

import logging
from contextlib import suppress
from queue import Empty, SimpleQueue

from parzen.shared.errors import StoreDenied, StoreError
from parzen.shared.store import Changes, Ledger, NewsWatch

log = logging.getLogger("parzen.coordinator")

PACE_S = 0.02
"""While results stream in, passes begin no more often than this: each then takes in several."""
STREAMING = 20
"""After this many busy passes in a row the watch is closed: it costs the server a look at each
change, and the coordinator a wake-up, and nobody waits for it."""
FEW = 4
"""Whoever leads more studies keeps the watch open, which tells the few that have changed."""
QUIET = 5
"""After this many idle passes in a row the watch is opened again."""
BACKOFF_S = (0.2, 5.0)
"""The first and the longest wait between two tries to reach the store, in seconds."""


EVERYTHING = Changes(everything=True)


class Stopping:
    """The wish to stop, which a signal's handler may set at any instruction.

    A ``threading.Event`` may not: the handler would wait for a lock that the thread under it holds.
    """

    def __init__(self) -> None:
        self._wished = False
        self._wake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Wish it; whoever waits goes on."""
        self._wished = True
        self._wake.put(None)

    def is_set(self) -> bool:
        """Whether it was wished."""
        return self._wished

    def wait(self, timeout_s: float) -> None:
        """Wait until it is wished, or for ``timeout_s``."""
        if not self._wished:
            with suppress(Empty):
                self._wake.get(timeout=timeout_s)


class News:
    """Waits for news of studies and trials; its watch is open from the start, and when it waits."""

    def __init__(self, ledger: Ledger, stopping: Stopping) -> None:
        self._ledger = ledger
        self._stopping = stopping
        self._watch: NewsWatch | None = ledger.watch_results()
        self._busy = self._idle = 0

    def changes(self) -> Changes:
        """What has changed since the last call; without a watch, everything may have."""
        return EVERYTHING if self._watch is None else self._watch.changes()

    def streaming(self, spent_s: float, studies: int) -> None:
        """Pause after a busy pass over so many ``studies`` that took ``spent_s``.

        So passes keep their pace.
        """
        self._busy, self._idle = self._busy + 1, 0
        if self._busy >= STREAMING and studies <= FEW:
            self.close()
        self._stopping.wait(max(0.0, PACE_S - spent_s))

    def ready(self) -> bool:
        """Whether the watch was open before the pass that just ended; else look once more."""
        self._busy, self._idle = 0, self._idle + 1
        if self._watch is not None:
            return True
        if self._idle >= QUIET:
            self._watch = self._ledger.watch_results()
        else:
            self._stopping.wait(2 * PACE_S)
        return False

    def wait(self, timeout_s: float) -> None:
        """Wait for news, for at most ``timeout_s``."""
        if self._watch is not None:
            self._watch.wait(timeout_s)

    def close(self) -> None:
        """Let go of the watch."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None


class Backoff:
    """How long to wait for a store that does not answer; says so once for each outage."""

    def __init__(self) -> None:
        self.pause_s = BACKOFF_S[0]
        self._out = False

    def failed(self, error: StoreError) -> None:
        """Take in one more failure."""
        if self._out:
            self.pause_s = min(2 * self.pause_s, BACKOFF_S[1])
            return
        refused = isinstance(error, StoreDenied)
        what = "refuses, and is asked again" if refused else "does not answer and is waited for"
        log.warning("the store %s: %s", what, error)
        self._out, self.pause_s = True, BACKOFF_S[0]

    def worked(self) -> None:
        """Take in that the store answers."""
        if self._out:
            log.info("the store answers again")
        self._out = False
