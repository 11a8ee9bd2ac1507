"""The agent's side of a keeper: starts it, and lets it end what it keeps."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from parzen.worker.executor import kernel
from parzen.worker.executor.adoption import family
from parzen.worker.executor.keeper import SETTLE_S

KEEPER = Path(__file__).with_name("keeper.py")

POLL_S = 0.005


class Kept:
    """A command below a keeper of its own, whose process is ``popen``."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        sink: IO[bytes],
        folder: Path,
        environ: Mapping[str, str],
        passed: int,
    ) -> None:
        """Start ``command``, with the descriptor ``passed`` open and its output in ``sink``.

        The keeper's own number is added to its arguments.
        """
        words = [sys.executable, "-I", "-S", str(KEEPER), str(sink.fileno()), *command]
        self.popen: subprocess.Popen[bytes] = family.start(
            lambda: subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=folder,
                env=environ,
                pass_fds=(passed, sink.fileno()),
                start_new_session=True,
                bufsize=0,
            )
        )
        self._pid: int | None = None

    @property
    def pid(self) -> int:
        """The command's number; 0 where the keeper died before it could start it."""
        if self._pid is None and self.popen.stdout is not None:
            self._pid = int(self.popen.stdout.readline() or 0)
        return self._pid or 0

    def end(self, grace_s: float) -> None:
        """SIGTERM to all; SIGKILL to what is left after ``grace_s`` seconds."""
        orders = self.popen.stdin
        if orders is None or orders.closed:
            return
        # somebody may have stopped it: a keeper that does not listen could end nobody
        with contextlib.suppress(OSError):
            os.kill(self.popen.pid, signal.SIGCONT)
            if grace_s > 0:
                orders.write(b"T")
                self._wait(grace_s)
        orders.close()
        self._wait(SETTLE_S + 1.0)

    def _wait(self, timeout_s: float) -> None:
        patience = time.monotonic() + timeout_s
        while kernel.ended(self.popen) is None and time.monotonic() < patience:
            time.sleep(POLL_S)

    def let_go(self) -> None:
        """Collect the keeper, which has ended, and end whom it left to this process."""
        family.wait(self.popen)
        family.end_adopted()  # somebody killed it: else it has left nobody
        _ = self.pid  # which may be asked for afterwards
        if self.popen.stdout is not None:
            self.popen.stdout.close()
