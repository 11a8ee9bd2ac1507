"""The CPU that a server spends on something, and how long this process waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dispatching.server import Served

IDLE_S = 1.0


@dataclass(slots=True)
class Meter:
    """The server's CPU seconds, less what it uses while nobody asks it anything."""

    served: Served
    idle: float = 0.0

    def calibrate(self) -> None:
        """Learn what it uses when idle."""
        before = self.served.cpu_s()
        time.sleep(IDLE_S)
        self.idle = (self.served.cpu_s() - before) / IDLE_S

    @contextmanager
    def on(self) -> Iterator[Reading]:
        """Measure while the block lasts."""
        reading = Reading()
        server, clock = self.served.cpu_s(), time.monotonic()
        yield reading
        reading.elapsed = time.monotonic() - clock
        reading.server = self.served.cpu_s() - server - self.idle * reading.elapsed


@dataclass(slots=True)
class Reading:
    """Seconds that passed here, and CPU seconds of the server."""

    elapsed: float = 0.0
    server: float = 0.0

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.elapsed + other.elapsed, self.server + other.server)
