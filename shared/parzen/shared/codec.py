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
from functools import partial
from typing import Any, TypeVar

from parzen.shared.dimensions import Condition, Dimension, Kind, Params, Plain
from parzen.shared.errors import Incompatible
from parzen.shared.fieldtypes import typed
from parzen.shared.lifecycle import FailureKind, Retries, StudyStatus, TrialState
from parzen.shared.reading import (
    Stored,
    as_it_is,
    at,
    counted,
    listed,
    mapping,
    number,
    one_of,
    optional,
    record,
    required,
    text,
    whole,
)
from parzen.shared.records import (
    SCHEMA,
    Attempt,
    ClaimStamp,
    Device,
    DeviceUse,
    Direction,
    Failure,
    Image,
    Lease,
    Limits,
    Measurement,
    ObjectiveRef,
    Order,
    Piece,
    Proposed,
    Pull,
    Requires,
    Run,
    SamplerSpec,
    SetAside,
    Study,
    Trial,
    Uid,
    Want,
    Wish,
    Worker,
)
from parzen.shared.soundness import sound_study, sound_trial

Document = dict[str, Any]

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
                "image": study.image and _present(_flat(study.image)),
                "priority": study.priority,
                "max_running": study.max_running,
                "objective": study.objective and _present(_flat(study.objective)),
                "lease": study.lease and _flat(study.lease),
                "counts": {state.value: n for state, n in study.counts.items()},
                "best_number": study.best_number,
                "proposing": study.proposing,
                "quarantine": quarantine_document(study.quarantine) or None,
                "owner": study.owner,
                "tags": list(study.tags),
                "note": study.note,
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
                "note": trial.note,
                "waiting_since": trial.waiting_since,
                "due_at": trial.due_at,
                "started_at": trial.started_at,
                "finished_at": trial.finished_at,
                "duration_s": trial.duration_s,
            }
        ),
    }


def worker_document(worker: Worker) -> Document:
    """The document of ``worker``, under its id, without its order, which others write."""
    document = _present(_flat(worker))
    document["devices"] = [_present(_flat(device)) for device in worker.devices]
    document["runs"] = [_flat(run) for run in worker.runs]
    document.pop("order", None)
    return {"_id": document.pop("id"), "schema": SCHEMA, **document}


def measurement_document(measurement: Measurement) -> Document:
    """The document of ``measurement``; the store gives it an ``_id`` and ``at``."""
    return {"schema": SCHEMA, **_flat(measurement)}


def piece_id(token: str, offset: int) -> str:
    """The ``_id`` of a piece of output: made of its identity, so that keeping it twice is once."""
    return f"{token}:{offset}"


def piece_document(piece: Piece) -> Document:
    """The document of ``piece``, under its attempt's token and its offset."""
    return {"_id": piece_id(piece.token, piece.offset), "schema": SCHEMA, **_flat(piece)}


def dimension_document(dimension: Dimension) -> Document:
    """One entry of a study's ``dimensions``; what the kind does not use is left out."""
    document = _present(_flat(dimension))
    document["active_when"] = [_flat(c) for c in dimension.active_when]
    unused = {"choices", "active_when"} | ({"log"} if dimension.kind is Kind.CHOICE else set())
    return {k: v for k, v in document.items() if k not in unused or v}


def attempt_document(attempt: Attempt) -> Document:
    """One entry of a trial's ``attempts``."""
    document = _present(_flat(attempt))
    document["devices"] = devices_document(attempt.devices)
    if not attempt.devices:
        del document["devices"]
    if attempt.error is not None:
        document["error"] = failure_document(attempt.error)
    return document


def devices_document(devices: Sequence[DeviceUse]) -> list[Document]:
    """The ``devices`` of an attempt."""
    return [_present(_flat(device)) for device in devices]


def failure_document(failure: Failure) -> Document:
    """The ``error`` of an attempt."""
    return _present(_flat(failure))


def limits_document(limits: Limits) -> Document:
    """A study's ``limits``; null is never."""
    return _flat(limits)


def wish_document(wish: Wish) -> Document:
    """What a study's owner asked for."""
    limits = limits_document(wish.limits) if wish.limits else None
    retry = list(wish.retry) or None
    return _present(
        {"want": wish.want.value, "serial": wish.serial, "limits": limits, "retry": retry}
    )


def quarantine_document(quarantine: Sequence[SetAside]) -> list[Document]:
    """A study's ``quarantine``."""
    return [_flat(one) for one in quarantine]


def last_document(step: int, value: float) -> Document:
    """A trial's ``last`` measurement."""
    return {"step": step, "value": value}


def stored_value(value: Plain) -> Any:
    """A parameter's value, or an option, as it stands in a document."""
    return _arrays(value)


# --- documents to records ---------------------------------------------------------------------


def decode_study(document: Stored) -> Study:
    """The study that stands in ``document``.

    Raises:
        Incompatible: another version of parzen wrote it, or it is broken.
    """
    return _decoded(lambda d: typed(_study(d)), document, "study")


def workable_study(document: Stored) -> Study:
    """The study that stands in ``document``, where its values are such as parzen writes.

    Raises:
        Incompatible: as :func:`decode_study`, or a limit or a range makes no sense.
    """
    return _decoded(lambda d: sound_study(typed(_study(d))), document, "study")


def decode_trial(document: Stored) -> Trial:
    """The trial that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(lambda d: sound_trial(typed(_trial(d))), document, "trial")


def decode_worker(document: Stored) -> Worker:
    """The worker that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(lambda d: typed(_worker(d)), document, "worker")


