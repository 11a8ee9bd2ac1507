"""Records to documents and back: what stands in MongoDB, field by field.

Pure: no database, no clock. Every document carries ``schema``; one that this code does not know,
or that somebody has broken by hand, raises :class:`~parzen.shared.errors.Incompatible` when it is
decoded. Optional fields may be missing, unknown fields are ignored, and a field that is None is
left out, except among limits and retries, where null says "without limit".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar

from parzen.shared.dimensions import Condition, Dimension, Kind, Params
from parzen.shared.errors import Incompatible
from parzen.shared.fieldtypes import typed
from parzen.shared.lifecycle import FailureKind, Retries, StudyStatus, TrialState
from parzen.shared.records import (
    SCHEMA,
    Attempt,
    ClaimStamp,
    Direction,
    Failure,
    Lease,
    Limits,
    Measurement,
    ObjectiveRef,
    Proposed,
    Requires,
    SamplerSpec,
    SetAside,
    Study,
    Trial,
    Uid,
    Want,
    Wish,
    Worker,
)

Document = dict[str, Any]
Stored = Mapping[str, Any]

Record = TypeVar("Record")


def trial_id(uid: Uid, number: int) -> str:
    """The ``_id`` of a trial: made of its identity, so that inserting it twice is once."""
    return f"{uid}:{number}"


# --- records to documents ---------------------------------------------------------------------


def study_document(study: Study) -> Document:
    """The document of ``study``, under its name."""
    return {
        "_id": study.name,
        "schema": SCHEMA,
        **_present(
            {
                "uid": study.uid,
                "status": study.status.value,
                "status_reason": study.status_reason,
                "ending": study.ending and study.ending.value,
                "wish": wish_document(study.wish),
                "wish_done": study.wish_done,
                "direction": study.direction.value,
                "dimensions": [dimension_document(d) for d in study.dimensions],
                "sampler": _flat(study.sampler),
                "limits": limits_document(study.limits),
                "retries": _flat(study.retries),
                "trial_timeout_s": study.trial_timeout_s,
                "requires": _present(_flat(study.requires)),
                "priority": study.priority,
                "max_running": study.max_running,
                "objective": study.objective and _present(_flat(study.objective)),
                "lease": study.lease and _flat(study.lease),
                "counts": {state.value: n for state, n in study.counts.items()},
                "best_number": study.best_number,
                "quarantine": quarantine_document(study.quarantine) or None,
                "owner": study.owner,
                "tags": list(study.tags),
                "created_at": study.created_at,
                "active_since": study.active_since,
                "ended_at": study.ended_at,
            }
        ),
    }


def trial_document(trial: Trial) -> Document:
    """The document of ``trial``, under its study's uid and its number."""
    return {
        "_id": trial_id(trial.uid, trial.number),
        "schema": SCHEMA,
        **_present(
            {
                "study": trial.study,
                "uid": trial.uid,
                "number": trial.number,
                "state": trial.state.value,
                "order": trial.order,
                "params": _arrays(trial.params),
                "loss": trial.loss,
                "value": trial.value,
                "result": _arrays(trial.result) if trial.result else None,
                "last": trial.last and last_document(*trial.last),
                "attempt": trial.attempt,
                "attempts": [attempt_document(a) for a in trial.attempts],
                "failures": {kind.value: n for kind, n in trial.failures.items()},
                "claim": trial.claim and _flat(trial.claim),
                "proposed": trial.proposed and _present(_flat(trial.proposed)),
                "enqueued_by": trial.enqueued_by,
                "user": _arrays(trial.user) if trial.user else None,
                "waiting_since": trial.waiting_since,
                "due_at": trial.due_at,
                "started_at": trial.started_at,
                "finished_at": trial.finished_at,
                "duration_s": trial.duration_s,
            }
        ),
    }


def worker_document(worker: Worker) -> Document:
    """The document of ``worker``, under its id."""
    document = _present(_flat(worker))
    return {"_id": document.pop("id"), "schema": SCHEMA, **document}


