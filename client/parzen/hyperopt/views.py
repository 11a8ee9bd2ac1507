"""Trials of a study as documents of Hyperopt's shape, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from parzen.hyperopt import labels
from parzen.hyperopt.documents import Doc, misc_of, new_doc, spec_from_misc
from parzen.hyperopt.exceptions import InvalidTrial
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.keeping import kept
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
from parzen.hyperopt.translation import Translation, middle
from parzen.shared.dimensions import Kind, Params
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import shown
from parzen.shared.records import Study, Trial
from parzen.shared.space import check_params
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
    found = _exactly(exact, trial) or values(study, trial.params)
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


def _exactly(exact: Translation | None, trial: Trial) -> dict[str, Any] | None:
    """{label: value} of what an evaluation needs; None where one is missing, or nobody knows."""
    try:
        return exact.values(trial.params) if exact is not None else None
    except KeyError:  # somebody edited the document
        return None


def _ended(trial: Trial) -> tuple[int, dict[str, Any]]:
    """The state of a trial, and its result."""
    if trial.state in UNRUN:
        return UNRUN[trial.state], {"status": STATUS_NEW}
    result = _plain_times(dict(trial.result))
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
        InvalidTrial: it lacks a value that its point needs, or has several.
        InvalidParams: its values are none of the space.
    """
    params = _params(translation, doc)
    if doc["state"] == JOB_STATE_NEW:
        return Draft(params=params, enqueued_by=enqueued_by)
    loss, (result, _) = loss_of(doc["result"]), kept(doc["result"])
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


def _params(translation: Translation, doc: Doc) -> Params:
    try:
        found = spec_from_misc(doc["misc"])
    except NotImplementedError as several:
        raise InvalidTrial(str(several), doc["tid"]) from None
    params = translation.params(found, missing=middle)
    check_params(translation.dimensions, params)
    for label in translation.values(params):
        if label not in found:  # where a parameter takes no part, any value stands for it
            raise InvalidTrial(f"the trial has no value for {shown(label)}", doc["tid"])
    return params


def _plain_times(value: Any) -> Any:
    """``value`` with times as Hyperopt has them: in UTC, without a time zone."""
    if isinstance(value, dict):
        return {key: _plain_times(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_times(inner) for inner in value]
    return _naive(value) if isinstance(value, dt.datetime) and value.tzinfo else value


def _naive(at: dt.datetime | None) -> dt.datetime | None:
    return None if at is None else at.astimezone(dt.timezone.utc).replace(tzinfo=None)


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=dt.timezone.utc)
