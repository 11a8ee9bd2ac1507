"""Fetching the images of studies: one pull at a time for each, with its progress in the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import Incompatible
from parzen.shared.records import Image, Pull
from parzen.worker.containers.engine import speaking
from parzen.worker.containers.pulse import Pulse

if TYPE_CHECKING:
    from docker import DockerClient

log = logging.getLogger("parzen.worker")

TICK_S = 0.2
"""How often whoever waits for an image looks whether it is still wanted."""

SAY_S = 10.0
"""How often the progress of a pull is said."""

TRIES, PAUSE_S = 3, 2.0
"""How often a registry that does not answer is asked, and how long to wait between."""

FINAL = ("not found", "denied", "unauthorized", "invalid reference", "no matching manifest",
    "does not exist", "manifest unknown")  # fmt: skip
"""What a registry says that will not say anything else a moment later."""


class Images:
    """The images of an engine. Safe to use from several threads."""

    def __init__(self, client: Callable[[], DockerClient], pulse: Pulse | None = None) -> None:
        self._client = client
        self._pulse = pulse or Pulse()
        self._lock = threading.Lock()
        self._pulls: dict[str, Future[None]] = {}

    def fetch(self, image: Image, wanted: Callable[[], bool]) -> bool:
        """See that the engine has the image; False where it is not ``wanted`` any more.

        Raises:
            Incompatible: it cannot be had; in the engine's words.
            EngineTrouble: the engine does not answer.
        """
        if image.pull is not Pull.ALWAYS and self._pulse.ask(lambda: self._there(image.name)):
            return True
        if image.pull is Pull.NEVER:
            raise Incompatible(
                f"the image {image.name} is not on this machine, and the study says never to pull "
                f"it: load it there, or set image.pull=missing"
            )
        pull = self._pull(image.name)
        while wanted():
            if wait([pull], TICK_S).done:
                pull.result()
                return True
            self._pulse.require()  # a pull takes what time it takes, and goes on where it can
        return False

    def _there(self, name: str) -> bool:
        try:
            with speaking():
                self._client().images.get(name)
        except Incompatible:
            return False
        return True

    def _pull(self, name: str) -> Future[None]:
        """The pull of an image that is under way; one is begun where none is."""
        with self._lock:
            found = self._pulls.get(name)
            if found is None:
                found = self._pulls[name] = Future()
                threading.Thread(target=self._work, args=(name, found), daemon=True).start()
            return found

    def _work(self, name: str, pull: Future[None]) -> None:
        try:
            self._try_pulling(name)
        except Exception as error:  # noqa: BLE001 - whoever waits for it raises it
            outcome: Exception | None = error
        else:
            outcome = None
        with self._lock:
            del self._pulls[name]
        pull.set_result(None) if outcome is None else pull.set_exception(outcome)

    def _try_pulling(self, name: str) -> None:
        log.info("the image %s is pulled", name)
        begun = time.monotonic()
        for left in reversed(range(TRIES)):
            refusal = self._refusal(name)
            if refusal is None:
                break
            if not left or any(word in str(refusal).lower() for word in FINAL):
                raise Incompatible(f"the image {name} cannot be pulled: {refusal}") from refusal
            log.warning("the image %s cannot be pulled, and is tried again: %s", name, refusal)
            time.sleep(PAUSE_S)
        log.info("the image %s was pulled in %.0f s", name, time.monotonic() - begun)

    def _refusal(self, name: str) -> Incompatible | None:
        """Pull it once; why it cannot be pulled: whatever the engine says is of its registry."""
        where, tag = split(name)
        try:
            with speaking(passing=()):
                stream = self._client().api.pull(where, tag=tag, stream=True, decode=True)
                follow(name, stream)
        except Incompatible as error:
            return error
        return None


def split(name: str) -> tuple[str, str]:
    """A reference as a repository, and its tag or digest; "latest" where it has none.

    Without a tag an engine would pull all there are.
    """
    if "@" in name:
        where, _, digest = name.partition("@")
        return _untagged(where), digest
    last = name.rpartition("/")[2]
    if ":" in last:
        where, _, tag = name.rpartition(":")
        return where, tag
    return name, "latest"


def _untagged(where: str) -> str:
    head, slash, last = where.rpartition("/")
    return head + slash + last.partition(":")[0]


def follow(name: str, stream: Iterable[Mapping[str, Any]]) -> None:
    """Say now and then how far a pull is.

    Raises:
        Incompatible: it failed; in the engine's words.
    """
    layers: dict[str, tuple[int, int]] = {}
    said, refusal = time.monotonic(), ""
    for piece in stream:
        refusal = refusal or " ".join(str(piece.get("error", "")).split())
        told = piece.get("progressDetail") or {}
        if piece.get("status") == "Downloading" and "total" in told:
            layers[str(piece.get("id"))] = (int(told.get("current", 0)), int(told["total"]))
        if layers and time.monotonic() - said >= SAY_S:
            said = time.monotonic()
            done, all_ = (sum(column) / 1e6 for column in zip(*layers.values(), strict=True))
            log.info("the image %s: %.0f of at least %.0f MB have come", name, done, all_)
    if refusal:  # once all is read, so that the connection is free for others
        raise Incompatible(refusal)
