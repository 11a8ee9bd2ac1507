"""Which agents were started here: a small file for each, which tells its process from all others.

A process is known by its number, the time that it was started at, and its machine: numbers are used
again, and a data directory may lie in a home that several machines share.
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from parzen.shared.errors import ParzenError
from parzen.worker.executor import kernel

MOST_PID = 2**31 - 1
LATEST = 1e11
"""More than any Unix time for three thousand years; dates end before ten times as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An agent that was started: ``created`` is the Unix time at which its process was.

    ``started_s`` is the same in seconds after the machine's start, which no clock can change.
    ``store`` is the store for people, ``log`` the file that takes what the agent says.
    """

    pid: int
    created: float
    started_s: float
    host: str
    store: str
    log: str
    words: tuple[str, ...]

    @property
    def process(self) -> psutil.Process | None:
        """Its process, if it still is that."""
        try:
            found = psutil.Process(self.pid)
            started_s, status = kernel.started_s(self.pid), found.status()
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # no process, or another user's
            return None
        same = abs(started_s - self.started_s) < kernel.SAME_S
        return found if same and status != psutil.STATUS_ZOMBIE else None


def folder(home: Path) -> Path:
    """Where the files and the logs of a data directory's agents lie."""
    return home / "agents"


def enter(home: Path, started: Started) -> None:
    """Keep ``started``; a reader sees all of it or nothing.

    Raises:
        OSError: it cannot be kept; nothing of it is.
    """
    path = _path(home, started)
    new = path.with_suffix(".new")
    try:
        new.write_text(json.dumps(asdict(started)), encoding="utf-8")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def running(home: Path) -> list[Started]:
    """The agents of this machine that still run, the oldest first.

    Raises:
        ParzenError: a file of ours holds something else.
    """
    found = [one for one in _entered(home) if one.process is not None]
    return sorted(found, key=lambda one: one.created)


def tidy(home: Path) -> None:
    """Forget the agents of this machine that have ended; what they said stays."""
    for one in _entered(home):
        if one.process is None:
            _path(home, one).unlink(missing_ok=True)


def _path(home: Path, started: Started) -> Path:
    return folder(home) / f"{started.host}-{started.pid}.json"


def _entered(home: Path) -> Iterator[Started]:
    host = socket.gethostname()
    for path in folder(home).glob("*.json"):
        try:
            started = _started(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue  # another command has just forgotten it
        except (ValueError, TypeError, KeyError, RecursionError, IsADirectoryError) as error:
            raise ParzenError(
                f"{path} is no file of `parzen launch local`: move it away, or delete it"
            ) from error
        except OSError as error:
            raise ParzenError(f"{path} cannot be read: {error.strerror}") from error
        if started.host == host:
            yield started


def _started(fields: dict[str, Any]) -> Started:
    """What a file holds; raises ValueError, TypeError or KeyError where it is none of ours."""
    found = Started(**{**fields, "words": tuple(fields["words"])})
    text = (found.host, found.store, found.log, *found.words)
    if not (
        type(found.pid) is int
        and 0 < found.pid <= MOST_PID
        and 0 <= found.created < LATEST
        and math.isfinite(found.started_s)
        and all(isinstance(one, str) for one in text)
    ):
        raise ValueError("a field has a value that no process has")
    return found
