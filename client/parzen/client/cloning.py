"""Another study with the definition of one that stands: pure functions from records to records."""

from __future__ import annotations

import dataclasses
import uuid

from parzen.client import presence
from parzen.client.identity import owner
from parzen.shared.records import Study, Trial, Uid
from parzen.shared.steering import Draft

DEFINING = (
    "dimensions", "direction", "sampler", "retries", "trial_timeout_s", "requires", "image",
    "priority", "max_running", "tags",
)  # fmt: skip
"""The fields that a clone takes over as they are."""


def definition(study: Study, name: str) -> Study:
    """A study ``name`` that has not begun, with the definition of ``study``; nobody signed it."""
    objective = study.objective
    if objective is not None:
        objective = dataclasses.replace(objective, signed_by=None, signature=None)
    return Study(
        name=name,
        uid=Uid(uuid.uuid4().hex),
        owner=owner(),
        objective=objective,
        limits=presence.in_force(study),
        **{field: getattr(study, field) for field in DEFINING},
    )


def earlier(trial: Trial) -> Draft:
    """A finished trial as an earlier one of another study."""
    kept = ("params", "state", "loss", "value", "result", "user", "note")
    times = ("started_at", "finished_at", "duration_s")
    return Draft(
        **{name: getattr(trial, name) for name in (*kept, *times)},
        enqueued_by=f"{trial.study}:{trial.number}",
    )