def decode_measurement(document: Stored) -> Measurement:
    """The measurement that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(lambda d: typed(_measurement(d)), document, "measurement")


def decode_piece(document: Stored) -> Piece:
    """The piece of output that stands in ``document``; raises as :func:`decode_study`."""
    return _decoded(lambda d: typed(record(Piece, d)), document, "output")


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
        return decode(document)
    except KeyError as error:
        raise Incompatible(
            f"{name} lacks the field {error.args[0]!r}: restore it, or delete the document"
        ) from error
    except (TypeError, ValueError, OverflowError) as error:
        raise Incompatible(
            f"{name} is broken ({error}): mend it by hand, or delete the document"
        ) from error


def _study(d: Stored) -> Study:
    return Study(
        name=required(d, "_id", text),
        uid=Uid(required(d, "uid", text)),
        dimensions=required(d, "dimensions", listed(_dimension)),
        direction=at("direction", one_of(Direction), d.get("direction", "minimize")),
        sampler=at("sampler", partial(record, SamplerSpec), d.get("sampler")),
        limits=at("limits", partial(record, Limits), d.get("limits")),
        retries=at("retries", partial(record, Retries), d.get("retries")),
        trial_timeout_s=d.get("trial_timeout_s"),
        requires=at("requires", _requires, d.get("requires")),
        image=optional(d, "image", partial(record, Image, pull=one_of(Pull))),
        priority=d.get("priority", 0),
        max_running=d.get("max_running"),
        objective=optional(d, "objective", partial(record, ObjectiveRef)),
        status=required(d, "status", one_of(StudyStatus)),
        status_reason=d.get("status_reason"),
        ending=optional(d, "ending", one_of(StudyStatus)),
        wish=at("wish", _wish, d.get("wish")),
        wish_done=d.get("wish_done", 0),
        lease=optional(d, "lease", partial(record, Lease)),
        counts=optional(d, "counts", counted(TrialState), {}),
        best_number=d.get("best_number"),
        proposing=d.get("proposing"),
        quarantine=optional(d, "quarantine", listed(partial(record, SetAside)), ()),
        owner=d.get("owner"),
        tags=optional(d, "tags", listed(as_it_is), ()),
        note=d.get("note"),
        created_at=d.get("created_at"),
        active_since=d.get("active_since"),
        ended_at=d.get("ended_at"),
    )


def _trial(d: Stored) -> Trial:
    found = d.get  # a coordinator that starts reads 100,000 of them: what is not turned is cheap
    return Trial(
        study=d["study"],
        uid=d["uid"],
        number=d["number"],
        params=required(d, "params", _params),
        state=required(d, "state", _STATE),
        order=found("order"),
        loss=found("loss"),
        value=found("value"),
        result=optional(d, "result", as_it_is, {}),
        last=optional(d, "last", _last),
        attempt=found("attempt", 0),
        attempts=optional(d, "attempts", _ATTEMPTS, ()),
        failures=optional(d, "failures", _FAILURES, {}),
        claim=optional(d, "claim", partial(record, ClaimStamp)),
        proposed=optional(d, "proposed", _PROPOSED),
        enqueued_by=found("enqueued_by"),
        user=optional(d, "user", as_it_is, {}),
        note=found("note"),
        waiting_since=found("waiting_since"),
        due_at=found("due_at"),
        started_at=found("started_at"),
        finished_at=found("finished_at"),
        duration_s=found("duration_s"),
    )


def _worker(d: Stored) -> Worker:
    return record(
        Worker,
        {**d, "id": at("_id", text, d["_id"])},
        devices=listed(partial(record, Device)),
        runs=listed(partial(record, Run, devices=listed(as_it_is))),
        order=one_of(Order),
        labels=listed(as_it_is),
        studies=listed(as_it_is),
    )


def _measurement(d: Stored) -> Measurement:
    return record(Measurement, d)


def _requires(d: Stored | None) -> Requires:
    return record(Requires, d, labels=listed(as_it_is))


def _dimension(d: Stored) -> Dimension:
    return record(
        Dimension,
        d,
        name=text,
        kind=one_of(Kind),
        choices=listed(_tuples),
        weights=listed(number),
        rounds=_ends,
        active_when=listed(_condition),
    )


def _ends(found: Any) -> tuple[float, float]:
    ends = listed(number)(found)
    if len(ends) != 2:  # noqa: PLR2004 - a pair
        raise ValueError(f"expected two numbers, not {len(ends)}")
    return ends[0], ends[1]


def _condition(d: Stored) -> Condition:
    return record(Condition, d, value=_tuples)


def _attempt(d: Stored) -> Attempt:
    return record(Attempt, d, error=_failure, devices=_DEVICES)


def _failure(d: Stored) -> Failure:
    return record(Failure, d, kind=one_of(FailureKind))


def _wish(d: Stored | None) -> Wish:
    return record(Wish, d, want=one_of(Want), limits=partial(record, Limits), retry=listed(whole))


def _last(d: Stored) -> tuple[int, float]:
    found = mapping(d)
    return required(found, "step", whole), required(found, "value", number)


# --- small turns ------------------------------------------------------------------------------


def _flat(of: Any) -> Document:
    """A dataclass of plain fields as a document: enums as strings, tuples as arrays."""
    return {f.name: _arrays(getattr(of, f.name)) for f in fields(of)}


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
    return {name: _tuples(value) for name, value in mapping(found).items()}


_STATE = one_of(TrialState)
_DEVICES = listed(partial(record, DeviceUse))
_ATTEMPTS = listed(_attempt)
_FAILURES = counted(FailureKind)
_PROPOSED = partial(record, Proposed)
