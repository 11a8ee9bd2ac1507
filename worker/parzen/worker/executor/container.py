"""Children that live in a container each, of the image that their study names."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import Incompatible
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Failed, Failure, Image
from parzen.shared.regular import open_regular
from parzen.worker.containers import inside, orphans
from parzen.worker.containers.engine import EngineTrouble, speaking
from parzen.worker.containers.pulse import Pulse
from parzen.worker.containers.request import Berth, asked
from parzen.worker.executor.conversation import Conversation, signal_name
from parzen.worker.executor.protocol import Done, Event, Gone, Job

if TYPE_CHECKING:
    from docker import DockerClient

log = logging.getLogger("parzen.worker")

ONE_EACH = "a container is for one trial"

CALL_S = 0.5
"""How often to look whether a container that has not called yet still runs."""

STATE_S = 5.0
"""How long an engine may take to know how a container ended."""

SETTLE_S = 5.0
"""How long killed processes may take to vanish before the engine is asked to end them."""

STARTER_S = 20.0
"""How long to wait for a start that is under way when nobody wants it any more."""

SAID_BYTES = 1 << 20
"""How much of what a child said before its trial began is kept."""

SIGNALS = 128
"""What is added to the number of the signal that ended a process."""

COULD_NOT = (126, 127)
"""How a container ends whose command cannot be run."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended."""

    exit_code: int
    out_of_memory: bool


class ContainerChild(Conversation):
    """See :class:`parzen.worker.executor.protocol.Child`; it runs one trial.

    Its container is made when the trial is known, in a thread, so that a start that takes its time
    can be given up. On the way to it lie two sockets: the child's line, and the keeper's lifeline,
    which tells both sides when the other is no more. Containers that cannot be removed at the end
    are ``left_behind``, by their ids.
    """

    def __init__(
        self,
        client: DockerClient,
        image: Image,
        berth: Berth,
        left_behind: Callable[[str], None] = lambda _: None,
        pulse: Pulse | None = None,
    ) -> None:
        super().__init__()
        self._client, self._image, self._berth = client, image, berth
        self._left_behind = left_behind
        self._pulse = pulse or Pulse()
        self._lifeline: socket.socket | None = None
        self._starter: threading.Thread | None = None
        self._unwanted, self._abandoned = threading.Event(), False
        self._fault: EngineTrouble | Incompatible | None = None
        self._told_fault = False
        self._id: str | None = None
        self.pid = 0
        """The number of its container's first process, as the engine's machine counts."""

    def usable(self) -> bool:
        """Whether it waits for a trial."""
        return not self._over and self._starter is None

    def run(self, job: Job) -> None:
        """Hand it a trial; what becomes of it comes out of :meth:`receive`."""
        # what the agent gives it is the container's own: there it may be less
        super().run(replace(job, environ={}, cpus=()))
        self._starter = threading.Thread(target=self._start, args=(job,), daemon=True)
        self._starter.start()

    def receive(self, timeout_s: float) -> Sequence[Event]:
        """As every child; raises OSError where the engine fails, which is no fault of the trial."""
        found = super().receive(timeout_s) if self._fault is None else ()
        if self._line is None:  # a trial that has begun does not need the engine
            self._pulse.require()
        if self._fault is None:
            return found
        if isinstance(self._fault, EngineTrouble):
            raise self._fault
        if self._told_fault:
            return ()
        self._over = self._told_fault = True
        self._tell_last_words()
        failure = Failure(kind=FailureKind.INCOMPATIBLE, message=str(self._fault))
        return [Done(Failed(error=failure), replace=ONE_EACH)]

    # --- its beginning, in a thread of its own ----------------------------------------------------

    def _start(self, job: Job) -> None:
        try:
            with contextlib.ExitStack() as listening:
                lifeline = _listener(self._berth, inside.LIFELINE, listening)
                line = _listener(self._berth, inside.LINE, listening)
                self._create(job)
                self._lifeline = self._awaited(lifeline)
                called = self._awaited(line)
            self.pid = int(self._state().get("Pid", 0))
            self._connect(called)
            self._pulse.worked()
        except (EngineTrouble, Incompatible) as error:
            self._fault = error
        except OSError as error:  # this machine has no room, or no descriptor
            self._fault = EngineTrouble(str(error))
            self._fault.__cause__ = error
        except _Unwanted:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody would hear of it else
            self._fault = EngineTrouble(f"{type(error).__name__}: {error}")
            self._fault.__cause__ = error
        if self._abandoned and self._id is not None:
            self._left_behind(self._id)
        self.interrupt()

    def _create(self, job: Job) -> None:
        self._grant(job)
        with speaking():
            words = asked(self._image, job, self._berth)
            self._id = str(self._client.containers.create(**words).id)
            if self._unwanted.is_set():
                raise _Unwanted
            self._client.api.start(self._id)

    def _grant(self, job: Job) -> None:
        """Let the user of the container have what the trial writes, and see what it runs."""
        berth = self._berth
        if berth.bundle is not None:
            shutil.copyfile(job.bundle, berth.bundle)
        if berth.owner is not None:
            mine = filter(None, (berth.folder, berth.bundle, job.workdir, job.log))
            for path in mine:
                os.chown(path, *berth.owner, follow_symlinks=False)

    def _awaited(self, listener: socket.socket) -> socket.socket:
        """Who calls; raises as :func:`speaking` where nobody will."""
        listener.settimeout(CALL_S)
        while not self._unwanted.is_set():
            with contextlib.suppress(TimeoutError):
                caller, _ = listener.accept()
                caller.setblocking(True)
                return caller
            state = self._state()
            if not state["Running"]:
                raise Incompatible(self._why_not(state))
        raise _Unwanted

    def _why_not(self, state: dict[str, Any]) -> str:
        """Why its command came to nothing."""
        words = (self._said().decode("utf-8", "replace").strip().splitlines() or [""])[-1].strip()
        if state["OOMKilled"]:
            return f"the image {self._image.name} does not start within its memory limit"
        if state["ExitCode"] in COULD_NOT:
            return f"the image {self._image.name} has no python3 that can be run ({words})"
        ended = f"exit code {state['ExitCode']}"
        return f"the image {self._image.name} cannot start a trial: {words or ended}"

    # --- how it ends ------------------------------------------------------------------------------

    def _has_ended(self) -> bool:
        """Whether its keeper has let go of the lifeline."""
        if self._lifeline is None:
            return self._closed
        return self._closed or _closed(self._lifeline, 0.0)

    def _spoilt_by(self, _done: Done) -> str:
        return ONE_EACH

    def _last_words(self) -> bytes:
        return self._said()

    def _said(self) -> bytes:
        said, name = b"", self._id
        if name is not None:
            with contextlib.suppress(EngineTrouble, Incompatible), speaking():
                said = self._pulse.ask(lambda: self._client.api.logs(name))
        # who runs there may have put anything in its place, and this process may read more
        with (
            contextlib.suppress(OSError),
            os.fdopen(open_regular(self._berth.folder / inside.SAID), "rb") as file,
        ):
            said += file.read(SAID_BYTES)
        return said

    def _end_of(self, garbled: str | None) -> Gone:
        """How it ended; where the engine does not know, :meth:`receive` raises that."""
        if garbled is not None:
            return Gone(garbled=garbled)
        try:
            ended = self._ended()
        except EngineTrouble as error:
            self._fault = error
            return Gone()
        if ended is None:
            return Gone(garbled="it closed its line")
        if ended.exit_code > SIGNALS:
            name = signal_name(ended.exit_code - SIGNALS)
            return Gone(signal=name, out_of_memory=ended.out_of_memory)
        return Gone(exit_code=ended.exit_code, out_of_memory=ended.out_of_memory)

    def _ended(self) -> Ended | None:
        """How its container ended; None where it runs on."""
        patience = time.monotonic() + STATE_S
        while (state := self._state())["Running"]:
            if time.monotonic() > patience:
                return None
            time.sleep(0.02)
        return Ended(state["ExitCode"], out_of_memory=state["OOMKilled"])

    def _state(self) -> dict[str, Any]:
        try:
            with speaking():
                found = self._pulse.ask(lambda: self._client.api.inspect_container(str(self._id)))
                state: dict[str, Any] = found["State"]
        except Incompatible:  # somebody has removed it
            return {"Running": False, "ExitCode": SIGNALS + 9, "OOMKilled": False}
        return state

    def kill(self, grace_s: float) -> None:
        """End it and all that it started: SIGTERM, after the grace SIGKILL. Reaps everything."""
        if self._closed:
            return
        self._closed = self._over = True
        self._unwanted.set()
        if self._starter is not None:
            self._await(self._starter)
        if self._lifeline is not None:
            _let_end(self._lifeline, grace_s)
        self._hang_up()
        self._remove()
        shutil.rmtree(self._berth.folder, ignore_errors=True)

    def _await(self, starter: threading.Thread) -> None:
        """Wait for a start that is under way; one that is left alone tells what it has made."""
        patience = time.monotonic() + STARTER_S
        while starter.is_alive() and time.monotonic() < patience and not self._pulse.away:
            starter.join(CALL_S)
        self._abandoned = starter.is_alive()

    def _remove(self) -> None:
        if self._id is None:
            return
        name = self._id
        try:
            self._pulse.ask(lambda: orphans.remove(self._client, name))
        except EngineTrouble as error:
            log.warning("a trial's container is removed when the engine answers again: %s", error)
            self._left_behind(name)


