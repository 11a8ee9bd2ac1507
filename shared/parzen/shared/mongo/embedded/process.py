"""The mongod process of one data directory: found again, launched, ended.

The process itself is the record of what runs: mongod writes its pid into ``data/mongod.lock``, and
its command line names the data directory and the port, so that a recycled pid is told from ours.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded.directory import POLL_S, Directory

REPLICA_SET = "parzen"
GRACE_S = 20.0


@dataclass(frozen=True, slots=True)
class Mongod:
    """A live mongod of the directory, ready or not."""

    process: psutil.Process
    port: int

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return _lives(self.process)

    @property
    def listens(self) -> bool:
        """Whether the port is this process's own, and not somebody else's."""
        try:
            return any(
                connection.status == psutil.CONN_LISTEN and connection.laddr.port == self.port
                for connection in self.process.net_connections("tcp")
            )
        except psutil.Error:
            return False  # it has just ended, or is another user's


@dataclass(frozen=True, slots=True)
class Launch:
    """How launching ended: ``code`` is the exit status of the launcher, None where it hangs."""

    code: int | None
    output: str


UNSEEN = Launch(None, "")
"""The launch of a mongod that another command started."""


def find(directory: Directory) -> Mongod | None:
    """The mongod that serves the directory on this machine, if one lives."""
    try:
        process = _last_owner(directory)
        arguments = _arguments(process) if process else []
    except psutil.Error:
        return None  # a pid of the past, or another user's
    if process is None or str(directory.data) not in arguments or not _lives(process):
        return None
    try:
        return Mongod(process, int(arguments[arguments.index("--port") + 1]))
    except (ValueError, IndexError):
        return None


def outlast_dying(directory: Directory, timeout_s: float = 5.0) -> None:
    """Wait for a killed mongod to let go of its port and data: it has lost its command line."""
    deadline = time.monotonic() + timeout_s
    try:
        process = _last_owner(directory)
        while process and _lives(process) and time.monotonic() < deadline:
            if _arguments(process) or process.name() != "mongod":
                return
            time.sleep(POLL_S)
    except psutil.Error:
        return  # it is gone


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.ZombieProcess:
        return []  # its main thread has ended, others may still be about it


def _last_owner(directory: Directory) -> psutil.Process | None:
    """Who wrote itself into the directory last; the pid may be somebody else's by now.

    Raises:
        psutil.NoSuchProcess: nobody has that pid.
    """
    try:
        return psutil.Process(int((directory.data / "mongod.lock").read_text()))
    except (OSError, ValueError):
        return None  # no such file, or an empty one after a clean stop


def anybody_at(directory: Directory) -> bool:
    """Whether any process of this machine was started on the directory, ready or not."""
    return any(
        str(directory.data) in (process.info["cmdline"] or ())
        for process in psutil.process_iter(["cmdline"])
    )


def launch(program: Path, directory: Directory, port: int, timeout_s: float) -> Launch:
    """Start mongod on ``port``; returns once it listens, or has ended.

    mongod forks itself into the background, in a session of its own: a Ctrl-C in the terminal does
    not reach it, and no starter is left with a child to wait for. It inherits no file of ours.

    Raises:
        EmbeddedError: the program cannot be executed on this machine.
    """
    with tempfile.TemporaryFile() as output:
        try:
            launcher = subprocess.Popen(  # noqa: S603 - the program that the user's machine names
                _command(program, directory, port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory.root,
                start_new_session=True,
            )
        except OSError as error:
            raise EmbeddedError(
                f"cannot execute {str(program)!r} ({error.strerror}): it is not a mongod for this "
                "system and processor; set PARZEN_MONGOD to one that is, or use --store"
            ) from error
        try:
            code: int | None = launcher.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = None
        except BaseException:
            _abandon(launcher)
            raise
        if code is None:
            _abandon(launcher)
        output.seek(0)
        return Launch(code, output.read().decode(errors="replace"))


def end(mongod: Mongod, grace_s: float = GRACE_S) -> None:
    """Stop it cleanly; by force after ``grace_s`` seconds.

    Raises:
        EmbeddedError: it belongs to another user, or does not end.
    """
    try:
        mongod.process.terminate()
        if _gone_within(mongod.process, grace_s):
            return
        mongod.process.kill()
        if _gone_within(mongod.process, grace_s):
            return
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise EmbeddedError(
            f"mongod (pid {mongod.process.pid}) belongs to another user: ask them to stop it"
        ) from error
    raise EmbeddedError(
        f"mongod (pid {mongod.process.pid}) does not end, probably because its disk does not "
        "answer: look at that disk"
    )


def _command(program: Path, directory: Directory, port: int) -> list[str]:
    return [
        str(program),
        "--fork",
        *("--dbpath", str(directory.data)),
        *("--logpath", str(directory.log)),
        "--logappend",
        *("--port", str(port)),
        *("--bind_ip", "127.0.0.1"),
        "--nounixsocket",
        *("--replSet", REPLICA_SET),
        *("--keyFile", str(directory.key_file)),
        *("--wiredTigerCacheSizeGB", "0.25"),
        *("--oplogSize", "128"),
        # MongoDB lays 200 MB of journal files in store, for nothing on a machine of one
        *("--wiredTigerEngineConfigString", "log=(prealloc=false)"),
        "--quiet",
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *("--setParameter", "enableLocalhostAuthBypass=false"),
    ]


def _abandon(launcher: subprocess.Popen[bytes]) -> None:
    """End the launcher alone: the server it forked has left its session and may come up yet."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(launcher.pid, signal.SIGKILL)
    launcher.wait()


def _lives(process: psutil.Process) -> bool:
    """Whether any of it is left; a dead main thread may leave others that still hold the port."""
    try:
        if not process.is_running():
            return False
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


def _gone_within(process: psutil.Process, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while _lives(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
