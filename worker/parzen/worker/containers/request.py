"""What an engine is asked for to run one trial: pure functions to a request's fields."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from parzen.shared.placement import GB
from parzen.shared.records import Image
from parzen.worker.executor.protocol import Job
from parzen.worker.seats import THREADS

if TYPE_CHECKING:
    from docker.types import DeviceRequest, LogConfig, Mount

SHM_GB = 1.0
"""Of /dev/shm where a study does not say; the engines' own 64 MB break PyTorch's data loaders. It
takes up memory as it is filled, and counts against the trial's limit."""

PIDS = 8192
"""Threads and processes of one trial at most: a bomb shall not take the machine with it."""

TMP = {"/tmp": "rw,exec,nosuid,nodev,mode=1777"}  # noqa: S108 - the container's own
"""Libraries compile and load code there; it is memory, and counts against the trial's limit."""

AMD = "ROCR_VISIBLE_DEVICES"
"""What a trial's environment has whose GPUs are AMD's."""

SAID = {"max-size": "1m", "max-file": "1"}
"""What a container says before its trial's output is opened: hardly anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Berth:
    """What a container gets of this machine: the user in it, the folders, and whose it is.

    ``folder`` holds the sockets and is where it begins, ``code`` what :mod:`.code` has copied.
    ``bundle`` is where a copy of the bundle goes, if the engine or the user cannot reach the
    agent's own; ``owner`` is to have the files of the trial, if it is not who runs the agent.
    ``outside`` gives paths of this process as the engine's machine knows them. ``amd`` are the
    files by which AMD's GPUs are reached, all of them, and ``amd_groups`` who may: which of them a
    trial sees is left to its environment.
    """

    name: str
    user: str
    folder: Path
    code: Path
    bundle: Path | None = None
    owner: tuple[int, int] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    userns: str | None = None
    outside: Mapping[str, str] = field(default_factory=dict)
    amd: Sequence[str] = ()
    amd_groups: Sequence[int] = ()


def asked(image: Image, job: Job, berth: Berth) -> dict[str, Any]:
    """The keywords of ``client.containers.create`` for one trial.

    Everything lies in the container where it lies outside. What the objective may not do there it
    could not do to the machine either: it is nobody, has no rights, and no network unless asked.
    """
    return {
        "image": image.name,
        "name": berth.name,
        "entrypoint": ["python3", str(berth.code / "inside.py")],
        "command": [],
        "init": True,
        "detach": True,
        "labels": dict(berth.labels),
        "user": berth.user,
        "userns_mode": berth.userns,
        "working_dir": str(berth.folder),
        "environment": environment(image, job),
        "mounts": _mounts(job, berth),
        "read_only": True,
        "tmpfs": TMP,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges", "label=disable"],  # the latter for the mounts
        "pids_limit": PIDS,
        "network_mode": image.network or "none",
        "log_config": _log(),
        "shm_size": _bytes(SHM_GB if image.shm_gb is None else image.shm_gb),
        "healthcheck": {"test": ["NONE"]},
        "stdin_open": False,
        "tty": False,
        **_limits(image),
        **_hardware(job, berth),
    }


def environment(image: Image, job: Job) -> dict[str, str]:
    """The variables that are added to the image's own."""
    found = {
        "HOME": "/tmp",  # noqa: S108 - the only place beside its own directory where it may write
        "USER": "parzen",  # no user of that number need be known there, and some libraries ask
        "LOGNAME": "parzen",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    found |= job.environ
    if image.cpus is not None:  # else libraries count those of the machine
        given = int(found.get(THREADS, "0")) or math.inf
        found[THREADS] = str(min(given, math.ceil(image.cpus)))
    return found


def _limits(image: Image) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if image.memory_gb is not None:
        found["mem_limit"] = found["memswap_limit"] = _bytes(image.memory_gb)
    if image.cpus is not None:
        found["nano_cpus"] = round(image.cpus * 1e9)
    return found


def _hardware(job: Job, berth: Berth) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if job.cpus:
        found["cpuset_cpus"] = ",".join(map(str, job.cpus))
    if job.devices and AMD in job.environ:
        found["devices"] = [f"{place}:{place}:rw" for place in berth.amd]
        found["group_add"] = [str(group) for group in berth.amd_groups]
    elif job.devices:
        found["device_requests"] = [gpus(job.devices)]
    return found


def gpus(devices: Sequence[str]) -> DeviceRequest:
    """The request for the GPUs of these UUIDs, as ``docker run --gpus`` makes it."""
    from docker.types import DeviceRequest  # noqa: PLC0415 - an extra

    return DeviceRequest(device_ids=list(devices), capabilities=[["gpu"]])


def _mounts(job: Job, berth: Berth) -> list[Mount]:
    own = [(berth.folder, berth.folder), (job.workdir, job.workdir), (job.log, job.log)]
    read = [(berth.code, berth.code), (berth.bundle or job.bundle, job.bundle)]
    if job.previous_workdir is not None:
        read.append((job.previous_workdir, job.previous_workdir))
    return [
        *(_mount(berth, source, target, read_only=False) for source, target in own),
        *(_mount(berth, source, target, read_only=True) for source, target in read),
    ]


def _mount(berth: Berth, source: Path, target: Path, *, read_only: bool) -> Mount:
    from docker.types import Mount  # noqa: PLC0415 - an extra

    outside = translated(source, berth.outside)
    return Mount(str(target), outside, type="bind", read_only=read_only)


def translated(path: Path, outside: Mapping[str, str]) -> str:
    """Where the engine finds ``path``: ``outside`` are mounts of this process's own container."""
    known = [place for place in outside if path.is_relative_to(place)]
    if not known:
        return str(path)
    nearest = max(known, key=len)
    return str(PurePosixPath(outside[nearest]) / path.relative_to(nearest))


def _log() -> LogConfig:
    from docker.types import LogConfig  # noqa: PLC0415 - an extra

    return LogConfig(type="json-file", config=SAID)


def _bytes(gigabytes: float) -> int:
    return round(gigabytes * GB)