class _Unwanted(Exception):
    """The child was killed before it had begun."""


def _listener(berth: Berth, name: str, listening: contextlib.ExitStack) -> socket.socket:
    """A socket in the child's folder that its user may call, as long as it is listened to."""
    folder = os.open(berth.folder, os.O_RDONLY | os.O_DIRECTORY)
    listening.callback(os.close, folder)
    listener = listening.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(f"/proc/self/fd/{folder}/{name}")  # the way by its name may be too long
    listening.callback((berth.folder / name).unlink, missing_ok=True)
    (berth.folder / name).chmod(0o666)  # its folder keeps others out
    listener.listen(1)
    return listener


def _let_end(lifeline: socket.socket, grace_s: float) -> None:
    """Let a keeper end what it keeps, and itself."""
    with contextlib.suppress(OSError):  # it has ended
        if grace_s > 0:
            lifeline.sendall(b"T")
            _closed(lifeline, grace_s)
        lifeline.shutdown(socket.SHUT_WR)
        _closed(lifeline, SETTLE_S)
    lifeline.close()


def _closed(lifeline: socket.socket, timeout_s: float) -> bool:
    """Whether the keeper has closed its end; waits for that as long."""
    patience = time.monotonic() + timeout_s
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    while True:
        left = patience - time.monotonic()
        if not poll.poll(max(0, round(left * 1000))):
            return False
        try:
            if not lifeline.recv(64):  # it has said its child's number
                return True
        except OSError:
            return True
