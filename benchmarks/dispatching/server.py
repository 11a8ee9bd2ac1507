"""A MongoDB of a benchmark's own, gone afterwards: a replica set of one, or a standalone server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from parzen.shared.errors import StoreUnreachable
from parzen.shared.mongo import connect
from parzen.shared.mongo.embedded import Embedded
from parzen.shared.mongo.embedded.locate import find_mongod

START_S = 30.0
TRY_S = 0.2


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is ready and prepared for parzen.

    Attributes:
        uri: its address, with the password.
        home: a folder for whoever works with it, gone with it.
        pid: its process.
    """

    uri: str
    home: Path
    pid: int

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used."""
        used = psutil.Process(self.pid).cpu_times()
        return float(used.user + used.system)


@contextlib.contextmanager
def serving(*, standalone: bool = False) -> Iterator[Served]:
    """A server while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="parzen-bench-") as folder:
        started = _standalone(Path(folder)) if standalone else _replica_set(Path(folder))
        with started as served:
            connect(served.uri, prepare=True).close()
            yield served


@contextlib.contextmanager
def _replica_set(home: Path) -> Iterator[Served]:
    embedded = Embedded(home)
    running = embedded.up()
    try:
        yield Served(running.uri, home, running.pid)
    finally:
        embedded.down()


@contextlib.contextmanager
def _standalone(home: Path) -> Iterator[Served]:
    data, port = home / "standalone", _free_port()
    data.mkdir()
    command = [find_mongod(), "--dbpath", data, "--port", str(port), "--bind_ip", "127.0.0.1"]
    options = ["--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--quiet"]
    with subprocess.Popen(  # noqa: S603 - the server that parzen brings
        [*map(str, command), *options], stdout=subprocess.DEVNULL
    ) as mongod:
        try:
            uri = f"mongodb://127.0.0.1:{port}/parzen?directConnection=true"
            _await(uri)
            yield Served(uri, home, mongod.pid)
        finally:
            mongod.terminate()


def _await(uri: str) -> None:
    patience = time.monotonic() + START_S
    while not _answers(uri):
        if time.monotonic() > patience:
            raise TimeoutError(f"the standalone server was not ready within {START_S:g} s")
        time.sleep(TRY_S)


def _answers(uri: str) -> bool:
    try:
        connect(uri, prepare=True).close()
    except StoreUnreachable:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
