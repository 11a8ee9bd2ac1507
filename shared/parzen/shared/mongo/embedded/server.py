"""The embedded MongoDB as a whole: up, down, and whether it runs."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded import diagnosis, process, replica
from parzen.shared.mongo.embedded.credentials import (
    Credentials,
    ensure_credentials,
    read_credentials,
)
from parzen.shared.mongo.embedded.diagnosis import Attempt, DataInUse, PortTaken
from parzen.shared.mongo.embedded.directory import POLL_S, Directory
from parzen.shared.mongo.embedded.locate import find_mongod
from parzen.shared.redaction import Parts

START_S = 90.0
"""Seconds in which a server must be ready; one that was killed repairs its data first."""

ATTEMPTS = 5
"""How many free ports are tried: between finding one and taking it, another may take it."""


@dataclass(frozen=True, slots=True)
class Running:
    """An embedded server that is ready.

    ``uri`` holds the password; ``started`` is whether this call started it.
    """

    uri: str = field(repr=False)
    port: int
    pid: int
    data_dir: Path
    started: bool


class Embedded:
    """The one MongoDB that lives under ``home``, shared by every process of its user.

    Args:
        home: parzen's data directory; the server keeps ``<home>/mongo``.
        start_timeout_s: seconds in which a server must be ready.
    """

    def __init__(self, home: Path, *, start_timeout_s: float = START_S) -> None:
        self._directory = Directory(Path(home).expanduser().resolve() / "mongo")
        self._start_timeout_s = start_timeout_s

    def running(self) -> Running | None:
        """The server, if its process lives and answers as primary to our credentials."""
        mongod = process.find(self._directory)
        credentials = read_credentials(self._directory) if mongod else None
        if not mongod or not credentials or not replica.answers(mongod.port, credentials):
            return None
        return self._describe(mongod, credentials.uri(mongod.port), started=False)

    def address(self) -> str | None:
        """Where the server answers, if its process lives; it is neither asked nor started."""
        mongod = process.find(self._directory)
        credentials = read_credentials(self._directory) if mongod else None
        return credentials.uri(mongod.port) if mongod and credentials else None

    def port_in(self, uri: str) -> int | None:
        """The port in ``uri`` where that is this server's address, running or not; else None."""
        mongod, parts = process.find(self._directory), Parts.of(uri)
        port = mongod.port if mongod else self._directory.recall().get("port")
        if not isinstance(port, int) or parts.hosts not in (
            f"127.0.0.1:{port}",
            f"localhost:{port}",
        ):
            return None
        credentials = read_credentials(self._directory)
        return port if credentials and credentials.stand_in(parts) else None

    def up(self, port: int | None = None) -> Running:
        """Start the server, or use the one that runs; returns when it is ready.

        It goes on running when this process ends. Without a ``port`` it takes the last one again
        where that is free, and any free one otherwise.

        Raises:
            EmbeddedError: it cannot be started; says why and what to do.
        """
        running = self.running()
        if running is None:
            self._directory.make()
            with self._directory.locked(self._start_timeout_s + process.GRACE_S):
                running = self.running() or self._start(port)
        if port not in (None, running.port):
            raise EmbeddedError(
                f"the embedded MongoDB already runs on port {running.port}, not on {port}: "
                "run parzen down first to move it"
            )
        return running

    def down(self) -> bool:
        """Stop the server cleanly; whether there was one to stop.

        Raises:
            EmbeddedError: it does not end, or may not be stopped by this user.
        """
        if not self._directory.root.is_dir():
            return False
        with self._directory.locked(self._start_timeout_s + process.GRACE_S):
            mongod = process.find(self._directory)
            if mongod is None:
                return False
            process.end(mongod)
            return True

    def _start(self, port: int | None) -> Running:
        """Start it, or see a start through that another command began and did not finish."""
        credentials = ensure_credentials(self._directory)
        log_from = _size(self._directory.log)
        process.outlast_dying(self._directory)
        mongod = process.find(self._directory)
        started = mongod is None or not self._make_ready(mongod, credentials, log_from)
        if mongod is None or started:
            mongod = self._launch(port)
            if not self._make_ready(mongod, credentials, log_from):
                raise diagnosis.explain(self._attempt(Path("mongod"), mongod.port, log_from))
        self._directory.remember(mongod.port)
        return self._describe(mongod, credentials.uri(mongod.port), started=started)

    def _launch(self, port: int | None) -> process.Mongod:
        program = find_mongod()
        self._directory.check_room()
        if port is not None:
            if not _free(port):
                raise diagnosis.port_taken(port)
            return self._launch_on(program, port)
        for candidate in self._candidates():
            with contextlib.suppress(PortTaken):  # by another program, since it was found free
                return self._launch_on(program, candidate)
        raise EmbeddedError(
            f"{ATTEMPTS} free ports in a row were taken before the embedded MongoDB could take "
            "them: choose one with --port"
        )

    def _candidates(self) -> Iterator[int]:
        last = self._directory.recall().get("port")
        if isinstance(last, int) and _free(last):
            yield last
        for _ in range(ATTEMPTS):
            yield _any_free_port()

    def _launch_on(self, program: Path, port: int) -> process.Mongod:
        log_from = _size(self._directory.log)
        launch = process.launch(program, self._directory, port, self._start_timeout_s)
        mongod = process.find(self._directory)
        if mongod and launch.code in (0, None):
            return mongod
        attempt = self._attempt(program, port, log_from, launch)
        if launch.code is None:
            raise diagnosis.timed_out(attempt, self._start_timeout_s)
        reason = diagnosis.explain(attempt)
        if not isinstance(reason, DataInUse) or not process.anybody_at(self._directory):
            raise reason
        return self._wait_for_other(reason)

    def _make_ready(self, mongod: process.Mongod, credentials: Credentials, log_from: int) -> bool:
        """Whether it is ready; False where it ended instead."""
        try:
            key = self._directory.key_file.read_text()
            return replica.make_ready(mongod, key, credentials, self._start_timeout_s)
        except TimeoutError as error:
            attempt = self._attempt(Path("mongod"), mongod.port, log_from)
            raise diagnosis.timed_out(attempt, self._start_timeout_s) from error

    def _attempt(
        self, program: Path, port: int, log_from: int, launch: process.Launch = process.UNSEEN
    ) -> Attempt:
        return Attempt(
            program=program,
            data=self._directory.data,
            log=self._directory.log,
            port=port,
            code=launch.code,
            output=launch.output,
            lines=_tail(self._directory.log, log_from),
            host=self._directory.recall().get("host"),
        )

    def _wait_for_other(self, reason: DataInUse) -> process.Mongod:
        """The mongod of a command that was killed just after it launched it.

        It says who it is only once its data is open.
        """
        deadline = time.monotonic() + self._start_timeout_s
        while process.anybody_at(self._directory) and time.monotonic() < deadline:
            mongod = process.find(self._directory)
            if mongod:
                return mongod
            time.sleep(5 * POLL_S)
        raise reason

    def _describe(self, mongod: process.Mongod, uri: str, *, started: bool) -> Running:
        return Running(uri, mongod.port, mongod.process.pid, self._directory.data, started)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise EmbeddedError(
                f"port {port} is reserved for the system: choose one above 1023 with --port"
            ) from error
        except OSError:
            return False
        return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _tail(log: Path, start: int) -> list[str]:
    """The lines that were added since ``start``, the last megabyte of them."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(start, _size(log) - 1024**2))
        return file.read().decode(errors="replace").splitlines()
