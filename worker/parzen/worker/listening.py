"""How an agent with free slots waits for work.

A short gap is bridged by a few quick looks, since a stream costs the server something for every
change in the database; only after those a stream is opened, with a slow poll beneath.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from parzen.shared.errors import StoreError
from parzen.shared.store import TrialQueue, Watch

log = logging.getLogger("parzen.worker")

QUICK_S = (0.01, 0.02, 0.04, 0.08)
"""Pauses between the first looks."""

SLOW_S = 2.0
"""Between two looks with a stream open, or where there is none."""


class Listening:
    """Says how long to wait for work, and rings ``bell`` when there may be some."""

    def __init__(self, queue: TrialQueue, bell: Callable[[], None]) -> None:
        self._queue = queue
        self._bell = bell
        self._misses = 0
        self._watch: Watch | None = None

    def found(self) -> None:
        """There was work, or nobody to do it: let go of the stream."""
        self._misses = 0
        self.close()

    def missed(self) -> float:
        """There was none; seconds until the next look, which is at once after opening a stream."""
        self._misses += 1
        if self._misses <= len(QUICK_S):
            return QUICK_S[self._misses - 1]
        if self._watch is None and self._open():
            return 0.0
        return SLOW_S

    def close(self) -> None:
        """Let go of the stream."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _open(self) -> bool:
        try:
            watch = self._queue.watch_work()
        except StoreError as error:
            log.debug("no stream of changes, polling every %g s: %s", SLOW_S, error)
            return False
        self._watch = watch
        threading.Thread(
            target=self._listen, args=(watch,), name="parzen-listen", daemon=True
        ).start()
        return True

    def _listen(self, watch: Watch) -> None:
        while self._watch is watch:
            if watch.wait(SLOW_S) and self._watch is watch:
                self._bell()
