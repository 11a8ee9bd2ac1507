"""Trials that a study has already: the same point with the same outcome at the same time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import datetime

from parzen.shared.dimensions import Dimension
from parzen.shared.records import Trial
from parzen.shared.steering import Draft

Print = tuple[Hashable, ...]
"""What two trials have in common that are one."""


def fingerprint(dimensions: Iterable[Dimension], trial: Trial | Draft) -> Print:
    """What tells ``trial`` from others of its study; the store keeps times to the millisecond."""
    params = tuple(trial.params.get(dimension.name) for dimension in dimensions)
    return (params, trial.state, trial.value, _kept(trial.started_at), _kept(trial.finished_at))


def numbers(dimensions: Iterable[Dimension], trials: Iterable[Trial]) -> dict[Print, int]:
    """The numbers of ``trials`` that are over, by their fingerprints."""
    listed = list(dimensions)
    return {fingerprint(listed, t): t.number for t in trials if t.state.finished}


def _kept(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)
