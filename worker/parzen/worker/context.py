"""What an objective may touch: the second argument of ``objective(params, trial)``."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parzen.shared.dimensions import Params
from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown
from parzen.worker.scalar import scalar

ATTACHMENT_BYTES = 1 << 30
"""How large one attachment may be."""

NAME_CHARS = 200


class TrialPruned(Exception):
    """Raise ``trial.pruned()`` to end a trial that is not promising; its measurements count."""


class TrialFailed(Exception):
    """Raise ``trial.failed(message)`` to end a trial as failed; ``result`` is what it found out."""

    def __init__(self, message: str, result: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.result = dict(result or {})


NO_GPU = frozenset({"", "-1", "NoDevFiles"})


def device() -> str:
    """What this process may compute on: "cuda" where CUDA_VISIBLE_DEVICES names GPUs, or "cpu"."""
    return "cpu" if os.environ.get("CUDA_VISIBLE_DEVICES", "").strip() in NO_GPU else "cuda"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a running trial is, as its objective may read it.

    ``params`` are flat, by name; ``attempt`` counts from 1; ``previous_workdir`` is the last
    attempt's directory where it lies on this machine; ``user`` is what a person noted with the
    trial; ``devices`` are the ids of its GPUs; ``shared`` is what the study's ``setup()`` returned.
    """

    number: int
    attempt: int
    params: Params
    workdir: Path
    previous_workdir: Path | None = None
    device: str = "cpu"
    devices: tuple[str, ...] = ()
    user: Mapping[str, Any] = field(default_factory=dict)
    shared: Any = None


class TrialContext(ABC):
    """A trial, as the objective that runs it sees it."""

    def __init__(self, about: About) -> None:
        self._about = about
        self._pid = os.getpid()

    @property
    def number(self) -> int:
        """The trial's number in its study, from 0."""
        return self._about.number

    @property
    def attempt(self) -> int:
        """Which go at this trial it is, from 1."""
        return self._about.attempt

    @property
    def params(self) -> Params:
        """The parameters as they are stored: flat, by name."""
        return self._about.params

    @property
    def workdir(self) -> Path:
        """This attempt's own directory; the current directory when the objective starts."""
        return self._about.workdir

    @property
    def previous_workdir(self) -> Path | None:
        """The last attempt's directory, with its checkpoints, where it lies on this machine."""
        return self._about.previous_workdir

    @property
    def device(self) -> str:
        """What to compute on, as PyTorch calls it: "cuda" where the trial has GPUs, or "cpu".

        Whichever GPUs it has are those that its process sees, counted from 0: "cuda:1" is the
        second one.
        """
        return self._about.device

    @property
    def devices(self) -> tuple[str, ...]:
        """The ids of its GPUs, as ``parzen workers`` shows them; empty where it has none."""
        return self._about.devices

    @property
    def user(self) -> Mapping[str, Any]:
        """What a person noted with the trial."""
        return self._about.user

    @property
    def shared(self) -> Any:
        """What the study's ``setup()`` returned, once for this process; None without one."""
        return self._about.shared

    def report(self, step: int, value: float) -> None:
        """Record that the trial measured ``value`` at ``step``; a later value of a step wins.

        Args:
            step: an integer from 0, for instance the epoch.
            value: a real number in the direction's own units; NaN where it has diverged.

        Raises:
            InvalidInput: one of them is not that.
        """
        self._here("report")
        self._measured(_step(step), _value(value))

    def attach(self, name: str, data: bytes) -> None:
        """Keep ``data`` with the trial in the database; a later attachment of that name wins.

        Raises:
            InvalidInput: the name is empty or too long, or the data is not bytes.
        """
        self._here("attach")
        if fault := name_fault(name):
            raise InvalidInput(f"trial.attach: the name is {shown(name)}, {fault}")
        if not name.isprintable():
            raise InvalidInput(
                f"trial.attach: the name {name!r} holds a character that cannot be printed or "
                "stored: leave it out"
            )
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise InvalidInput(
                f"trial.attach: {name!r} is a {type(data).__name__}, expected bytes: encode it, "
                "or read the file with Path.read_bytes()"
            )
        size = memoryview(data).nbytes
        if size > ATTACHMENT_BYTES:
            raise InvalidInput(
                f"trial.attach: {name!r} has {size} bytes, expected at most {ATTACHMENT_BYTES}: "
                "leave it in trial.workdir"
            )
        self._attached(name, bytes(data))

    @abstractmethod
    def should_stop(self) -> bool:
        """Whether to end now: the trial was cancelled or must make way.

        Where it says so, save a checkpoint and return None: the trial then ends as cancelled, or is
        given back and run again. A number that the objective returns all the same counts as the
        trial's final result.
        """

    def should_prune(self) -> bool:
        """Whether to end early: where it says so, ``raise trial.pruned()``."""
        return self.should_stop()

    def pruned(self) -> TrialPruned:
        """The exception that ends the trial as pruned: ``raise trial.pruned()``."""
        return TrialPruned(f"trial {self.number} was pruned")

    def failed(self, message: str, result: Mapping[str, Any] | None = None) -> TrialFailed:
        """The exception that ends the trial as failed: ``raise trial.failed("diverged")``.

        It is a failure like any exception, tried again where the study allows that, but tells no
        traceback, and it costs its warm process nothing.

        Args:
            message: why, in one line.
            result: what the trial's document keeps beside that, like the rest of a returned dict:
                {"grad_norm": 1e9}. Numbers need not be finite.

        Raises:
            InvalidInput: one of them is not that.
        """
        if not isinstance(message, str):
            raise InvalidInput(
                f"trial.failed: the message is {shown(message)}, expected a text that says why: "
                "trial.failed('diverged at step 3')"
            )
        if result is not None and not isinstance(result, Mapping):
            raise InvalidInput(
                f"trial.failed: the result is {shown(result)}, expected a dict: "
                "trial.failed('diverged', result={'grad_norm': 1e9})"
            )
        return TrialFailed(message, result)

    @abstractmethod
    def _measured(self, step: int, value: float) -> None: ...

    @abstractmethod
    def _attached(self, name: str, data: bytes) -> None: ...

    def _here(self, method: str) -> None:
        if os.getpid() != self._pid:
            raise InvalidInput(
                f"trial.{method} was called in process {os.getpid()}, expected the trial's own "
                f"process {self._pid}: send the value there first"
            )


