from __future__ import annotations

from datetime import datetime, timedelta, timezone

from parzen.shared.mongo import clock
from parzen.shared.mongo.clock import ServerClock

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def test_the_servers_clock_goes_on_by_the_monotonic_one(monkeypatch):
    here = [100.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: here[0])
    server = ServerClock()
    assert server.now(otherwise=NOON) == NOON

    server.hear(NOON + timedelta(hours=1))
    here[0] = 102.5

    assert server.now(otherwise=NOON) == NOON + timedelta(hours=1, seconds=2.5)
