"""What signals mean to an agent."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum


class Command(Enum):
    """What somebody wants of an agent."""

    STOP = "stop"
    """Let running trials save themselves, give them back, quit; the second time at once."""
    DRAIN = "drain"
    """Finish what runs, then quit."""


MEANING = {
    signal.SIGTERM: Command.STOP,
    signal.SIGINT: Command.STOP,
    signal.SIGUSR1: Command.DRAIN,
}


@contextmanager
def heard(tell: Callable[[Command], None]) -> Iterator[None]:
    """Turn signals into commands while the block runs; ``tell`` must be safe in a handler.

    Only a process's main thread can; in another one signals keep the meaning they have.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _frame: object) -> None:
        tell(MEANING[signal.Signals(number)])

    before = {number: signal.signal(number, handler) for number in MEANING}
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)