def measurement_document(measurement: Measurement) -> Document:
    """The document of ``measurement``; the store gives it an ``_id`` and ``at``."""
    return {"schema": SCHEMA, **_flat(measurement)}


def dimension_document(dimension: Dimension) -> Document:
    """One entry of a study's ``dimensions``; what the kind does not use is left out."""
    document = _present(_flat(dimension))
    document["active_when"] = [_flat(c) for c in dimension.active_when]
    unused = {"choices", "active_when"} | ({"log"} if dimension.kind is Kind.CHOICE else set())
    return {k: v for k, v in document.items() if k not in unused or v}


def attempt_document(attempt: Attempt) -> Document:
    """One entry of a trial's ``attempts``."""
    document = _present(_flat(attempt))
    if attempt.error is not None:
        document["error"] = failure_document(attempt.error)
    return document


def failure_document(failure: Failure) -> Document:
    """The ``error`` of an attempt."""
    return _present(_flat(failure))


def limits_document(limits: Limits) -> Document:
    """A study's ``limits``; null is never."""
    return _flat(limits)


def wish_document(wish: Wish) -> Document:
    """What a study's owner asked for."""
    limits = limits_document(wish.limits) if wish.limits else None
    return _present({"want": wish.want.value, "serial": wish.serial, "limits": limits})


def quarantine_document(quarantine: Sequence[SetAside]) -> list[Document]:
    """A study's ``quarantine``."""
    return [_flat(one) for one in quarantine]


def last_document(step: int, value: float) -> Document:
    """A trial's ``last`` measurement."""
    return {"step": step, "value": value}


# --- documents to records ---------------------------------------------------------------------


def decode_study(document: Stored) -> Study:
    """The study that stands in ``document``.

    Raises:
        Incompatible: another version of parzen wrote it, or it is broken.
    """
    return _decoded(_study, document, "study")


def decode_trial(document: Stored) -> Trial:
    """The trial that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(_trial, document, "trial")


def decode_worker(document: Stored) -> Worker:
    """The worker that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(_worker, document, "worker")


