"""What an executor does for the agent: it keeps children, and a child runs trials one by one.

A child is bound to one bundle. It loads it and runs its ``setup()`` at the first trial, and is
warm after that; it says itself when it has to be replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from parzen.shared.dimensions import Params
from parzen.shared.entries import Importable
from parzen.shared.records import Direction, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One attempt at one trial, as a child receives it.

    ``bundle`` is the file of the objective, which must have the SHA-256 ``digest``; ``only`` says
    what may be called where nothing may be unpickled. ``log`` takes everything that is written to
    the standard streams. ``environ`` is added to the child's environment, ``devices`` are the ids
    of its GPUs, ``cpus`` those that it keeps to, empty for any: a child's first trial settles all
    three.
    """

    bundle: Path
    digest: str
    direction: Direction
    params: Params
    number: int
    attempt: int
    workdir: Path
    log: Path
    previous_workdir: Path | None = None
    user: Mapping[str, Any] = field(default_factory=dict)
    only: Importable | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    cpus: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """The bundle is loaded, ``setup()`` has run, the objective begins."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The objective has returned or raised; what it left is looked at before the end is told."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The objective reported ``value`` at ``step``."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Attached:
    """The objective attached ``data``."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The trial is over; ``replace`` says why the child must not run another, if so."""

    outcome: Outcome
    replace: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The child ended without a word: its exit code, or the signal's name.

    ``out_of_memory`` says that the kernel killed it for memory; ``garbled`` what it said instead
    of a message.
    """

    exit_code: int | None = None
    signal: str | None = None
    out_of_memory: bool = False
    garbled: str | None = None


Event: TypeAlias = Started | Returned | Measured | Attached | Done | Gone


class Child(Protocol):
    """One process that runs trials of one bundle. Used by one thread, but for two methods."""

    @property
    def pid(self) -> int:
        """The number of a process of which all of its are descendants; 0 where nobody knows."""

    def usable(self) -> bool:
        """Whether it waits for a trial."""

    def run(self, job: Job) -> None:
        """Hand it a trial; what becomes of it comes out of :meth:`receive`."""

    def receive(self, timeout_s: float) -> Sequence[Event]:
        """What happened; waits up to ``timeout_s``, or until :meth:`interrupt`, for something."""

    def ask_to_stop(self) -> None:
        """Make ``trial.should_stop()`` true. From any thread."""

    def interrupt(self) -> None:
        """Let :meth:`receive` return now. From any thread."""

    def kill(self, grace_s: float) -> None:
        """End it and all that it started: SIGTERM, after the grace SIGKILL. Reaps everything."""

    def retire(self) -> None:
        """Let it end by itself, its exit handlers included, then see that nothing is left."""


class Executor(Protocol):
    """Makes children."""

    def spawn(self) -> Child:
        """A fresh child for whatever bundle comes first."""
