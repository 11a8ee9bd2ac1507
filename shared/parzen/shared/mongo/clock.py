"""The server's clock between two hearings, carried on by this machine's monotonic one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class ServerClock:
    """What the server's clock said last, and when that was here.

    It dates what an insert cannot date by itself (``$$NOW`` is for updates); nothing is judged by
    it. Late by the time that an answer took to arrive.
    """

    said: datetime | None = None
    heard: float = 0.0

    def hear(self, said: datetime) -> None:
        """The server's clock says ``said`` now."""
        self.said, self.heard = said, time.monotonic()

    def now(self, otherwise: datetime) -> datetime:
        """The server's clock, or ``otherwise`` where it was never heard."""
        if self.said is None:
            return otherwise
        return self.said + timedelta(seconds=time.monotonic() - self.heard)
