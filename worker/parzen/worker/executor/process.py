"""The default executor: each child is a new interpreter that leads a session of its own."""

from __future__ import annotations

import contextlib
import math
import os
import re
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil

from parzen.shared.plain import shown
from parzen.shared.records import Failed
from parzen.shared.redaction import without_secrets
from parzen.worker.executor import kernel
from parzen.worker.executor.keeping import Kept
from parzen.worker.executor.messages import Garbled, Message, Reader, encode
from parzen.worker.executor.protocol import Done, Event, Gone, Job, Started
from parzen.worker.executor.translation import event_from, job_fields
from parzen.worker.executor.tree import Tree

MARK = "PARZEN_CHILD"
"""The variable by which everything that a child started is known."""

CHILD = "parzen.worker.executor.child"

TICK_S = 0.5
"""How often to look whether a child has ended whose line a process of its own keeps open."""

LAST_WORDS_S = 2.0
"""How long a child may take to end after it has closed its line."""

RETIRE_S = 1.0
"""How long a child's exit handlers may take."""

CLOCKS_S = 60.0
"""How far the clock of the file system may lag behind this machine's."""

CHUNK = 1 << 20

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
        self._root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_prefix(), dir=self._root))
        return ProcessChild(folder)


def _prefix() -> str:
    """How the names of this agent's folders begin: several machines may share the directory."""
    return f"child-{os.uname().nodename}-{os.getpid()}-"


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


class ProcessChild:
    """See :class:`parzen.worker.executor.protocol.Child`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = uuid4().hex
        self._sending = threading.Lock()
        self._reader = Reader()
        self._events: list[Event] = []
        self._over = self._closed = False
        self._idle = True
        self._first_log: Path | None = None
        self._warm = False
        self._oom_before = 0
        with contextlib.ExitStack() as undo:
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            self._line, theirs = socket.socketpair()
            undo.callback(self._line.close)
            with theirs, (folder / SAID).open("ab") as sink:
                self._bell, self._rope = socket.socketpair()
                undo.callback(self._bell.close)
                undo.callback(self._rope.close)
                self._kept = Kept(
                    [sys.executable, "-u", "-m", CHILD, str(theirs.fileno())],
                    sink=sink,
                    folder=folder,
                    environ={**without_secrets(os.environ), MARK: self._mark},
                    passed=theirs.fileno(),
                )
            undo.pop_all()
        self._rope.setblocking(False)
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
        return not self._over and kernel.ended(self._popen) is None

    def run(self, job: Job) -> None:
        """Hand it a trial; what becomes of it comes out of :meth:`receive`."""
        if self._warm:
            self._events.append(Started())
        else:
            self._first_log = job.log
        self._oom_before = MEMORY.kills()
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
        with self._sending, contextlib.suppress(OSError):  # that it is gone, receive() tells
            self._line.sendall(encode(message))

    def receive(self, timeout_s: float) -> Sequence[Event]:
        """What happened; waits up to ``timeout_s``, or until :meth:`interrupt`, for something."""
        patience = time.monotonic() + timeout_s
        while not self._over and not self._events:
            left = max(0.0, patience - time.monotonic())
            rung = self._listen(min(left, TICK_S))
            if self._events or rung or left <= 0:
                break
            if kernel.ended(self._popen) is not None:
                while self._read(wait=False):
                    pass
                self._go()
        found, self._events = self._events, []
        return found

    def _listen(self, timeout_s: float) -> bool:
        """Take in what there is; whether somebody rang."""
        # select() knows no descriptors above 1023, and epoll would need one of its own
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        poll.register(self._bell, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(math.ceil(timeout_s * 1000))}
        if self._line.fileno() in ready:
            self._read(wait=True)
        if self._bell.fileno() in ready:
            self._bell.recv(4096)
            return True
        return False

    def _read(self, *, wait: bool) -> bool:
        """Take in one piece; whether there was one."""
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
            event = replace(event, replace=event.replace or _spoilt(event) or self._strays())
        self._events.append(event)

    def _strays(self) -> str | None:
        try:
            found = self._tree.strays()
        except OSError as error:  # no descriptor is left to look with; the outcome stands
            return f"what else runs there cannot be told ({error})"
        return "a process that had left its session" if found else None

    def _go(self, garbled: str | None = None) -> None:
        """Note how it ended; why it could not begin its first trial goes to that trial's output."""
        self._over = True
        if self._first_log is not None and not self._warm:
            with contextlib.suppress(OSError), self._first_log.open("ab") as log:
                log.write((self._folder / SAID).read_bytes())
        ended = kernel.ended(self._popen) if garbled else self._last_words()
        if ended is None:
            self._events.append(Gone(garbled=garbled or HUNG_UP))
            return
        killed = ended.signal == signal.SIGKILL
        self._events.append(
            Gone(
                exit_code=ended.exit_code,
                signal=None if ended.signal is None else _signal_name(ended.signal),
                out_of_memory=killed and kernel.oom_kills() > self._oom_before,
                garbled=garbled,
            )
        )

    def _last_words(self) -> kernel.Ended | None:
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
        for end in (self._line, self._bell, self._rope):
            end.close()
        self._tree.kill()  # what a keeper did not end that was itself killed
        self._kept.let_go()
        shutil.rmtree(self._folder, ignore_errors=True)

    def retire(self) -> None:
        """Let it end by itself, its exit handlers included, then see that nothing is left."""
        self._send(Message("quit"))
        patience = time.monotonic() + RETIRE_S
        while kernel.ended(self._popen) is None and time.monotonic() < patience:
            time.sleep(0.005)
        self.kill(0.0)


def _spoilt(done: Done) -> str | None:
    """Why not to run another trial, whatever the child says, which a trial may have said for it."""
    failed = isinstance(done.outcome, Failed) and not done.outcome.error.meant
    return "its trial failed" if failed else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
