"""Starting agents as processes of their own, and seeing that the store sees them."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from parzen.shared import lifeline
from parzen.shared.errors import ParzenError
from parzen.shared.home import StoreAddress
from parzen.shared.records import Worker
from parzen.shared.redaction import redacted, shown
from parzen.worker.cpus import LIBRARIES, fair_share
from parzen.worker.executor import kernel
from parzen.worker.launch.local.register import Started, enter, folder

MODULE = "parzen.client.cli"
"""What ``python -m`` runs: the command ``parzen``."""

START_S = 60.0
"""How long agents may take to announce themselves."""

LOOK_S = 0.1
LAST_LINES = 12


@dataclass(frozen=True)
class Agent:
    """An agent that was just started."""

    popen: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text("utf-8", errors="replace").rstrip().splitlines()
        return redacted("\n".join(f"    {line}" for line in lines[-LAST_LINES:]))


def command(words: Sequence[str]) -> list[str]:
    """The command of an agent."""
    return [sys.executable, "-m", MODULE, "worker", *words]


def additions(where: StoreAddress, agents: int) -> dict[str, str]:
    """What an agent's environment has beside this process's.

    The address travels here, and not in the arguments, which every user of the machine can read.
    """
    named = {"PARZEN_HOME": str(where.home)}
    if where.file is not None and where.file.is_file():  # and no shell's <(…), which ends with it
        named["PARZEN_STORE_FILE"] = str(where.file)
    elif where.store is not None:
        named["PARZEN_STORE"] = where.store
    return {**(fair_share(agents) if agents > 1 else {}), **named}


def line(where: StoreAddress, words: Sequence[str], agents: int) -> str:
    """An agent's command with what its environment has, for people: no password is in it."""
    hidden = {
        name: shown(value) if name == "PARZEN_STORE" else value
        for name, value in additions(where, agents).items()
    }
    pairs = [f"{name}={shlex.quote(value)}" for name, value in hidden.items()]
    return f"{' '.join(pairs)} {shlex.join(command(words))}"


def spawn(where: StoreAddress, words: Sequence[str], agents: int) -> Agent:
    """Start one of ``agents`` agents; it goes on when this process and its terminal end.

    It begins once it is entered in the register, so that none runs that nobody could list or stop.

    Raises:
        ParzenError: it cannot be; nothing of it is left.
    """
    try:
        folder(where.home).mkdir(parents=True, exist_ok=True, mode=0o700)
        log = _new_log(where.home)
        try:
            return _entered(where, words, agents, log)
        except OSError:
            log.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ParzenError(
            f"no agent can be started from {str(folder(where.home))!r}, which has a file and a log "
            f"for each ({error.strerror or error}): make room there, or see who may write, or name "
            "another data directory with --data-dir"
        ) from error


def _entered(where: StoreAddress, words: Sequence[str], agents: int, log: Path) -> Agent:
    """An agent that is in the register."""
    with log.open("ab") as sink:
        popen = subprocess.Popen(  # noqa: S603 - our own interpreter, and words that were checked
            command(words),
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=sink,
            env=lifeline.leashed(_environment(os.environ, additions(where, agents))),
            start_new_session=True,
        )
    assert popen.stdin is not None  # noqa: S101 - it was asked for
    started = Started(
        pid=popen.pid,
        created=psutil.Process(popen.pid).create_time(),
        started_s=kernel.started_s(popen.pid),
        host=socket.gethostname(),
        store=where.shown,
        log=str(log),
        words=tuple(words),
    )
    try:
        enter(where.home, started)
    except OSError:
        popen.kill()
        popen.communicate()
        raise
    lifeline.let_go(popen.stdin)
    return Agent(popen, log)


def _environment(environ: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    mine = {
        name: value
        for name, value in environ.items()
        if not name.startswith("PARZEN_STORE") and name != lifeline.NAME
    }
    return {**mine, **{k: v for k, v in more.items() if k not in LIBRARIES or k not in mine}}


def _new_log(home: Path) -> Path:
    """A new, empty file that only its owner can read."""
    stamp, n = time.strftime("%Y%m%d-%H%M%S"), 1
    while True:
        path = folder(home) / f"{stamp}-{n}.log"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            n += 1
        else:
            return path


def await_all(agents: Sequence[Agent], live: Callable[[], Sequence[Worker]]) -> None:
    """Wait until each agent has been seen in the store, or has quit with code 0.

    Raises:
        ParzenError: one has died, or is not seen in time; the others go on.
    """
    missing, deadline = list(agents), time.monotonic() + START_S
    host = socket.gethostname()
    while missing:
        ended = {agent.popen.pid: agent.popen.poll() for agent in missing}  # before the look
        seen = {worker.pid for worker in live() if worker.host == host}
        for agent in list(missing):
            code = ended[agent.popen.pid]
            if code:
                raise ParzenError(
                    f"agent {agent.popen.pid} ended with code {code}; the end of {agent.log}:\n"
                    f"{agent.last_words()}"
                )
            if code == 0 or agent.popen.pid in seen:
                missing.remove(agent)
        if missing and time.monotonic() > deadline:
            pids = ", ".join(str(agent.popen.pid) for agent in missing)
            raise ParzenError(
                f"the store has not seen {pids} within {START_S:g} s, though they run; the end of "
                f"{missing[0].log}:\n{missing[0].last_words()}"
            )
        if missing:
            time.sleep(LOOK_S)
