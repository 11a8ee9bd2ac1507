"""Which CPUs this process may use, and how much of them."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")

LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What numerical libraries read before they take every core for themselves."""


def fair_share(processes: int) -> dict[str, str]:
    """The variables that leave each of so many processes its share of this machine's cores."""
    share = max(1, (os.cpu_count() or 1) // max(1, processes))
    return dict.fromkeys(LIBRARIES, str(share))


def usable() -> tuple[int, ...]:
    """The numbers of the CPUs that it may run on; empty where the platform cannot bind any."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return ()


def power(root: Path = CGROUPS, mine: Path = MINE) -> float:
    """How many CPUs' time it may use: what it may run on, or a container's limit below that."""
    count = len(usable()) or psutil.cpu_count() or 1
    return min([float(count), *_quotas(root, mine)])


def _quotas(root: Path, mine: Path) -> list[float]:
    """What each control group (version 2) that it is in leaves it, from its own up to the root."""
    try:
        words = mine.read_text().strip().splitlines()
    except OSError:  # no Linux
        return []
    own = next((line[3:] for line in words if line.startswith("0::")), None)
    if own is None:
        return []
    folder = root / own.strip("/")
    found = []
    for place in (folder, *folder.parents):
        if place != root and root not in place.parents:
            break
        found += _quota(place / "cpu.max")
    return found


def _quota(file: Path) -> list[float]:
    try:
        quota, period = file.read_text().split()
    except (OSError, ValueError):  # the root has none
        return []
    return [] if quota == "max" else [int(quota) / int(period)]
