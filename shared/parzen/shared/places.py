"""Places in a study's queue, its trials' ``order``: the lowest is claimed first.

A trial's place is its number; one that goes before all others has ``FRONT`` less. One that its
study's ``max_running`` holds back has ``HELD`` less, below all places that may be claimed, until
the study's leader gives that back: workers cannot see how many trials the others begin.
"""

from __future__ import annotations

from parzen.shared.records import Study, Trial

FRONT = 1_000_000_000
"""No study has so many trials, and among those at the front the lower number is first."""

HELD = 1_000_000_000_000
"""Far more than ``FRONT``, and as exact in a float."""

CLAIMABLE_FROM = -HELD // 2
"""No place below is claimed."""


def hindrance(study: Study) -> int:
    """What is taken from the place of a trial that comes back, or is enqueued by others."""
    return 0 if study.max_running is None else HELD


def held(trial: Trial) -> bool:
    """Whether it waits until the leader lets it be claimed."""
    return trial.order is not None and trial.order < CLAIMABLE_FROM
