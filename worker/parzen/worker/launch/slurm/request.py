"""What is asked of Slurm, checked before anything is written or submitted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.words import checked, params
from parzen.worker.slurm import RESOLUTION_S, duration_s

MARK = "parzen agents"
"""Stands in the comment of each job of ours, by which they are told from others."""

IDLE_TIMEOUT_S = 600
"""How long an agent that finds nothing to do keeps its node, where nobody says otherwise."""

FAREWELL_S = 60.0
"""How long before its end a job is warned, beyond the time that trials have to save themselves."""

GPUS = re.compile(r"(?:[\w.-]+:)?\d+")

OWN = {
    "array": "--nodes and --array-limit",
    "chdir": "the directory that you submit from",
    "comment": "--comment",
    "error": "--output",
    "job-name": "--job-name",
    "nodes": "--nodes",
    "no-requeue": "--no-requeue",
    "ntasks": "--nodes: each task of the array is one agent",
    "open-mode": "--output",
    "output": "--output",
    "parsable": "nothing: the job's id is printed",
    "requeue": "--requeue",
    "signal": "--warning",
    "time": "--time",
    "wrap": "nothing: the script is parzen's",
}
"""{option of sbatch that the script depends on: what to give in its place}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """What runs on each node: the words for ``parzen worker``, and with which Python.

    ``activate`` are lines of shell that come before; where ``follows``, another ``python`` that
    they put on PATH takes the place of ``python``. ``store_file`` holds the store's address,
    ``shown`` is the store for people, ``home`` the data directory, if one was named. ``trust`` is
    PARZEN_TRUST where it is set.
    """

    words: tuple[str, ...]
    python: str
    follows: bool = False
    store_file: Path
    shown: str
    home: Path | None = None
    trust: str | None = None
    activate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of Slurm: ``nodes`` tasks of an array, each one node for one agent.

    Texts are what sbatch takes; ``more`` are further options of it. ``warning_s`` is how long
    before the end of its time limit a task gives its trials back, ``kill_wait_s`` how long Slurm
    waits between SIGTERM and SIGKILL.
    """

    nodes: int
    time: str
    warning_s: int
    output: Path
    chdir: Path
    job_name: str = "parzen"
    comment: str | None = None
    gpus_per_node: str | None = None
    cpus_per_node: int | None = None
    mem: str | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    array_limit: int | None = None
    requeue: bool = True
    more: tuple[str, ...] = ()
    kill_wait_s: float = 30.0

    def __post_init__(self) -> None:
        _check_texts(self)
        _check_more(self.more)
        _check_time(self.time, self.warning_s)
        if self.gpus_per_node is not None and not GPUS.fullmatch(self.gpus_per_node):
            raise InvalidInput(
                f"--gpus-per-node is {self.gpus_per_node!r}: expected a number, or a type and a "
                "number, such as 8 or a100:8"
            )


def _check_texts(request: Request) -> None:
    for name in ("job_name", "comment", "mem", "partition", "account", "qos", "constraint"):
        text, option = getattr(request, name), f"--{name.replace('_', '-')}"
        if text is not None and not (text.strip() and text.isprintable()):
            raise InvalidInput(f"{option} is {text!r}: expected printable text")
    if "/" in request.job_name:
        raise InvalidInput(
            f"--job-name is {request.job_name!r}: it is part of the logs' names, so leave / out"
        )
    for option, path in (("--output", request.output), ("this directory", request.chdir)):
        if not str(path).isprintable() or "\\" in str(path):
            raise InvalidInput(
                f"{option} is {str(path)!r}: Slurm takes no backslashes or control characters there"
            )


def _check_more(more: Sequence[str]) -> None:
    for word in more:
        name = word[2:].split("=", 1)[0]
        if not re.match(r"--[a-z]", word) or not word.isprintable():
            raise InvalidInput(
                f"--sbatch {word!r}: expected one option of sbatch in its long form, with its "
                "value after a =, such as --sbatch '--exclude=node[1-4]'"
            )
        meant = [own for own in OWN if own.startswith(name)]
        if name in OWN or (len(meant) == 1 and len(name) > 2):  # noqa: PLR2004 - an abbreviation
            own = name if name in OWN else meant[0]
            raise InvalidInput(
                f"--sbatch {word!r}: the script depends on --{own}; use {OWN[own]} instead"
            )


def _check_time(time: str, warning_s: int) -> None:
    limit_s = duration_s(time)
    if limit_s <= 0:
        raise InvalidInput(f"--time is {time!r}: expected more than nothing, such as 12:00:00")
    least_s = 2 * warning_s + RESOLUTION_S
    if limit_s < least_s:
        raise InvalidInput(
            f"--time is {time!r}, and Slurm would warn each agent {warning_s} to "
            f"{warning_s + RESOLUTION_S:g} s before its end: ask for {math.ceil(least_s / 60)} "
            "minutes at least, or give a smaller --warning and --grace (for the workers)"
        )


def settings(words: Sequence[str]) -> dict[str, Any]:
    """What ``words`` say to ``parzen worker``, by the names of its parameters.

    Raises:
        InvalidInput: it does not take them.
    """
    given = params(checked(words))
    if given["name"] is not None:
        raise InvalidInput(
            "--name stands among the words for the workers: leave it out, since each is called by "
            "its task, such as slurm-1234_0"
        )
    return given


def with_idle_timeout(words: Sequence[str]) -> tuple[str, ...]:
    """``words``, and a time-out for idle agents where they name none: GPUs are others' then."""
    if settings(words)["idle_timeout_s"] is not None:
        return tuple(words)
    return (*words, "--idle-timeout", str(IDLE_TIMEOUT_S))


def warning_for(words: Sequence[str], warning_s: int | None) -> int:
    """How long before its end a job is to be warned; by default what its agent needs.

    Raises:
        InvalidInput: ``warning_s`` is less than what trials have to save themselves.
    """
    grace_s = float(settings(words)["grace_s"])
    if warning_s is None:
        return math.ceil(grace_s + FAREWELL_S)
    if warning_s <= grace_s:
        raise InvalidInput(
            f"--warning is {warning_s} s, and trials have {grace_s:g} s to save themselves: give "
            "more, or a smaller --grace among the words for the workers"
        )
    return warning_s
