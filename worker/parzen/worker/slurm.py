"""What Slurm gave an agent that runs in one of its jobs: GPUs, cores, and the time that is left.

:func:`allocation` reads the environment and nothing else; :func:`time_left_s` asks ``squeue`` now
and then, since a time limit may be changed while the job runs.
"""

from __future__ import annotations

import functools
import logging
import math
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from parzen.shared.errors import InvalidInput

log = logging.getLogger("parzen.worker")

WARNING = "PARZEN_SLURM_WARNING"
"""Set by ``parzen launch slurm``: how many seconds before its end the job is warned, and quits."""

RESOLUTION_S = 60.0
"""Slurm may send that warning so much earlier than it was told to."""

NONE_ASSIGNED = "NoDevFiles"
"""What Slurm writes in place of GPUs for a job that has none."""

ASK_EVERY_S = 300.0
"""How often ``squeue`` is asked: rarely, for hundreds of agents may ask one controller."""

PATIENCE_S = 20.0
"""How long an answer may take."""

MINUTE_S = 60
UNITS = {"day": 86_400, "hour": 3600, "minute": MINUTE_S, "second": 1}

DURATION = re.compile(r"(?:(?P<days>\d+)-)?(?P<clock>\d+(?::\d+){0,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The part of a Slurm job on this node.

    ``job`` is what Slurm's commands call it: "1234_2" in an array, since the number of the last
    task is that of the array. ``gpus`` are the names by which programs of this job reach its GPUs,
    as in CUDA_VISIBLE_DEVICES; empty where the job has none, None where Slurm does not say.
    ``indices`` are the numbers that the node has for them. ``cpus`` counts cores of this node.
    ``end_at`` is when the time limit ends the job, in Unix time, and ``warning_s`` how long before
    it is told.
    """

    job: str
    node: str
    gpus: tuple[str, ...] | None = None
    indices: tuple[str, ...] | None = None
    cpus: int | None = None
    end_at: float | None = None
    warning_s: float = 0.0

    @property
    def margin_s(self) -> float:
        """How long before the end of the job nothing may run any more."""
        return self.warning_s + RESOLUTION_S if self.warning_s > 0 else 0.0


def allocation(environ: Mapping[str, str] = os.environ) -> Allocation | None:
    """What ``environ`` says of the Slurm job that this process runs in, on a node of that job.

    None outside of jobs, and in the shell that ``salloc`` opens on a login node.
    """
    job_id, node = environ.get("SLURM_JOB_ID"), environ.get("SLURMD_NODENAME")
    if not job_id or not node:
        return None
    array, task = environ.get("SLURM_ARRAY_JOB_ID"), environ.get("SLURM_ARRAY_TASK_ID")
    indices = _listed(environ.get("SLURM_STEP_GPUS") or environ.get("SLURM_JOB_GPUS"))
    return Allocation(
        job=f"{array}_{task}" if array and task else job_id,
        node=node,
        gpus=_gpus(environ, indices),
        indices=indices,
        cpus=_count(environ.get("SLURM_CPUS_ON_NODE")),
        end_at=_number(environ.get("SLURM_JOB_END_TIME")),
        warning_s=_number(environ.get(WARNING)) or 0.0,
    )


def _gpus(environ: Mapping[str, str], indices: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """By which names the job's GPUs are reached.

    Where Slurm hides the others from a job, the driver counts those that it sees anew, from 0: what
    Slurm wrote for the driver holds then, and not the node's numbers.
    """
    for name in ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"):
        visible = environ.get(name)
        if visible == NONE_ASSIGNED:
            return ()
        if visible and indices is not None:
            return _listed(visible)
    return indices


def _listed(text: str | None) -> tuple[str, ...] | None:
    return tuple(part for part in text.split(",") if part) if text else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None  # of another version of Slurm: as if it were not said
    return number if number is not None and math.isfinite(number) else None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and int(text) > 0 else None


def describe(given: Allocation, left_s: float | None) -> str:
    """What Slurm gave, in one sentence for the log; ``left_s`` is what :func:`time_left_s` says."""
    said = [f"Slurm job {given.job} on {given.node}"]
    if given.gpus is not None:
        names = f" ({','.join(given.gpus)})" if given.gpus else ""
        said.append(f"{len(given.gpus)} GPU{'' if len(given.gpus) == 1 else 's'}{names}")
    if given.cpus is not None:
        said.append(f"{given.cpus} core{'' if given.cpus == 1 else 's'}")
    said.append("no known end" if left_s is None else f"{in_words(left_s)} left")
    return ", ".join(said)


def in_words(length_s: float) -> str:
    """A length of time for people: "2 days 12 hours", to the minute from a minute on."""
    if math.isinf(length_s):
        return "time without end"
    seconds = round(length_s) if length_s < MINUTE_S else round(length_s / MINUTE_S) * MINUTE_S
    said = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            said.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(said) or "0 seconds"


def duration_s(text: str) -> float:
    """A length of time as Slurm's commands read and write it: "90", "1:30:00", "2-12", "UNLIMITED".

    A number alone means minutes; with one colon minutes and seconds, after days hours and minutes.

    Raises:
        InvalidInput: it is none.
    """
    if text.upper() in ("UNLIMITED", "INFINITE"):
        return math.inf
    match = DURATION.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"{text!r} is no length of time of Slurm's: expected minutes, hours:minutes:seconds or "
            "days-hours:minutes:seconds, such as 12:00:00"
        )
    parts = [int(part) for part in match["clock"].split(":")]
    if match["days"] is not None:
        hours, minutes, seconds = [*parts, 0, 0][:3]
        return float(((int(match["days"]) * 24 + hours) * 60 + minutes) * 60 + seconds)
    hours, minutes, seconds = parts if len(parts) == 3 else (0, *parts, 0)[:3]  # noqa: PLR2004
    return float((hours * 60 + minutes) * 60 + seconds)


def asked_s(job: str) -> float | None:
    """How many seconds ``squeue`` says that a job may still run, inf for ever; None if it does not.

    Raises:
        OSError: there is no such command here.
        subprocess.SubprocessError: it failed, or took too long.
    """
    command = ["squeue", "--noheader", f"--jobs={job}", "--format=%L"]
    done = subprocess.run(  # noqa: S603 - our own words
        command, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    try:
        return duration_s(done.stdout.strip())
    except InvalidInput:
        return None  # NOT_SET, INVALID, or the job is no more


@final
class Deadline:
    """When a job's time will be over, on this machine's monotonic clock, as far as Slurm says.

    It is asked in a thread of its own, so that nobody waits for a controller that is slow.
    """

    def __init__(self, given: Allocation, ask: Callable[[str], float | None] = asked_s) -> None:
        self._given, self._ask = given, ask
        self._asking = threading.Lock()
        self._ask_at = -math.inf
        self._warned = False
        left_s = math.inf if given.end_at is None else given.end_at - time.time()
        self._end = time.monotonic() + left_s

    def left_s(self) -> float | None:
        """How many seconds trials may still run, 0 at least; None where no end is known."""
        if time.monotonic() >= self._ask_at and self._asking.acquire(blocking=False):
            self._ask_at = time.monotonic() + ASK_EVERY_S
            threading.Thread(target=self._refresh, name="parzen-squeue", daemon=True).start()
        left_s = self._end - time.monotonic() - self._given.margin_s
        return None if math.isinf(left_s) else max(0.0, left_s)

    def ask(self) -> None:
        """Ask now, and wait for the answer: what is claimed first depends on it."""
        with self._asking:
            self._ask_at = time.monotonic() + ASK_EVERY_S
            self._update()

    def _refresh(self) -> None:
        try:
            self._update()
        finally:
            self._asking.release()

    def _update(self) -> None:
        try:
            left_s = self._ask(self._given.job)
        except (OSError, subprocess.SubprocessError) as error:
            if not self._warned:
                log.warning("squeue does not say how long this job may run: %s", error)
            self._warned = True
            return
        self._warned = False
        if left_s is not None:
            self._end = time.monotonic() + left_s


@functools.cache
def _deadline() -> Deadline | None:
    given = allocation()
    if given is None:
        return None
    made = Deadline(given)
    if given.end_at is None:
        made.ask()
    return made


def time_left_s() -> float | None:
    """How many seconds trials of this process may still run before Slurm ends the job.

    It counts to the warning where ``parzen launch slurm`` has arranged for one. None outside of
    Slurm's jobs, and where no end is known. The first call may wait for ``squeue``, later ones
    never do.
    """
    deadline = _deadline()
    return None if deadline is None else deadline.left_s()
