"""Slurm's own commands: submit, list and cancel. The one place that calls them."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.errors import InvalidInput, ParzenError
from parzen.worker.launch.slurm.request import MARK

PATIENCE_S = 120.0
"""How long a command may take: a busy controller is asked again by the command itself."""

APART = "\x1f"
"""Between the fields of a line of squeue's, since names and comments may hold anything else."""

FIELDS = ("%i", "%A", "%T", "%N", "%r", "%L", "%j", "%k")

FAILED = ("FAILED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "BOOT_FAIL", "DEADLINE")
"""How a job ends that nobody meant to end so."""

OVER = (*FAILED, "COMPLETED", "CANCELLED", "PREEMPTED", "REVOKED")
"""States of jobs that have ended, of which Slurm knows for some minutes more (MinJobAge)."""

LOG = re.compile(r"(?m)^\s*StdOut=(.+)$")

KILL_WAIT = re.compile(r"(?m)^KillWait\s*=\s*(\d+)")

HINTS = (
    (r"(?i)partition", "`sinfo -s` lists the partitions; name one with --partition"),
    (r"(?i)account", "name one with --account; `sacctmgr show assoc user=$USER` lists yours"),
    (r"(?i)qos", "name one with --qos; `sacctmgr show assoc user=$USER format=qos` lists yours"),
    (r"(?i)time limit|TimeLimit", "`sinfo -o '%P %l'` shows what each partition allows: --time"),
    (
        r"(?i)node configuration|gres|feature|memory|CPU count",
        "`sinfo -N -o '%N %c %m %G %f'` shows what each node has to offer",
    ),
    (r"(?i)array", "ask for fewer --nodes at a time"),
    (r"(?i)contact|controller|connect", "its controller does not answer: try again later"),
)
"""(what sbatch says, what to do about it), the first that fits."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of an array, as squeue shows it; ``node`` is empty until it has one."""

    task: str
    job: str
    state: str
    node: str
    reason: str
    time_left: str
    name: str

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in OVER

    @property
    def failed(self) -> bool:
        """Whether it ended as nobody meant it to."""
        return self.state in FAILED


def submitting(script: Path) -> tuple[str, ...]:
    """The command that submits ``script``."""
    return ("sbatch", "--parsable", str(script))


def submitted(script: Path, environ: Mapping[str, str]) -> str:
    """Submit ``script``; the array's id.

    Raises:
        InvalidInput: sbatch refused it.
        ParzenError: there is no sbatch here, or it does not answer.
    """
    done = _run(submitting(script), environ)
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        hint = next((what for sign, what in HINTS if re.search(sign, said)), None)
        raise InvalidInput(
            f"sbatch refused the job: {said}; {hint or 'see the script with --dry-run'}"
        )
    return done.stdout.strip().split(";")[0]


def tasks() -> list[Task]:
    """The user's tasks that a launcher submitted and that have not ended, in their order.

    Raises:
        ParzenError: there is no squeue here, or it failed.
    """
    return [task for task in known() if not task.over]


def log_of(task: Task) -> str | None:
    """Where a task's output goes; None where Slurm does not say, or knows it no more."""
    try:
        match = LOG.search(_said(["scontrol", "show", "job", task.task]))
    except ParzenError:
        return None
    return match[1] if match else None


def known() -> list[Task]:
    """As :func:`tasks`, with those that ended so lately that Slurm still knows them."""
    user = pwd.getpwuid(os.getuid()).pw_name
    asked = ["squeue", "--noheader", "--array", "--states=all", f"--user={user}"]
    lines = _said([*asked, f"--format={APART.join(FIELDS)}"]).splitlines()
    split = [line.split(APART, len(FIELDS) - 1) for line in lines]
    found = [fields for fields in split if len(fields) == len(FIELDS) and MARK in fields[-1]]
    listed = [
        Task(
            task=task,
            job=job,
            state=state,
            node=node,
            reason="" if reason == "None" else reason,
            time_left=left,
            name=name,
        )
        for task, job, state, node, reason, left, name, _ in found
    ]
    return sorted(listed, key=lambda one: [int(part) for part in re.findall(r"\d+", one.task)])


def cancel(jobs: Sequence[str]) -> None:
    """Have Slurm end ``jobs``, arrays or tasks of them.

    Raises:
        ParzenError: there is no scancel here, or it failed.
    """
    _said(["scancel", *jobs])


def kill_wait_s() -> float | None:
    """How many seconds Slurm waits between SIGTERM and SIGKILL; None where it does not say."""
    try:
        match = KILL_WAIT.search(_said(["scontrol", "show", "config"]))
    except ParzenError:
        return None  # its default holds; what there is to say, sbatch says
    return float(match[1]) if match else None


def _said(command: Sequence[str]) -> str:
    done = _run(command, os.environ)
    if done.returncode != 0:
        raise ParzenError(
            f"{command[0]} failed: {' '.join(done.stderr.split()) or f'code {done.returncode}'}"
        )
    return done.stdout


def _run(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - Slurm's commands, and words that were checked
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=environ,
            timeout=PATIENCE_S,
        )
    except FileNotFoundError as error:
        raise ParzenError(
            f"this machine has no command {command[0]}: call `parzen launch slurm` where jobs are "
            "submitted, on a login node of the cluster (--dry-run shows the script anywhere)"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ParzenError(
            f"{command[0]} has not answered for {PATIENCE_S:g} s: see whether `sinfo` does"
        ) from error
