"""The default executor: each child is a new interpreter that leads a session of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psutil

from parzen.shared.redaction import without_secrets
from parzen.worker.executor import kernel
from parzen.worker.executor.conversation import Conversation, signal_name
from parzen.worker.executor.keeping import Kept
from parzen.worker.executor.protocol import Done, Gone, Job
from parzen.worker.executor.tree import Tree

MARK = "PARZEN_CHILD"
"""The variable by which everything that a child started is known."""

CHILD = "parzen.worker.executor.child"

LAST_WORDS_S = 2.0
"""How long a child may take to end after it has closed its line."""

CLOCKS_S = 60.0
"""How far the clock of the file system may lag behind this machine's."""

MEMORY = kernel.OutOfMemory()

SAID = ".said"
"""The file in a child's folder that takes what it says before its first trial."""

HUNG_UP = "it closed a file that it had not opened (by os.closerange, perhaps)"


class ProcessExecutor:
    """Makes children below ``root``, where each has a scratch folder while it lives.

    The folders of agents of this machine that were killed are swept away first.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        sweep(root)

    def spawn(self) -> ProcessChild:
        """A fresh child for whatever bundle comes first."""
        return ProcessChild(scratch(self._root))


def scratch(root: Path) -> Path:
    """A folder below ``root`` that is swept away once this agent is no more.

    Its name says whose it is: several machines may share the directory.
    """
    root.mkdir(parents=True, exist_ok=True)
    prefix = f"child-{os.uname().nodename}-{os.getpid()}-"
    return Path(tempfile.mkdtemp(prefix=prefix, dir=root))


def sweep(root: Path) -> None:
    """Delete the folders of agents of this machine that are no more."""
    ours = re.compile(rf"child-{re.escape(os.uname().nodename)}-(\d+)-[^-]+")
    for folder in root.glob("child-*"):
        name = ours.fullmatch(folder.name)
        if name is not None and not _owned(folder, int(name[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _owned(folder: Path, pid: int) -> bool:
    """Whether the process ``pid`` runs, and did so when ``folder`` was last changed."""
    try:
        started = psutil.Process(pid).create_time()
        return started < folder.stat().st_mtime + CLOCKS_S
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False
    except (psutil.Error, OSError):  # it cannot be told
        return True


class ProcessChild(Conversation):
    """See :class:`parzen.worker.executor.protocol.Child`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = uuid4().hex
        self._oom_before = 0
        with contextlib.ExitStack() as undo:
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            super().__init__()
            undo.callback(self._hang_up)
            self._line, theirs = socket.socketpair()
            with theirs, (folder / SAID).open("ab") as sink:
                self._kept = Kept(
                    [sys.executable, "-u", "-m", CHILD, str(theirs.fileno())],
                    sink=sink,
                    folder=folder,
                    environ={**without_secrets(os.environ), MARK: self._mark},
                    passed=theirs.fileno(),
                )
            undo.pop_all()
        self._popen = self._kept.popen
        self._tree = Tree(self._popen.pid, (MARK, self._mark))

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._kept.pid

    def usable(self) -> bool:
        """Whether it waits for a trial."""
        while not self._over and self._read(wait=False):
            pass  # what it says between trials is nobody's, and ends it
        return not self._over and not self._has_ended()

    def run(self, job: Job) -> None:
        """Hand it a trial; what becomes of it comes out of :meth:`receive`."""
        self._oom_before = MEMORY.kills()
        super().run(job)

    def _has_ended(self) -> bool:
        return kernel.ended(self._popen) is not None

    def _spoilt_by(self, _done: Done) -> str | None:
        try:
            found = self._tree.strays()
        except OSError as error:  # no descriptor is left to look with; the outcome stands
            return f"what else runs there cannot be told ({error})"
        return "a process that had left its session" if found else None

    def _last_words(self) -> bytes:
        return (self._folder / SAID).read_bytes()

    def _end_of(self, garbled: str | None) -> Gone:
        ended = kernel.ended(self._popen) if garbled else self._awaited()
        if ended is None:
            return Gone(garbled=garbled or HUNG_UP)
        killed = ended.signal == signal.SIGKILL
        return Gone(
            exit_code=ended.exit_code,
            signal=None if ended.signal is None else signal_name(ended.signal),
            out_of_memory=killed and kernel.oom_kills() > self._oom_before,
            garbled=garbled,
        )

    def _awaited(self) -> kernel.Ended | None:
        patience = time.monotonic() + LAST_WORDS_S
        while (ended := kernel.ended(self._popen)) is None and time.monotonic() < patience:
            time.sleep(0.005)
        return ended

    def kill(self, grace_s: float) -> None:
        """End it and all that it started: SIGTERM, after the grace SIGKILL. Reaps everything."""
        if self._closed:
            return
        self._closed = self._over = True
        self._kept.end(grace_s)
        self._hang_up()
        self._tree.kill()  # what a keeper did not end that was itself killed
        self._kept.let_go()
        shutil.rmtree(self._folder, ignore_errors=True)