class LocalTrial(TrialContext):
    """A trial that runs in the caller's own process, and keeps what it reports.

    ``measurements`` are (step, value) in order of report, ``attachments`` {name: bytes}.
    """

    def __init__(self, about: About, stop: threading.Event | None = None) -> None:
        super().__init__(about)
        self.measurements: list[tuple[int, float]] = []
        self.attachments: dict[str, bytes] = {}
        self._stop = stop or threading.Event()

    def should_stop(self) -> bool:
        """Whether the caller's event is set."""
        return self._stop.is_set()

    def _measured(self, step: int, value: float) -> None:
        self.measurements.append((step, value))

    def _attached(self, name: str, data: bytes) -> None:
        self.attachments[name] = data


def name_fault(name: object) -> str | None:
    """What keeps an attachment from ever being a file of that name below a folder."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARS:
        return f"expected 1 to {NAME_CHARS} characters"
    if not name.isprintable():
        return "expected printable characters"
    if {"", ".", ".."} & set(name.split("/")):
        return "expected the name of a file, such as 'plots/loss.png', which leads nowhere else"
    return None


def _step(step: object) -> int:
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise InvalidInput(
            f"trial.report: the step is {shown(step)}, expected an integer from 0: "
            "report(step, value)"
        )
    whole = step.__index__()
    if not isinstance(whole, int) or not 0 <= whole < 1 << 63:
        raise InvalidInput(f"trial.report: the step is {shown(step)}, expected an integer from 0")
    return whole


def _value(value: object) -> float:
    number = scalar(value)
    if number is None:
        raise InvalidInput(
            f"trial.report: the value is a {type(value).__name__}, expected a real number"
        )
    return number
