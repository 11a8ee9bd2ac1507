"""The child's end of the line to its agent, and the trial that speaks through it.

No thread listens: whoever asks ``should_stop()`` looks for himself, so that objectives may fork.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections import deque

from parzen.worker.context import About, TrialContext
from parzen.worker.executor.messages import Message, Reader, encode


class Line:
    """Messages to and from the agent; may be used from several threads of one process."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)
        self._reader = Reader()
        self._arrived: deque[Message] = deque()
        self._sending = threading.Lock()
        self._receiving = threading.Lock()
        self._stop = False
        self._pid = os.getpid()

    def send(self, message: Message) -> None:
        """Say something.

        Raises:
            RuntimeError: this is a forked copy, whose words the agent would take for the trial's.
        """
        if os.getpid() != self._pid:
            raise RuntimeError(
                f"process {os.getpid()} is a forked copy of the trial's process {self._pid}: only "
                "the trial's own process may report"
            )
        with self._sending:
            self._socket.sendall(encode(message))

    def next(self) -> Message | None:
        """Wait for a trial or the word to quit; None where the agent is gone."""
        with self._receiving:
            self._stop = False
            while not self._arrived:
                if not self._receive():
                    return None
            self._stop = False  # what was meant for the trial before
            return self._arrived.popleft()

    def told_to_stop(self) -> bool:
        """Whether the agent wants this trial to end."""
        if os.getpid() != self._pid:
            return self._stop  # a forked process must not take what is meant for its parent
        with self._receiving:
            while not self._stop and self._incoming():
                if not self._receive():
                    os.killpg(0, signal.SIGKILL)  # the agent died: nothing outlives it
            return self._stop

    def _incoming(self) -> bool:
        poll = select.poll()  # select() knows no descriptors above 1023
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def _receive(self) -> bool:
        data = self._socket.recv(1 << 16)
        for message in self._reader.feed(data):
            if message.kind == "stop":
                self._stop = True
            else:
                self._arrived.append(message)
        return bool(data)


class PipeTrial(TrialContext):
    """The trial of an objective that runs in an agent's child."""

    def __init__(self, about: About, line: Line) -> None:
        super().__init__(about)
        self._line = line

    def should_stop(self) -> bool:
        """Whether the trial was cancelled or must make way: save a checkpoint and return None."""
        return self._line.told_to_stop()

    def _measured(self, step: int, value: float) -> None:
        self._line.send(Message("measured", {"step": step, "value": value}))

    def _attached(self, name: str, data: bytes) -> None:
        self._line.send(Message("attached", {"name": name}, data))
