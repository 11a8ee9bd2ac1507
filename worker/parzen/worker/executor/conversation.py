"""The agent's side of the line to a child: what it hears, what it says, how it is woken."""

from __future__ import annotations

import contextlib
import math
import select
import signal
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parzen.shared.plain import shown
from parzen.shared.records import Failed
from parzen.worker.executor.messages import Garbled, Message, Reader, encode
from parzen.worker.executor.protocol import Done, Event, Gone, Job, Started
from parzen.worker.executor.translation import event_from, job_fields

TICK_S = 0.5
"""How often to look whether a child has ended whose line a process of its own keeps open."""

RETIRE_S = 1.0
"""How long a child's exit handlers may take."""

POLL_S = 0.005

CHUNK = 1 << 20


class Conversation(ABC):
    """A child, as far as it is what it says; whoever makes one knows how it ends.

    What is said before there is a line waits for it.
    """

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._unsent: list[bytes] = []
        self._sending = threading.Lock()
        self._reader = Reader()
        self._events: list[Event] = []
        self._over = self._closed = False
        self._idle = True
        self._warm = False
        self._first_log: Path | None = None
        self._bell, self._rope = socket.socketpair()
        self._rope.setblocking(False)

    @abstractmethod
    def _has_ended(self) -> bool:
        """Whether the child's process has ended."""

    @abstractmethod
    def _end_of(self, garbled: str | None) -> Gone:
        """How it ended, or what it said instead of a message."""

    @abstractmethod
    def _last_words(self) -> bytes:
        """What it said before its first trial could begin."""

    @abstractmethod
    def _spoilt_by(self, done: Done) -> str | None:
        """Why it must not run another trial after this one, whatever it says itself."""

    @abstractmethod
    def kill(self, grace_s: float) -> None:
        """End it and all that it started: SIGTERM, after the grace SIGKILL. Reaps everything."""

    def _connect(self, line: socket.socket) -> None:
        """Speak through ``line`` from now on. From any thread."""
        with self._sending, contextlib.suppress(OSError):  # that it is gone, receive() tells
            self._line = line
            for data in self._unsent:
                line.sendall(data)
        self.interrupt()

    def _hang_up(self) -> None:
        """Close what this side holds open."""
        for end in (self._line, self._bell, self._rope):
            if end is not None:
                end.close()

    def run(self, job: Job) -> None:
        """Hand it a trial; what becomes of it comes out of :meth:`receive`."""
        if self._warm:
            self._events.append(Started())
        else:
            self._first_log = job.log
        self._idle = False
        self._send(Message("run", job_fields(job)))

    def ask_to_stop(self) -> None:
        """Make ``trial.should_stop()`` true. From any thread."""
        self._send(Message("stop"))

    def interrupt(self) -> None:
        """Let :meth:`receive` return now. From any thread."""
        with contextlib.suppress(BlockingIOError, OSError):  # rung already, or closed
            self._rope.send(b"!")

    def _send(self, message: Message) -> None:
        data = encode(message)
        with self._sending, contextlib.suppress(OSError):  # that it is gone, receive() tells
            if self._line is None:
                self._unsent.append(data)
            else:
                self._line.sendall(data)

    def receive(self, timeout_s: float) -> Sequence[Event]:
        """What happened; waits up to ``timeout_s``, or until :meth:`interrupt`, for something."""
        patience = time.monotonic() + timeout_s
        while not self._over and not self._events:
            left = max(0.0, patience - time.monotonic())
            rung = self._listen(min(left, TICK_S))
            if self._events or rung or left <= 0:
                break
            if self._has_ended():
                while self._read(wait=False):
                    pass
                self._go()
        found, self._events = self._events, []
        return found

    def _listen(self, timeout_s: float) -> bool:
        """Take in what there is; whether somebody rang."""
        # select() knows no descriptors above 1023, and epoll would need one of its own
        poll, line = select.poll(), self._line
        if line is not None:
            poll.register(line, select.POLLIN)
        poll.register(self._bell, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(math.ceil(timeout_s * 1000))}
        if line is not None and line.fileno() in ready:
            self._read(wait=True)
        if self._bell.fileno() in ready:
            self._bell.recv(4096)
            return True
        return False

    def _read(self, *, wait: bool) -> bool:
        """Take in one piece; whether there was one."""
        if self._line is None:
            return False
        try:
            data = self._line.recv(CHUNK, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            if not self._over:
                self._go()
            return False
        try:
            for message in self._reader.feed(data):
                self._take(message)
        except Garbled as fault:
            self._go(garbled=str(fault))
        return not self._over

    def _take(self, message: Message) -> None:
        if self._idle:
            raise Garbled(f"the message {shown(message.kind)} while it ran no trial")
        event = event_from(message)
        self._warm = self._warm or isinstance(event, Started)
        if isinstance(event, Done):
            self._idle = True
            why = event.replace or _spoilt(event) or self._spoilt_by(event)
            event = replace(event, replace=why)
        self._events.append(event)

    def _go(self, garbled: str | None = None) -> None:
        """Note how it ended; why it could not begin its first trial goes to that trial's output."""
        if self._over:
            return
        self._over = True
        self._tell_last_words()
        self._events.append(self._end_of(garbled))

    def _tell_last_words(self) -> None:
        if self._first_log is not None and not self._warm:
            with contextlib.suppress(OSError), self._first_log.open("ab") as log:
                log.write(self._last_words())

    def retire(self) -> None:
        """Let it end by itself, its exit handlers included, then see that nothing is left."""
        self._send(Message("quit"))
        patience = time.monotonic() + RETIRE_S
        while not self._has_ended() and time.monotonic() < patience:
            time.sleep(POLL_S)
        self.kill(0.0)


def _spoilt(done: Done) -> str | None:
    """Why not to run another trial, whatever the child says, which a trial may have said for it."""
    failed = isinstance(done.outcome, Failed) and not done.outcome.error.meant
    return "its trial failed" if failed else None


def signal_name(number: int) -> str:
    """What people call the signal of that number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
