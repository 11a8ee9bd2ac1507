"""The agent's side of its guard: which children to end when the agent is killed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

from parzen.worker.executor.adoption import family

GUARD = Path(__file__).with_name("guard.py")


class Guard:
    """A small process, started with the first child. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def watch(self, pid: int, mark: str) -> None:
        """From now on ``pid``, with all that bears ``mark``, does not outlive this process."""
        self._say(f"+{pid} {mark}\n")

    def forget(self, pid: int) -> None:
        """It is gone."""
        self._say(f"-{pid}\n")

    def close(self) -> None:
        """Let it go."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            family.wait(process)

    def _say(self, line: str) -> None:
        with self._lock:
            if self._process is None:
                self._process = family.start(_start)
            # a guard that somebody killed protects nobody; the children go on
            with contextlib.suppress(BrokenPipeError):
                if self._process.stdin is not None:
                    self._process.stdin.write(line.encode())
                    self._process.stdin.flush()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
        [sys.executable, "-I", "-S", str(GUARD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
