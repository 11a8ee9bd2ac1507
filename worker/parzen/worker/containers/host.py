"""The Docker engine of an agent's machine: found, watched, swept, and asked for children."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import Incompatible, ParzenError
from parzen.shared.records import Claim, Image
from parzen.worker.containers import engine, orphans
from parzen.worker.containers.code import copy_code
from parzen.worker.containers.engine import EngineTrouble, speaking
from parzen.worker.containers.images import Images
from parzen.worker.containers.pulse import Pulse
from parzen.worker.containers.request import Berth
from parzen.worker.executor import kernel
from parzen.worker.executor.container import ContainerChild
from parzen.worker.executor.process import scratch
from parzen.worker.workdirs import TRIALS_UID

if TYPE_CHECKING:
    from docker import DockerClient

log = logging.getLogger("parzen.worker")

LOOK_S = 5.0
"""How often to look whether the engine is there."""

SIGN_S = 5.0
"""How long an engine may take to answer when it is looked for, or at."""

OWN = re.compile(r"/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf)\b")
"""How the mounts of a process in one of the engine's containers tell which that is."""

MOUNTS = Path("/proc/self/mountinfo")


DEVICES, AMD = Path("/dev"), ("kfd", "dri/renderD*")
"""Where the kernel shows AMD's GPUs."""


class Absent(Exception):
    """There is no engine that could run trials here; says why."""


class Unnamed(Absent):
    """Nobody speaks of an engine on this machine."""


class Containers:
    """See the module; the containers' folders are below ``root``. Safe for several threads.

    ``client`` is opened by :meth:`begin`, and again when an engine that was not there has come.
    """

    def __init__(self, root: Path, slots: int = 1, worker: str = "") -> None:
        self._root, self._slots, self._worker = root, slots, worker
        self._where = engine.Endpoint("", "nobody")
        self._client: DockerClient | None = None
        self._watcher: DockerClient | None = None
        self._pulse = Pulse()
        self._images = Images(self._engine, self._pulse)
        self._me = orphans.myself()
        self._outside: Mapping[str, str] = {}
        self._info: Mapping[str, Any] = {}
        self._code: Path | None = None
        self._left: set[str] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None
        self._tidying: threading.Thread | None = None

    @property
    def able(self) -> bool:
        """Whether trials can run in containers now."""
        return self._pulse.able

    def begin(self) -> None:
        """Look for an engine, remove what agents that are no more have left there, and watch it."""
        try:
            self._look()
        except Absent as why:
            level = logging.DEBUG if isinstance(why, Unnamed) else logging.WARNING
            log.log(level, "trials of studies with an image are left alone: %s", why)
        self._watch = threading.Thread(target=self._keep_looking, daemon=True)
        self._watch.start()
        if self._client is not None:
            self._tidy()

    def close(self) -> None:
        """Look no more; children that still live keep what they need."""
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
        if self._code is not None:
            shutil.rmtree(self._code, ignore_errors=True)
        for client in filter(None, (self._client, self._watcher)):
            client.close()

    def fetch(self, image: Image, wanted: Callable[[], bool]) -> bool:
        """See that the engine has the image; False where it is not ``wanted`` any more.

        Raises:
            Incompatible: it cannot be had; in the engine's words.
            EngineTrouble: the engine does not answer.
        """
        return self._images.fetch(image, wanted)

    def failed(self, trouble: EngineTrouble) -> None:
        """A trial could not be run there: others shall have those that need an engine."""
        self._pulse.failed(trouble)

    def spawn(self, claim: Claim) -> ContainerChild:
        """A child for the trial of ``claim``, whose study has an image.

        Raises:
            EngineTrouble: there is no engine any more.
            OSError: its folder cannot be made.
        """
        image, client = claim.study.image, self._engine()
        if image is None:
            raise TypeError(f"study {claim.study.name!r} has no image")
        return ContainerChild(client, image, self._berth(claim), self._left.add, self._pulse)

    def _engine(self) -> DockerClient:
        if self._client is None:
            raise EngineTrouble("there is no Docker engine any more")
        return self._client

    def _berth(self, claim: Claim) -> Berth:
        owner = self._owner()
        folder = scratch(self._root)
        moved = owner is not None or bool(self._outside)
        amd = [place for pattern in AMD for place in sorted(DEVICES.glob(pattern))]
        trial = f"{claim.study.name}-{claim.trial.number}"
        return Berth(
            name=f"parzen-{trial}-{claim.token[:12]}",
            user=self._user(),
            owner=owner,
            folder=folder,
            code=self._copied_code(),
            bundle=folder / "bundle.zip" if moved else None,
            labels={
                orphans.TRIAL: f"trial {claim.trial.number} of {claim.study.name}",
                "parzen.study": claim.study.name,
                "parzen.uid": claim.study.uid,
                "parzen.number": str(claim.trial.number),
                "parzen.token": claim.token,
                "parzen.worker": self._worker,
                **self._me.labels(),
            },
            userns="host" if engine.remapped(self._info) else None,
            outside=self._outside,
            amd=[str(place) for place in amd],
            amd_groups=sorted({place.stat().st_gid for place in amd}),
        )

    def _copied_code(self) -> Path:
        with self._lock:
            if self._code is None or not self._code.exists():
                self._code = scratch(self._root)
                copy_code(self._code)
            return self._code

    def _user(self) -> str:
        if engine.rootless(self._info):
            return "0:0"  # who is the engine's own user outside
        uid, gid = self._owner() or (os.geteuid(), os.getegid())
        return f"{uid}:{gid}"

    def _owner(self) -> tuple[int, int] | None:
        if os.geteuid() != 0 or engine.rootless(self._info):
            return None
        return TRIALS_UID, TRIALS_UID

    # --- the engine, as it comes and goes ---------------------------------------------------------

    def _look(self) -> None:
        """Open the engine, and see what it can do.

        Raises:
            Absent: there is none for trials.
        """
        where = _here()
        with contextlib.ExitStack() as opened:
            try:
                watcher = engine.opened(where, SIGN_S)
                opened.callback(watcher.close)
                client = engine.opened(where, pool=2 * self._slots + 8)
                opened.callback(client.close)
                with speaking():
                    info = client.info()
                container, outside = _own_container(client, self._root)
            except (EngineTrouble, Incompatible) as error:
                raise Absent(str(error)) from error
            if info.get("OperatingSystem") == "Docker Desktop":
                raise Absent(
                    "Docker Desktop's engine runs in a virtual machine, away from these files"
                )
            opened.pop_all()
        self._me = orphans.myself(container)
        self._where, self._info, self._outside = where, info, outside
        self._client, self._watcher = client, watcher
        self._pulse.found(answers=True)
        log.info("trials of studies with an image run in containers of %s", where.address)

    def _tidy(self) -> None:
        try:
            self._pulse.ask(lambda: orphans.sweep(self._engine(), self._me))
            for name in tuple(self._left):
                self._remove(name)
        except (EngineTrouble, Incompatible) as error:
            log.warning("containers of workers that are no more may be left: %s", error)

    def _remove(self, name: str) -> None:
        self._pulse.ask(lambda: orphans.remove(self._engine(), name))
        self._left.discard(name)

    def _tidy_aside(self) -> None:
        """Tidy in a thread of its own: what the engine takes time for must not stop the watch."""
        if self._tidying is None or not self._tidying.is_alive():
            self._tidying = threading.Thread(target=self._tidy, daemon=True)
            self._tidying.start()

    def _keep_looking(self) -> None:
        while not self._closed.wait(LOOK_S):
            if self._client is None:
                self._look_again()
                continue
            answers = self._answers()
            again = self._pulse.found(answers=answers)
            if again:
                log.info("the Docker engine runs trials again")
            if again or (answers and self._left):
                self._tidy_aside()

    def _look_again(self) -> None:
        try:
            self._look()
        except Absent as why:
            log.debug("still no engine: %s", why)
        else:
            self._tidy_aside()

    def _answers(self) -> bool:
        if self._watcher is None:
            return False
        try:
            with speaking():
                engine.knock(self._where, SIGN_S)
                self._watcher.ping()
        except (EngineTrouble, Incompatible):
            return False
        return True


