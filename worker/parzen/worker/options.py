"""How an agent works, and how it announces itself."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from parzen.shared.records import Worker
from parzen.worker import outputs, shipping

INHERITED = ("inherit",)
"""What ``gpus`` says where trials see what the worker itself sees, and nothing is handed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an agent works; times in seconds.

    It has ``slots``, by default one for each share of a GPU, or a single one without any; ``gpus``
    are places or ids of those that it hands out, none for all that it may, each to
    ``slots_per_gpu`` trials at a time.

    ``studies`` are names, none for all. It quits after ``max_trials`` attempts begun, when nothing
    could be claimed for ``idle_timeout_s``, when ``claim_for_s`` have passed since it was made, and
    when ``max_consecutive_failures`` attempts in a row have failed, of whatever studies; first it
    finishes what runs. ``alone`` says that the process does
    nothing else, so that the agent may adopt and collect the orphans of its trials.
    ``log_limit_bytes`` is how much of what one attempt prints is kept in its file,
    ``ship_logs_bytes`` how much in the store.

    ``trust`` are files of public keys, or folders of them: where there are any, only what one of
    them has signed is run. ``no_pickle`` runs only functions of installed modules, by their names;
    ``allow_entries`` are then the modules that they may be in, none for all. ``allow_images`` are
    patterns of the images in which trials may run; none is all, or, where objectives are not
    anybody's, no image at all.
    """

    slots: int | None = None
    gpus: tuple[str, ...] = ()
    slots_per_gpu: int = 1
    studies: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    home: Path | None = None
    workdir: Path | None = None
    lease_s: float = 60.0
    grace_s: float = 20.0
    max_trials: int | None = None
    idle_timeout_s: float | None = None
    claim_for_s: float | None = None
    max_consecutive_failures: int | None = None
    name: str | None = None
    alone: bool = False
    log_limit_bytes: int = outputs.LIMIT_BYTES
    ship_logs_bytes: int = shipping.LIMIT_BYTES
    trust: tuple[Path, ...] = ()
    no_pickle: bool = False
    allow_entries: tuple[str, ...] = ()
    allow_images: tuple[str, ...] = ()


def announced(options: Options) -> Worker:
    """The record of a worker that works like this, in this process."""
    host = socket.gethostname()
    return Worker(
        id=f"{options.name or host}:{os.getpid()}:{uuid4().hex[:6]}",
        host=host,
        pid=os.getpid(),
        labels=options.labels,
        studies=options.studies,
        lease_s=options.lease_s,
        versions={
            "parzen": importlib.metadata.version("parzen"),
            "python": ".".join(platform.python_version_tuple()[:2]),
        },
    )
