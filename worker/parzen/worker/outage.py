"""A store that does not answer: tried again ever more slowly, and spoken of once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger("parzen.worker")

FIRST_S, LIMIT_S = 0.25, 5.0


class Outage:
    """Says once that the store is away, and once that it is back. From any thread.

    ``answered`` and ``not_answered`` are called each time.
    """

    def __init__(
        self,
        answered: Callable[[], None] = lambda: None,
        not_answered: Callable[[], None] = lambda: None,
    ) -> None:
        self._answered, self._not_answered = answered, not_answered
        self._lock = threading.Lock()
        self._since: float | None = None

    def failed(self, error: Exception) -> None:
        """A call has failed with ``error``."""
        self._not_answered()
        with self._lock:
            first, self._since = self._since is None, self._since or time.monotonic()
        if first:
            log.warning(
                "the store does not answer; running trials go on, and what they report is kept "
                "until it does: %s",
                error,
            )

    def worked(self) -> None:
        """A write has worked; reads are no sign: a store may answer them and take nothing."""
        self._answered()
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            log.warning("the store answers again, after %.0f s", time.monotonic() - since)


class Backoff:
    """When to try again: at once while all is well, then after waits that double."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._wait_s = FIRST_S
        self._next = 0.0

    def failed(self) -> None:
        """A try has failed."""
        self._next = time.monotonic() + self._wait_s
        self._wait_s = min(2 * self._wait_s, self._limit_s)

    def worked(self) -> None:
        """A try has worked."""
        self._wait_s, self._next = FIRST_S, 0.0

    @property
    def left_s(self) -> float:
        """Seconds until the next try; 0 for now."""
        return max(0.0, self._next - time.monotonic())