def _here() -> engine.Endpoint:
    """The engine of this machine.

    Raises:
        Absent: none is named, or it is another machine's.
    """
    if not kernel.LINUX:
        raise Absent("containers for trials need Linux")
    if not engine.named():
        raise Unnamed(f"nothing names a Docker engine, and there is no {engine.SOCKET}")
    try:
        where = engine.endpoint()
    except ParzenError as error:
        raise Absent(str(error)) from error
    if not where.here:
        raise Absent(
            f"{where.said_by} leads to {where.address}, and trials need the engine of this very "
            "machine, which sees their directories"
        )
    return where


def _own_container(client: DockerClient, root: Path) -> tuple[str, Mapping[str, str]]:
    """The engine's container in which this process lives, if so, and its mounts.

    Raises:
        Absent: the engine could not see ``root``.
    """
    try:
        found = OWN.search(MOUNTS.read_text("utf-8", "replace"))
    except OSError:
        found = None
    if found is None or not orphans.running(client, found[1]):
        return "", {}
    with speaking():
        mounts = client.api.inspect_container(found[1])["Mounts"]
    outside = {mount["Destination"]: mount["Source"] for mount in mounts if mount.get("Source")}
    if not any(root.is_relative_to(place) for place in outside):
        raise Absent(
            f"this worker lives in a container, and its work directory {str(root.parent)!r} in "
            "none of its volumes, so that the engine cannot give it to other containers: mount one "
            "there"
        )
    return found[1], outside
