"""The folder of one embedded server: its paths, its privacy, its room and its lock.

::

    <home>/mongo/            0700
        data/                what mongod keeps
        mongod.log           what mongod says, one JSON object a line
        keyfile              0600: turns authentication on
        credentials.json     0600: user and password
        state.json           the port and the host of the last successful start
        lock                 held while a command starts or stops the server
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parzen.shared.errors import EmbeddedError

LEAST_FREE_BYTES = 500 * 1024**2
"""Below this much free disk a server is not started: its journal alone takes 100 MB."""

POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Directory:
    """The folder of one embedded server, ``<home>/mongo``."""

    root: Path

    @property
    def data(self) -> Path:
        """What mongod keeps."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """What mongod says."""
        return self.root / "mongod.log"

    @property
    def key_file(self) -> Path:
        """What turns authentication on."""
        return self.root / "keyfile"

    @property
    def credentials(self) -> Path:
        """User and password."""
        return self.root / "credentials.json"

    def make(self) -> None:
        """Create the folder, or make an existing one readable by its owner only.

        Raises:
            EmbeddedError: it cannot be created or written, or belongs to somebody else.
        """
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.root.stat().st_uid != os.geteuid():
                raise EmbeddedError(
                    f"the data directory {str(self.root)!r} belongs to another user: "
                    "choose one of your own with --data-dir or PARZEN_HOME"
                )
            for folder in (self.root, self.data):
                folder.chmod(0o700)
        except OSError as error:
            raise unwritable(self.root, error) from error

    def check_room(self) -> None:
        """See that the disk has room for a server.

        Raises:
            EmbeddedError: it has not; names the path and what is free.
        """
        free = shutil.disk_usage(self.root).free
        if free < LEAST_FREE_BYTES:
            raise EmbeddedError(
                f"the disk of {str(self.root)!r} has {free // 1024**2} MB free and the embedded "
                f"MongoDB needs {LEAST_FREE_BYTES // 1024**2} MB: make room, or choose another "
                "disk with --data-dir or PARZEN_HOME"
            )

    @contextlib.contextmanager
    def locked(self, timeout_s: float) -> Iterator[None]:
        """Be the only command, of this process or any other, that starts or stops the server.

        Raises:
            EmbeddedError: another command held the lock for ``timeout_s`` seconds.
        """
        path = self.root / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(self.root, error) from error
        try:
            _flock(descriptor, path, timeout_s)
            yield
        finally:
            os.close(descriptor)

    def recall(self) -> dict[str, Any]:
        """The port and host of the last successful start; empty where there was none."""
        try:
            state = json.loads((self.root / "state.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}  # a first start, or a note torn by a crash: it only saves a reconfiguration
        return state if isinstance(state, dict) else {}

    def remember(self, port: int) -> None:
        """Note the port of a successful start, for the next one."""
        note = json.dumps({"port": port, "host": socket.gethostname()})
        self.write_private(self.root / "state.json", note)

    def write_private(self, path: Path, text: str) -> None:
        """Write a file that nobody but its owner can ever read, wholly or not at all."""
        try:
            descriptor, unfinished = tempfile.mkstemp(dir=self.root, prefix=f".{path.name}-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(unfinished).replace(path)
            except BaseException:
                Path(unfinished).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise unwritable(self.root, error) from error


def unwritable(path: Path, error: OSError) -> EmbeddedError:
    """The sentence for a folder in which nothing can be written."""
    return EmbeddedError(
        f"cannot write the data directory {str(path)!r} ({error.strerror}): mend that, or choose "
        "another one with --data-dir or PARZEN_HOME"
    )


def _flock(descriptor: int, path: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _locks(descriptor, path):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"another parzen command has been starting or stopping the embedded MongoDB for "
                f"{timeout_s:.0f} s and still holds {str(path)!r}: wait for it or end it"
            )
        time.sleep(POLL_S)


def _locks(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise unwritable(path, error) from error
    return True
