"""Three real mongods as one replica set on this machine, to be hurt by tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError, WTimeoutError
from pymongo.write_concern import WriteConcern

from parzen.shared.mongo.embedded.locate import find_mongod

SET = "cluster"
CALL_MS = 2_000
"""How long a question to one member may take."""

KEEPER = """
import psutil, shutil, sys
folder = sys.argv[1]
sys.stdin.read()  # returns when pytest closes the pipe, or is gone in whatever way
for process in psutil.process_iter(["cmdline"]):
    if process.info["cmdline"] and any(w.startswith(folder) for w in process.info["cmdline"][1:]):
        if process.pid != psutil.Process().pid:
            process.kill()
            process.wait(10)
shutil.rmtree(folder, ignore_errors=True)
"""


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on just now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass
class Member:
    """One mongod: ``port`` is where it listens, ``host`` the address that the set knows it by."""

    port: int
    host: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    paused: bool = False

    @property
    def pid(self) -> int | None:
        """The process, or None while it is down."""
        return self.process.pid if self.alive and self.process else None

    @property
    def alive(self) -> bool:
        """Whether it runs, paused or not."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        """What it says, one JSON object a line."""
        return self.folder / "mongod.log"


class Cluster:
    """A replica set without authentication; no process and no folder of it outlives the test.

    ``hosts`` are the addresses that members are known by ("127.0.0.1:4000"), where they differ from
    where they listen: each may stand behind a proxy, made for ``ports`` from :func:`free_ports`.
    The members speak to each other through these addresses, too. ``options`` are more words for
    each mongod's command line.

    Everything here speaks to members directly, not through ``hosts``.
    """

    def __init__(
        self,
        *,
        ports: Sequence[int] | None = None,
        hosts: Sequence[str] | None = None,
        oplog_mb: int = 64,
        options: Sequence[str] = (),
    ) -> None:
        ports = list(ports or free_ports(3))
        names = list(hosts or [f"127.0.0.1:{port}" for port in ports])
        self.folder = Path(tempfile.mkdtemp(prefix="parzen-cluster-"))
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("COV_")},
        )
        self._program = find_mongod()
        self._words = ["--oplogSize", str(oplog_mb), *options]
        self._clients: dict[int, MongoClient[dict[str, Any]]] = {}
        self.members = [
            Member(port, host, self.folder / f"member-{i}")
            for i, (port, host) in enumerate(zip(ports, names, strict=True))
        ]
        try:
            for member in self.members:
                (member.folder / "data").mkdir(parents=True)
                self._launch(member)
            self._initiate()
        except BaseException:
            self.close()
            raise

    def uri(self, database: str = "parzen", **options: object) -> str:
        """The address of the set, by its members' hosts."""
        hosts = ",".join(member.host for member in self.members)
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"mongodb://{hosts}/{database}?replicaSet={SET}{more}"

    def client(self, i: int) -> MongoClient[dict[str, Any]]:
        """A client of member ``i`` alone, whatever state it is in."""
        if i not in self._clients:
            self._clients[i] = MongoClient(
                "127.0.0.1",
                self.members[i].port,
                directConnection=True,
                serverSelectionTimeoutMS=CALL_MS,
                connectTimeoutMS=CALL_MS,
                socketTimeoutMS=CALL_MS * 15,
            )
        return self._clients[i]

    def primary(self) -> int | None:
        """The index of the member that takes writes, or None where there is none just now."""
        for i, member in enumerate(self.members):
            if member.alive and not member.paused and self._hello(i).get("isWritablePrimary"):
                return i
        return None

    def secondaries(self) -> list[int]:
        """The indexes of the members that are up and follow."""
        up = [i for i, member in enumerate(self.members) if member.alive and not member.paused]
        return [i for i in up if self._hello(i).get("secondary")]

    def wait_for_primary(self, *, other_than: int | None = None, within_s: float = 90.0) -> int:
        """Wait until a member (``other_than`` that one) takes writes; its index."""
        found: list[int | None] = [None]

        def there() -> bool:
            found[0] = self.primary()
            return found[0] is not None and found[0] != other_than

        self._until(there, "no member became primary", within_s)
        assert found[0] is not None
        return found[0]

    def wait_for_all(self, within_s: float = 60.0) -> int:
        """Wait until all members are up, one of them primary; its index."""
        others = len(self.members) - 1
        self._until(
            lambda: self.primary() is not None and len(self.secondaries()) == others,
            "not all members came up",
            within_s,
        )
        return self.wait_for_primary(within_s=within_s)

    def others(self) -> list[int]:
        """The indexes of all members but the primary, once all are up."""
        primary = self.wait_for_all()
        return [i for i in range(len(self.members)) if i != primary]

    def step_down(self, *, seconds: int = 10) -> int:
        """Have the primary step down for ``seconds``, and wait for another; its index."""
        before = self.wait_for_primary()
        self.client(before).admin.command("replSetStepDown", seconds, force=True)
        return self.wait_for_primary(other_than=before)

    def kill(self, i: int) -> None:
        """SIGKILL member ``i``."""
        self._end(self.members[i], signal.SIGKILL)

    def stop(self, i: int) -> None:
        """Stop member ``i`` cleanly."""
        self._end(self.members[i], signal.SIGTERM)

    def start(self, i: int) -> None:
        """Start member ``i`` again, and wait until it answers."""
        if not self.members[i].alive:
            self._launch(self.members[i])
        self._until(lambda: bool(self._hello(i)), f"member {i} did not start", 60.0)

    def pause(self, i: int) -> None:
        """SIGSTOP member ``i``: its sockets stay open, and nobody answers."""
        self._signal(self.members[i], signal.SIGSTOP)
        self.members[i].paused = True

    def resume(self, i: int) -> None:
        """SIGCONT member ``i``."""
        self._signal(self.members[i], signal.SIGCONT)
        self.members[i].paused = False

    def failpoint(
        self,
        i: int,
        name: str,
        mode: str | Mapping[str, Any] = "alwaysOn",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Set a fail point of member ``i``; ``mode`` may be "off" or {"times": n}."""
        more = {} if data is None else {"data": dict(data)}
        self.client(i).admin.command({"configureFailPoint": name, "mode": mode, **more})

    @contextmanager
    def failing(self, i: int, name: str, mode: Any = "alwaysOn", **data: Any) -> Any:
        """A fail point of member ``i`` for the time of a block."""
        self.failpoint(i, name, mode, data)
        try:
            yield
        finally:
            self.failpoint(i, name, "off")

    @contextmanager
    def not_replicating(self, i: int) -> Any:
        """Member ``i`` takes nothing from others for the time of a block; it votes all the same."""
        name = "stopReplProducer"
        before = self.client(i).admin.command({"configureFailPoint": name, "mode": "alwaysOn"})
        try:
            entered = before["count"] + 1
            self.client(i).admin.command(
                {"waitForFailPoint": name, "timesEntered": entered, "maxTimeMS": 20_000}
            )
            yield
        finally:
            self.failpoint(i, name, "off")

    @contextmanager
    def alone(self, i: int) -> Any:
        """Primary ``i`` has nobody who takes its writes for the time of a block; it stays primary.

        Proved before the block begins: what was under way when the others were cut off has landed,
        and no majority acknowledges what is written now.
        """
        with ExitStack() as cut_off:
            for other in self.others():
                assert other != i, f"member {i} is not the primary"
                cut_off.enter_context(self.not_replicating(other))
            self._until(lambda: not self._acknowledged(i), "a majority still follows", 30.0)
            yield

    def mend(self) -> int:
        """Start, resume and reconnect whatever a test left hurt; the index of the primary."""
        for i, member in enumerate(self.members):
            if not member.alive:
                self.start(i)
            elif member.paused:
                self.resume(i)
        return self.wait_for_all()

    def close(self) -> None:
        """Kill all members and delete their folder."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        for member in self.members:
            self._end(member, signal.SIGKILL)
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Cluster:  # noqa: PYI034 - Self needs Python 3.11; it is final
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _launch(self, member: Member) -> None:
        settings = {
            "enableTestCommands": "1",
            "diagnosticDataCollectionEnabled": "false",
            "shutdownTimeoutMillisForSignaledShutdown": "100",
        }
        member.paused = False
        member.process = subprocess.Popen(
            [
                str(self._program),
                *("--replSet", SET, "--bind_ip", "127.0.0.1", "--port", str(member.port)),
                *("--dbpath", str(member.folder / "data"), "--logpath", str(member.log)),
                *("--logappend", "--nounixsocket", "--quiet"),
                *("--wiredTigerCacheSizeGB", "0.25"),
                *("--wiredTigerEngineConfigString", "log=(prealloc=false)"),
                *[w for k, v in settings.items() for w in ("--setParameter", f"{k}={v}")],
                *self._words,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _initiate(self) -> None:
        for i in range(len(self.members)):
            self._until(lambda i=i: bool(self._hello(i)), f"member {i} did not start", 60.0)
        members = [{"_id": i, "host": member.host} for i, member in enumerate(self.members)]
        settings = {
            "electionTimeoutMillis": 2000,
            "heartbeatIntervalMillis": 500,
            "heartbeatTimeoutSecs": 2,
        }
        wanted = {"_id": SET, "members": members, "settings": settings}
        self.client(0).admin.command("replSetInitiate", wanted)
        self.wait_for_all()

    def _acknowledged(self, i: int) -> bool:
        """Whether a majority takes a write to member ``i`` within half a second."""
        concern = WriteConcern("majority", wtimeout=500)
        probes = self.client(i)["probes"].get_collection("probes", write_concern=concern)
        try:
            probes.insert_one({})
        except WTimeoutError:
            return False
        return True

    def _hello(self, i: int) -> dict[str, Any]:
        try:
            return self.client(i).admin.command("hello")
        except PyMongoError:
            return {}

    def _until(self, met: Callable[[], bool], otherwise: str, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not met():
            dead = [i for i, m in enumerate(self.members) if m.process and not m.alive]
            assert time.monotonic() < deadline, f"{otherwise}; dead: {dead}; see {self.folder}"
            time.sleep(0.02)

    def _signal(self, member: Member, number: int) -> None:
        assert member.process is not None
        member.process.send_signal(number)

    def _end(self, member: Member, number: int) -> None:
        if member.process is None or not member.alive:
            return
        member.process.send_signal(number)
        if member.paused and number != signal.SIGKILL:
            member.process.send_signal(signal.SIGCONT)
        member.process.wait(60)
        member.paused = False
