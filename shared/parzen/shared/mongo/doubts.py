"""Claims that were asked for and not answered: each may be ours without our knowing.

A reply may be lost after the server has done its work, and a request may lie in the network and
arrive when nobody waits for its reply. Either leaves a trial running under a token that nobody
holds. So a token is remembered from before it is sent until the answer is there, and looked for
for as long as the lease that it may have been given.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from parzen.shared.records import Study, Uid

LOOK_S = 1.0
"""Between two looks for the same tokens, in seconds."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A token that was sent with a claim, for trials of these studies, or for the one ``trial``."""

    token: str
    studies: Mapping[Uid, Study]
    until: float
    trial: str | None = None


@dataclass(slots=True)
class Doubts:
    """The tokens that one process is in doubt about. Safe to use from several threads."""

    _open: dict[str, Doubt] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _look_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, studies: Mapping[Uid, Study], lease_s: float) -> Doubt:
        """A fresh token, which is about to be sent; in doubt unless :meth:`settle` is called."""
        doubt = Doubt(uuid4().hex, studies, self._until(lease_s))
        self._add(doubt)
        return doubt

    def ask_for(
        self, trials: Mapping[str, str], studies: Mapping[Uid, Study], lease_s: float
    ) -> Sequence[Doubt]:
        """As :meth:`ask` for several trials, {token: id}."""
        until = self._until(lease_s)
        doubts = [Doubt(token, studies, until, trial) for token, trial in trials.items()]
        self._add(*doubts)
        return doubts

    def fail(self, *doubts: Doubt) -> None:
        """The answers will not come: they are to be looked for at once."""
        with self._lock:
            self._asked.difference_update(doubt.token for doubt in doubts)
            self._look_at = 0.0

    def settle(self, *doubts: Doubt) -> None:
        """What became of them is known."""
        with self._lock:
            for doubt in doubts:
                self._asked.discard(doubt.token)
                self._open.pop(doubt.token, None)

    def _until(self, lease_s: float) -> float:
        return time.monotonic() + max(lease_s, 2 * LOOK_S)

    def _add(self, *doubts: Doubt) -> None:
        with self._lock:
            for doubt in doubts:
                self._asked.add(doubt.token)
                self._open[doubt.token] = doubt

    def due(self) -> Sequence[Doubt]:
        """Those to look for now, oldest first; those whose lease would be over are forgotten."""
        if not self._open:
            return ()
        moment = time.monotonic()
        with self._lock:
            unanswered = [d for d in self._open.values() if d.token not in self._asked]
            for doubt in unanswered:
                if doubt.until <= moment:
                    del self._open[doubt.token]
            if moment < self._look_at:
                return ()
            self._look_at = moment + LOOK_S
            return [d for d in unanswered if d.until > moment]
