"""A job of Hyperopt's as a row that can be imported, and what of it no document holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from parzen.client.importing.rows import Attached, Refused, Row, Unfit
from parzen.client.wording import counted
from parzen.hyperopt import labels
from parzen.hyperopt.keeping import kept
from parzen.hyperopt.states import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
)
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import cut, shown
from parzen.shared.records import Study
from parzen.worker.context import NAME_CHARS, name_fault

UNDONE = {
    JOB_STATE_NEW: TrialState.WAITING,
    JOB_STATE_RUNNING: TrialState.RUNNING,
    JOB_STATE_ERROR: TrialState.FAILED,
    JOB_STATE_CANCEL: TrialState.CANCELLED,
}

IDLE = (STATUS_OK, STATUS_NEW, STATUS_RUNNING)
"""What a result's status says that the trial's own state says better."""


class Told:
    """What is worth saying of the jobs as a whole: sentences, once all were read."""

    def __init__(self) -> None:
        self.foreign: Counter[str] = Counter()
        """Labels that are no parameter of the study."""
        self.lost: Counter[str] = Counter()
        """Keys of results that no document holds."""
        self.renamed: dict[str, str] = {}
        """Attachments whose names no file has, and what they are called instead."""
        self.odd: list[str] = []
        """Attachments that are left out, and why."""

    def __iter__(self) -> Iterator[str]:
        if self.foreign:
            listed = cut(", ".join(map(repr, self.foreign)))
            yield f"labels that the study has no parameter for were left out: {listed}"
        for key, count in self.lost.items():
            yield (
                f"{key!r} was left out of the result of {counted(count, 'trial')}: a document "
                "cannot hold it"
            )
        for name, other in self.renamed.items():
            yield f"the attachment {shown(name)} is called {other!r} from now on"
        yield from self.odd


class Jobs:
    """Makes rows for ``study`` of the documents of one experiment."""

    def __init__(self, study: Study, told: Told) -> None:
        self._names = {dimension.name for dimension in study.dimensions}
        self._told = told

    def row(self, doc: Mapping[str, Any], place: int, attached: Attached) -> Row | Refused:
        """The row of a job, the one at that place among all."""
        tid = doc.get("tid")
        where = f"trial {shown(doc.get('_id') if tid is None else tid)}"
        number = tid if isinstance(tid, int) else place
        try:
            result = doc.get("result")
            state = _state(doc, result)
            if not state.finished:
                return Row(place=where, number=number, params={}, state=state)
            values = self._values(_misc(doc))
            return Row(
                place=where,
                number=number,
                params={name: value for name, (_, value) in values.items()},
                called={name: f"the label {shown(label)}" for name, (label, _) in values.items()},
                state=state,
                loss=_loss(result) if state is TrialState.COMPLETE else None,
                result=self._kept(_outcome(doc, state)),
                user={"hyperopt": _origin(doc)},
                started_at=_time(doc, "book_time"),
                finished_at=_time(doc, "refresh_time"),
                attachments=attached,
            )
        except Unfit as fault:
            return Refused(where, str(fault))

    def _values(self, misc: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        """{parameter: (label, value)} of what takes part."""
        values: dict[str, tuple[str, Any]] = {}
        for label, found in misc["vals"].items():
            if not isinstance(found, (list, tuple)) or len(found) > 1:
                raise Unfit(
                    f"misc.vals[{shown(label)}] is {shown(found)}; it must be a list of one value, "
                    "or an empty one"
                )
            if not found:
                continue
            name = next((n for n in (labels.escaped(label), label) if n in self._names), None)
            if name is None:
                self._told.foreign[label] += 1
            else:
                values[name] = (label, found[0])
        return values

    def _kept(self, result: Mapping[str, Any]) -> dict[str, Any]:
        good, lost = kept(result)
        self._told.lost.update(lost)
        return good


def value(dimension: Dimension, found: Any) -> Any:
    """What Hyperopt writes as ``found``: of a choice the option's index, else the value itself."""
    if dimension.kind is not Kind.CHOICE:
        return found
    count = len(dimension.choices)
    if not isinstance(found, (int, float)) or found not in range(count):
        raise Unfit(
            f"the choice {dimension.name!r} is {shown(found)}; it must be an option's index, from "
            f"0 to {count - 1}"
        )
    return dimension.choices[int(found)]


def file_names(names: list[Any], told: Told, where: str) -> dict[str, str]:
    """{name: what it is called as an attachment}; those that cannot be called are left out."""
    found: dict[str, str] = {}
    for name in names:
        usable = _mended(name) if isinstance(name, str) else None
        if usable is None or usable in found.values():
            told.odd.append(f"left out: {where}: the attachment {shown(name)}, which names no file")
            continue
        found[name] = usable
        if usable != name:
            told.renamed[name] = usable
    return found


def _mended(name: str) -> str | None:
    if name_fault(name) is None:
        return name
    parts = ["".join(c if c.isprintable() else "_" for c in part) for part in name.split("/")]
    mended = "/".join("_" if part in ("", ".", "..") else part for part in parts)[-NAME_CHARS:]
    return mended if name_fault(mended) is None else None


def _state(doc: Mapping[str, Any], result: Any) -> TrialState:
    state = doc.get("state")
    if isinstance(state, (int, float)) and state in UNDONE:
        return UNDONE[int(state)]
    if not isinstance(state, (int, float)) or state != JOB_STATE_DONE:
        raise Unfit(f"its state is {shown(state)}; it must be a number from 0 to 4")
    if not isinstance(result, Mapping):
        raise Unfit(f"its result is {shown(result)}; it must be a dict")
    return TrialState.FAILED if _loss(result) is None else TrialState.COMPLETE


def _loss(result: Any) -> float | None:
    """The loss of a result that is well and finite."""
    loss = result.get("loss") if isinstance(result, Mapping) else None
    if loss is None or result.get("status") != STATUS_OK or not isinstance(loss, (int, float)):
        return None
    return float(loss) if math.isfinite(loss) else None


def _misc(doc: Mapping[str, Any]) -> Mapping[str, Any]:
    misc = doc.get("misc")
    if not isinstance(misc, Mapping) or not isinstance(misc.get("vals"), Mapping):
        raise Unfit("it has no misc.vals, which holds the values of its labels")
    return misc


def _outcome(doc: Mapping[str, Any], state: TrialState) -> dict[str, Any]:
    """What stays of a result beside the loss and the state, with the error of a failure."""
    found = doc.get("result")
    result = dict(found) if isinstance(found, Mapping) else {}
    if state is TrialState.COMPLETE:
        del result["loss"]
    if result.get("status") in IDLE:
        del result["status"]
    error = doc.get("error") or _misc(doc).get("error")
    return {"error": error, **result} if error is not None else result


def _origin(doc: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: doc.get(key) for key in ("tid", "exp_key", "owner")}
    return kept({key: known for key, known in found.items() if known is not None})[0]


def _time(doc: Mapping[str, Any], key: str) -> datetime | None:
    """A time; UTC where it names no zone."""
    found = doc.get(key)
    if found is None:
        return None
    if not isinstance(found, datetime):
        raise Unfit(f"its {key} is {shown(found)}; it must be a time")
    return found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)
