"""How much of a GPU's memory one more trial could have: pure."""

from __future__ import annotations

from collections.abc import Mapping

from parzen.worker.gpus.driver import Reading

UNKNOWN = "?"
"""Whose a process is that cannot be seen from here: in a container its number may be another's."""

IDLE = ""
"""Whose a process is that waits for its next trial: it ends before another study's begins."""


def available_gb(
    reading: Reading,
    total_gb: float | None,
    promised: Mapping[str, float],
    owners: Mapping[int, str | None],
) -> float | None:
    """Gigabytes that nobody holds and nobody was promised; None where the driver does not say.

    Args:
        reading: the GPU as it stands now.
        total_gb: all that it has.
        promised: to the attempt of each token that runs there, what its study requires; one that
            has just begun holds less.
        owners: whose each process is: a token, ``IDLE``, ``UNKNOWN``, or None for a stranger's.
    """
    if reading.free_gb is None:
        return None
    held = dict.fromkeys(promised, 0.0)
    idle_gb = 0.0
    for pid, gb in reading.processes.items():
        owner = owners.get(pid)
        if owner == IDLE:
            idle_gb += gb
        elif owner in held:
            held[owner] += gb
    if promised and total_gb is not None and not any(held.values()):
        # nobody holds anything yet, or the driver does not tell who does: then what no stranger is
        # known to hold may be theirs, and counts once
        strangers_gb = sum(gb for pid, gb in reading.processes.items() if owners.get(pid) is None)
        return min(reading.free_gb + idle_gb, total_gb - strangers_gb - sum(promised.values()))
    outstanding = sum(max(0.0, gb - held[token]) for token, gb in promised.items())
    return reading.free_gb + idle_gb - outstanding
