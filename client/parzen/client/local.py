"""A study's coordinator and workers as background processes of this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn, final

from parzen.client import presence
from parzen.client.handle import StudyHandle
from parzen.client.invocation import MODULE
from parzen.client.watching import Attention
from parzen.client.wording import counted
from parzen.shared import lifeline
from parzen.shared.errors import ParzenError, StudyFailed
from parzen.shared.home import VARIABLES, StoreAddress
from parzen.shared.records import Study, Worker
from parzen.worker.cpus import fair_share

if TYPE_CHECKING:
    from parzen.client.conductor import Conductor

GRACE_S = 25.0
"""How long a process may take to end after SIGTERM; a worker gives its trials 20 s of it."""
START_S = 20.0
"""How long the processes may take to show themselves before that is said."""
IDLE_S = 330
"""How long an idle worker outlives whoever started it and was killed outright: a little longer
than a trial may rest before it is tried again."""
COORDINATOR = "coordinator"
"""What the coordinator's process is called; others are workers."""

log = logging.getLogger(__name__)


def logs_of(where: StoreAddress, study: str) -> Path:
    """The folder of what a study's processes on this machine say."""
    return where.home / "logs" / study


@dataclass(frozen=True)
class Process:
    """One process in the background, and the file that takes what it says."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """The last line of its output, for a message."""
        lines = self.log.read_text("utf-8", errors="replace").split("\n")
        return next((text.strip() for text in reversed(lines) if text.strip()), "it said nothing")


@final
class Background:
    """One coordinator and some workers, or none, for one study; as a context manager it stops them.

    SIGINT of the terminal does not reach them: they are asked to end with SIGTERM, once, so that
    running trials are given back. A ``conductor``, who is in this process, takes the coordinator's
    place.
    """

    def __init__(
        self,
        study: str,
        where: StoreAddress,
        *,
        workers: int,
        conductor: Conductor | None = None,
    ) -> None:
        self._study, self._where, self._workers = study, where, workers
        self._conductor = conductor
        self._processes: list[Process] = []
        self.logs = logs_of(where, study)
        """The folder of the processes' output."""

    def start(self) -> None:
        """Start the coordinator and the workers."""
        self.logs.mkdir(parents=True, exist_ok=True)
        environ = environment(self._where, os.environ, self._workers)
        only = ("--studies", self._study)
        if self._conductor is not None:
            self._conductor.start()
        else:
            self._spawn(COORDINATOR, ["coordinator", "--exit-when-done", *only], environ)
        for n in range(1, self._workers + 1):
            quits = ("--idle-timeout", str(IDLE_S))
            self._spawn(f"worker-{n}", ["worker", "--slots", "1", *only, *quits], environ)

    def _spawn(self, name: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
        log = self.logs / f"{name}.log"
        with log.open("ab") as sink:
            popen = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                [sys.executable, "-m", MODULE, *words],
                stdin=subprocess.PIPE,  # it ends with this process, however that ends
                stdout=sink,
                stderr=sink,
                env=lifeline.thrown(environ),
                start_new_session=True,
            )
        self._processes.append(Process(name, popen, log))

    def check(self, study: Study, live: Sequence[Worker]) -> None:
        """See that they are alive, and that some live worker of ours can run ``study``.

        Raises:
            ParzenError: the coordinator broke down, every worker has ended, or none can run it.
        """
        coordinators, workers = self._by_role()
        if self._conductor is not None:
            self._conductor.check()
        if coordinators and coordinators[0].popen.poll():
            raise _ended(coordinators[0])
        running = [worker for worker in workers if worker.popen.poll() is None]
        if not workers:
            return
        if not running:
            raise _ended(workers[0])
        why = presence.hopeless(study, live)
        # each of ours has its say: those of a run before may still be listed
        ours = {worker.popen.pid for worker in running} <= {worker.pid for worker in live}
        if why is not None and ours:
            raise ParzenError(
                f"none of the {counted(len(running), 'worker')} can run study {study.name!r}: {why}"
            )

    def stop(self) -> None:
        """End them: SIGTERM, and after the grace SIGKILL.

        The workers come first, so that the coordinator's last look counts what they gave back.
        """
        coordinators, workers = self._by_role()
        try:
            _end(workers)
            _end(coordinators)
            if self._conductor is not None:
                self._conductor.stop()
        finally:  # also where a second Ctrl-C cuts the grace short
            _kill(self._processes)

    def _by_role(self) -> tuple[list[Process], list[Process]]:
        """The coordinator, if it is a process, and the workers."""
        led = [process for process in self._processes if process.name == COORDINATOR]
        return led, [process for process in self._processes if process.name != COORDINATOR]

    def __enter__(self) -> Background:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _end(processes: Sequence[Process]) -> None:
    for process in processes:
        process.popen.terminate()
    patience = time.monotonic() + GRACE_S
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.popen.wait(max(0.0, patience - time.monotonic()))
    _kill(processes)


def _kill(processes: Sequence[Process]) -> None:
    for process in processes:
        process.popen.kill()
        process.popen.wait()
        if process.popen.stdin is not None:
            process.popen.stdin.close()


def _ended(process: Process) -> ParzenError:
    return ParzenError(
        f"the {process.name} ended with code {process.popen.returncode}: "
        f"{process.last_words()} (its output is in {process.log})"
    )


def environment(where: StoreAddress, environ: Mapping[str, str], workers: int) -> dict[str, str]:
    """The children's environment: the same store, and a fair share of the cores for each worker.

    The address travels here and not in the arguments, which every user of the machine can read.
    """
    child = {k: v for k, v in environ.items() if k not in VARIABLES}
    child["PARZEN_HOME"] = str(where.home)
    if where.store is not None:
        child["PARZEN_STORE"] = where.store
    return {**fair_share(workers), **child}


def run_here(
    handle: StudyHandle,
    where: StoreAddress,
    *,
    workers: int,
    progress: bool = True,
    conductor: Conductor | None = None,
) -> StudyHandle:
    """Carry a submitted study to its end with processes of this machine.

    A ``conductor`` leads the study where its sampler is a function of its owner's own.

    Raises:
        StudyFailed: the study failed, or ended without one complete trial.
        ParzenError: the coordinator or all workers broke down, or no worker can run the study.
    """
    if presence.ended(handle.study):
        return handle.wait(progress=False)
    background = Background(handle.name, where, workers=workers, conductor=conductor)
    try:
        with ending_on_signals(), background:
            return _attended(handle, background, progress=progress)
    except StudyFailed as error:
        raise error from (conductor.raised if conductor is not None else None)


def _attended(handle: StudyHandle, background: Background, *, progress: bool) -> StudyHandle:
    try:
        attention = Attention(progress=progress, check=background.check, patience_s=START_S)
        return handle.attend(attention)
    except KeyboardInterrupt:
        log.warning("interrupted: the workers are giving their trials back")
        raise


@contextlib.contextmanager
def ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, so that what was started is stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGHUP)}
    ours = [s for s, handler in before.items() if handler is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
