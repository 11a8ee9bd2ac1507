"""Trials of a study as documents of Hyperopt's shape, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from parzen.hyperopt import labels
from parzen.hyperopt.documents import Doc, misc_of, new_doc
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.states import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_STRINGS,
)
from parzen.hyperopt.translation import Translation
from parzen.shared.dimensions import Kind, Params
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study, Trial
from parzen.shared.steering import Draft

UNRUN: Mapping[TrialState, int] = {
    TrialState.WAITING: JOB_STATE_NEW,
    TrialState.RUNNING: JOB_STATE_RUNNING,
    TrialState.CANCELLED: JOB_STATE_CANCEL,
}


def values(study: Study, params: Params) -> dict[str, Any]:
    """{label: value} of a trial, of a choice the option's index."""
    return {
        labels.unescaped(d.name): d.option(params[d.name])
        if d.kind is Kind.CHOICE
        else params[d.name]
        for d in study.dimensions
        if d.name in params
    }


def document(study: Study, trial: Trial, exp_key: Any, exact: Translation | None = None) -> Doc:
    """A trial as Hyperopt has it.

    Args:
        study: the trial's.
        trial: the trial, with everything.
        exp_key: the experiment.
        exact: the space as it was written, where it is known: what takes part goes by it.
    """
    found = values(study, trial.params) if exact is None else exact.values(trial.params)
    known = [labels.unescaped(d.name) for d in study.dimensions]
    state, result = _ended(trial)
    doc = new_doc(trial.number, None, result, misc_of(trial.number, found, known), exp_key)
    doc["state"] = state
    doc["version"] = trial.attempt
    doc["book_time"] = _naive(trial.started_at)
    last = trial.attempts[-1] if trial.attempts else None
    doc["refresh_time"] = _naive(trial.finished_at or (last and last.ended_at) or trial.started_at)
    if last is not None:
        doc["owner"] = [last.worker]
        if state == JOB_STATE_ERROR and last.error is not None:
            said = (last.error.type or last.error.kind.value, last.error.message)
            doc["misc"]["error"] = doc["error"] = said
    return doc


def _ended(trial: Trial) -> tuple[int, dict[str, Any]]:
    """The state of a trial, and its result."""
    if trial.state in UNRUN:
        return UNRUN[trial.state], {"status": STATUS_NEW}
    result = dict(trial.result)
    if trial.state is TrialState.COMPLETE:
        return JOB_STATE_DONE, {**result, "loss": trial.loss, "status": STATUS_OK}
    if result.get("status") in STATUS_STRINGS:  # the objective returned it
        return JOB_STATE_DONE, result
    if trial.state is TrialState.PRUNED:
        return JOB_STATE_DONE, {**result, "status": STATUS_FAIL}
    return JOB_STATE_ERROR, {**result, "status": STATUS_FAIL}


def draft(translation: Translation, doc: Doc, enqueued_by: str) -> Draft:
    """A document as a trial that is added to a study: one to be run, or an earlier one.

    Raises:
        InvalidParams: its values are none of the space.
    """
    found = {label: kept[0] for label, kept in doc["misc"]["vals"].items() if kept}
    params = translation.params(found)
    if doc["state"] == JOB_STATE_NEW:
        return Draft(params=params, enqueued_by=enqueued_by)
    loss, result = loss_of(doc["result"]), dict(doc["result"])
    state = TrialState.FAILED if loss is None else TrialState.COMPLETE
    if doc["state"] == JOB_STATE_CANCEL:
        state, loss = TrialState.CANCELLED, None
    if loss is not None:
        del result["loss"]
    return Draft(
        params=params,
        state=state,
        loss=loss,
        value=loss,
        result=result,
        enqueued_by=enqueued_by,
        started_at=_aware(doc.get("book_time")),
        finished_at=_aware(doc.get("refresh_time")),
    )


def _naive(at: dt.datetime | None) -> dt.datetime | None:
    return None if at is None else at.astimezone(dt.timezone.utc).replace(tzinfo=None)


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=dt.timezone.utc)
