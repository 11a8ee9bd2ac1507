"""Trials as Optuna has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from parzen.client.export.distributions import Distribution, value
from parzen.client.export.layout import USER
from parzen.client.export.source import Source
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial
from parzen.shared.shape import plain

STATES = {
    TrialState.WAITING: "WAITING",
    TrialState.RUNNING: "RUNNING",
    TrialState.COMPLETE: "COMPLETE",
    TrialState.PRUNED: "PRUNED",
    TrialState.FAILED: "FAIL",
    TrialState.CANCELLED: "FAIL",
}
"""Optuna's states. It knows no cancelled trials, and learns as little from failed ones."""

OURS = "parzen"
"""The system attribute of a trial that holds what Optuna has no place for."""

FIXED = "fixed_params"
"""The system attribute in which Optuna keeps the parameters of a trial that waits."""

NOTE, FAILURE = "parzen:note", "parzen:failure"
"""Attributes of a trial beside those of what its objective returned."""


def frozen_trial(source: Source, trial: Trial, held: Mapping[str, Distribution]) -> Any:
    """The trial as Optuna has it, its parameters of the distributions ``held``."""
    from optuna.trial import FrozenTrial  # noqa: PLC0415 - an optional extra
    from optuna.trial import TrialState as State  # noqa: PLC0415 - as above

    study, state = source.study, State[STATES[trial.state]]
    params = {
        d.name: value(d, held[d.name], trial.params[d.name])
        for d in study.dimensions
        if d.name in trial.params
    }
    # Optuna wants to know when a trial began, also where it was cancelled before or nobody knows
    began = trial.started_at or trial.finished_at or trial.waiting_since or study.created_at
    ended = (trial.finished_at or began) if state.is_finished() else None
    system: dict[str, Any] = {OURS: _ours(trial)}
    if state is State.WAITING:
        system[FIXED], params, began = params, {}, None
    seen = source.measurements(trial.number) if trial.last is not None else ()
    return FrozenTrial(
        number=trial.number,
        trial_id=0,
        state=state,
        value=_value(trial),
        datetime_start=_local(began),
        datetime_complete=_local(ended),
        params=params,
        distributions={name: held[name] for name in params},
        user_attrs=dict(_told(trial)),
        system_attrs=system,
        intermediate_values={m.step: m.value for m in seen},
    )


def _value(trial: Trial) -> float | None:
    """A pruned trial's value is its last measurement, as where Optuna prunes."""
    if trial.state is TrialState.PRUNED:
        return trial.last and trial.last[1]
    return trial.value if trial.state is TrialState.COMPLETE else None


def _local(at: datetime | None) -> datetime | None:
    """The time as Optuna keeps times: this machine's, without its zone."""
    return at and at.astimezone().replace(tzinfo=None)


def _told(trial: Trial) -> Iterator[tuple[str, Any]]:
    yield from ((key, plain(found)) for key, found in trial.result.items())
    yield from ((USER + key, plain(found)) for key, found in trial.user.items())
    if trial.note is not None:
        yield NOTE, trial.note
    error = trial.attempts[-1].error if trial.attempts else None
    if error is not None:
        told = (error.kind.value, error.type, error.message)
        yield FAILURE, ": ".join(filter(None, told))


def _ours(trial: Trial) -> dict[str, Any]:
    fields = ("number", "state", "attempt", "started_at", "finished_at", "duration_s")
    return {name: plain(getattr(trial, name)) for name in fields}
