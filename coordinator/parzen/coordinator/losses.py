"""What a log says about trials whose workers were lost, or that are gone themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Trial

SHOWN = 10
"""How many numbers are named; a cluster that goes down may lose hundreds."""

_FATES = {
    TrialState.WAITING: "waiting again",
    TrialState.RUNNING: "running again",
}


def told(study: str, numbers: Iterable[int], trials: Iterable[Trial]) -> str:
    """One line about the trials of ``numbers``, whose leases ran out.

    ``trials`` are those of them that were read again, as they stand now: they say whose they were
    and what became of them.
    """
    found = {trial.number: trial for trial in trials}
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sorted(numbers):
        groups[_whose(found.get(number)), _fate(found.get(number))].append(number)
    clauses = [
        f"{_numbered(group)} of {study!r} {_were(group)} lost by {whose}{fate}"
        for (whose, fate), group in groups.items()
    ]
    return "; ".join(clauses)


def gone(study: str, numbers: Sequence[int]) -> str:
    """One line about unfinished trials of ``numbers`` that the database does not show any more."""
    return (
        f"{_numbered(numbers)} of {study!r} {_were(numbers)} deleted before the end, or cannot be "
        "read: not waited for any more"
    )


def _whose(trial: Trial | None) -> str:
    lost = [a for a in trial.attempts if a.outcome == FailureKind.LOST.value] if trial else []
    return f"worker {lost[-1].worker}" if lost else "a worker"


def _fate(trial: Trial | None) -> str:
    return f": {_FATES.get(trial.state, trial.state.value)}" if trial else ""


def _numbered(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return f"trial{'' if len(numbers) == 1 else 's'} {shown}{more}"


def _were(numbers: Sequence[int]) -> str:
    return "was" if len(numbers) == 1 else "were"