def decode_measurement(document: Stored) -> Measurement:
    """The measurement that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(_measurement, document, "measurement")


def decode_dimension(document: Stored) -> Dimension:
    """The dimension that stands in ``document``.

    Raises:
        KeyError: a field is missing.
        TypeError: a field holds something else.
        ValueError: its kind is unknown.
    """
    return typed(_dimension(document))


def _decoded(decode: Callable[[Stored], Record], document: Stored, what: str) -> Record:
    name = f"{what} document {document.get('_id')!r}"
    schema = document.get("schema")
    if isinstance(schema, bool) or schema != SCHEMA:
        raise Incompatible(
            f"{name} has schema {schema!r}, expected {SCHEMA}: another version of parzen wrote "
            "it, use that one to read it"
        )
    try:
        return typed(decode(document))
    except KeyError as error:
        raise Incompatible(
            f"{name} lacks the field {error.args[0]!r}: restore it, or delete the document"
        ) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Incompatible(
            f"{name} is broken ({error}): mend it by hand, or delete the document"
        ) from error


def _study(d: Stored) -> Study:
    return Study(
        name=_text(d["_id"]),
        uid=Uid(_text(d["uid"])),
        dimensions=tuple(_dimension(x) for x in d["dimensions"]),
        direction=Direction(d.get("direction", "minimize")),
        sampler=_record(SamplerSpec, d.get("sampler")),
        limits=_record(Limits, d.get("limits")),
        retries=_record(Retries, d.get("retries")),
        trial_timeout_s=d.get("trial_timeout_s"),
        requires=_record(Requires, d.get("requires"), labels=tuple),
        priority=d.get("priority", 0),
        max_running=d.get("max_running"),
        objective=_optional(ObjectiveRef, d.get("objective")),
        status=StudyStatus(d["status"]),
        status_reason=d.get("status_reason"),
        ending=None if d.get("ending") is None else StudyStatus(d["ending"]),
        wish=_wish(d.get("wish")),
        wish_done=d.get("wish_done", 0),
        lease=_optional(Lease, d.get("lease")),
        counts={TrialState(k): n for k, n in (d.get("counts") or {}).items()},
        best_number=d.get("best_number"),
        quarantine=tuple(_record(SetAside, one) for one in d.get("quarantine") or ()),
        owner=d.get("owner"),
        tags=tuple(d.get("tags") or ()),
        created_at=d.get("created_at"),
        active_since=d.get("active_since"),
        ended_at=d.get("ended_at"),
    )


def _trial(d: Stored) -> Trial:
    last = d.get("last")
    return Trial(
        study=_text(d["study"]),
        uid=Uid(_text(d["uid"])),
        number=_whole(d["number"]),
        params=_params(d["params"]),
        state=TrialState(d["state"]),
        order=_number(d.get("order")),
        loss=_number(d.get("loss")),
        value=_number(d.get("value")),
        result=_mapping(d.get("result")),
        last=None if last is None else (_whole(last["step"]), _measured(last["value"])),
        attempt=_whole(d.get("attempt", 0)),
        attempts=tuple(_attempt(a) for a in d.get("attempts") or ()),
        failures={FailureKind(k): n for k, n in (d.get("failures") or {}).items()},
        claim=_optional(ClaimStamp, d.get("claim")),
        proposed=_optional(Proposed, d.get("proposed")),
        enqueued_by=d.get("enqueued_by"),
        user=_mapping(d.get("user")),
        waiting_since=d.get("waiting_since"),
        due_at=d.get("due_at"),
        started_at=d.get("started_at"),
        finished_at=d.get("finished_at"),
        duration_s=_number(d.get("duration_s")),
    )


def _worker(d: Stored) -> Worker:
    lists = dict.fromkeys(("devices", "labels", "studies"), tuple)
    return _record(Worker, {**d, "id": _text(d["_id"])}, **lists)


def _measurement(d: Stored) -> Measurement:
    return _record(Measurement, d)


def _dimension(d: Stored) -> Dimension:
    return _record(
        Dimension,
        d,
        name=_text,
        kind=Kind,
        choices=_tuples,
        weights=tuple,
        active_when=lambda found: tuple(_record(Condition, c, value=_tuples) for c in found),
    )


def _attempt(d: Stored) -> Attempt:
    return _record(Attempt, d, error=lambda found: _record(Failure, found, kind=FailureKind))


def _wish(d: Stored | None) -> Wish:
    return _record(Wish, d, want=Want, limits=lambda found: _record(Limits, found))


# --- small turns ------------------------------------------------------------------------------


def _record(of: type[Record], d: Stored | None, **turn: Callable[[Any], Any]) -> Record:
    """The dataclass ``of`` from the fields found in ``d``, some turned; defaults for the rest."""
    found = _mapping(d)
    known = [f.name for f in fields(of) if f.name in found]  # type: ignore[arg-type]  # dataclasses
    return of(
        **{
            name: turn[name](found[name])
            if name in turn and found[name] is not None
            else found[name]
            for name in known
        }
    )


def _optional(of: type[Record], d: Stored | None) -> Record | None:
    return None if d is None else _record(of, d)


def _flat(record: Any) -> Document:
    """A dataclass of plain fields as a document: enums as strings, tuples as arrays."""
    return {f.name: _arrays(getattr(record, f.name)) for f in fields(record)}


def _present(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}


def _arrays(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {_arrays(k): _arrays(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_arrays(v) for v in value]
    return value


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _params(found: Any) -> Params:
    return {name: _tuples(value) for name, value in _mapping(found).items()}


def _mapping(found: Any) -> Mapping[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise TypeError(f"expected an object, not {found!r}")
    return found


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(f"expected a string, not {found!r}")
    return found


def _whole(found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, (int, float)) or found != int(found):
        raise TypeError(f"expected a whole number, not {found!r}")
    return int(found)


def _number(found: Any) -> float | None:
    if found is not None and (isinstance(found, bool) or not isinstance(found, (int, float))):
        raise TypeError(f"expected a number, not {found!r}")
    return found


def _measured(found: Any) -> float:
    number = _number(found)
    if number is None:
        raise TypeError("expected a number, not None")
    return number
