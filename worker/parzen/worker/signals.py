"""What signals mean to an agent."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    signal.SIGHUP: Command.STOP,
    signal.SIGUSR1: Command.DRAIN,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A signal that came, by its name, and what it means."""

    name: str
    command: Command


@contextmanager
def heard(tell: Callable[[Heard], None]) -> Iterator[None]:
    """Tell of signals that come while the block runs; ``tell`` must be safe in a handler.

    Only a process's main thread can; in another one signals keep the meaning they have.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _frame: object) -> None:
        known = signal.Signals(number)
        tell(Heard(known.name, MEANING[known]))

    before = {number: signal.signal(number, handler) for number in MEANING if _heeded(number)}
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def _heeded(number: signal.Signals) -> bool:
    """Whether it may end this process: nohup asks that a closed terminal does not."""
    return number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
