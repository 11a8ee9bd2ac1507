"""Waiting for what other processes do: for a condition, with a deadline, never for a time."""

from __future__ import annotations

import time


def until(met, within_s=90.0):
    """Wait until ``met()`` is true; what it gave."""
    deadline = time.monotonic() + within_s
    while not (found := met()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
    return found
