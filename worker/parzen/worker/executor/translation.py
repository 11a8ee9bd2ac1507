"""Jobs, events and outcomes as the plain fields of a message, and back.

A job is read as it stands: our agent wrote it. What a child says may be anything, for users' code
runs there: it is checked here, once, and nothing behind this module need doubt an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from parzen.shared.entries import Importable
from parzen.shared.errors import InvalidResult
from parzen.shared.lifecycle import FailureKind
from parzen.shared.plain import INT64, shown
from parzen.shared.reading import (
    Fault,
    at,
    mapping,
    number,
    one_of,
    optional,
    required,
    text,
    whole,
)
from parzen.shared.records import Completed, Direction, Failed, Failure, Outcome, Pruned
from parzen.worker.context import ATTACHMENT_BYTES, name_fault
from parzen.worker.executor.messages import Garbled, Message
from parzen.worker.executor.protocol import Attached, Done, Event, Job, Measured, Returned, Started
from parzen.worker.result import plain, storable

Fields = Mapping[str, Any]

CHILDS = frozenset(FailureKind) - {FailureKind.LOST, FailureKind.PREEMPTED, FailureKind.TIMEOUT}
"""The failures that a child can know of; the others are for its agent and the store to tell."""

TEXT_CHARS = 1 << 16
"""How much of one text is taken from a child; its own code writes less."""


def job_fields(job: Job) -> Fields:
    """``job`` as the fields of a message."""
    return {
        "bundle": str(job.bundle),
        "digest": job.digest,
        "only": None if job.only is None else list(job.only.prefixes),
        "direction": job.direction.value,
        "params": job.params,
        "number": job.number,
        "attempt": job.attempt,
        "workdir": str(job.workdir),
        "log": str(job.log),
        "previous_workdir": job.previous_workdir and str(job.previous_workdir),
        "user": job.user,
        "environ": job.environ,
        "devices": list(job.devices),
        "cpus": list(job.cpus),
    }


def job_from(fields: Fields) -> Job:
    """The job of a message that this package wrote."""
    previous, only = fields["previous_workdir"], fields["only"]
    return Job(
        bundle=Path(fields["bundle"]),
        digest=fields["digest"],
        only=None if only is None else Importable(tuple(only)),
        direction=Direction(fields["direction"]),
        params=fields["params"],
        number=fields["number"],
        attempt=fields["attempt"],
        workdir=Path(fields["workdir"]),
        log=Path(fields["log"]),
        previous_workdir=Path(previous) if previous else None,
        user=fields["user"],
        environ=fields["environ"],
        devices=tuple(fields["devices"]),
        cpus=tuple(fields["cpus"]),
    )


def outcome_fields(outcome: Outcome) -> Fields:
    """An outcome that a child can have, as the fields of a message."""
    if isinstance(outcome, Completed):
        return {"outcome": "completed", "value": outcome.value, "result": outcome.result}
    if isinstance(outcome, Pruned):
        return {"outcome": "pruned"}
    if not isinstance(outcome, Failed):
        raise TypeError(f"a child cannot report {outcome!r}")
    error = outcome.error
    return {
        "outcome": "failed",
        "kind": error.kind.value,
        "type": error.type,
        "message": error.message,
        "traceback": error.traceback,
        "exit_code": error.exit_code,
        "result": outcome.result,
    }


def event_from(message: Message) -> Event:
    """What a child says.

    Raises:
        Garbled: it is nothing that the child's own code says.
    """
    read = _EVENTS.get(message.kind)
    if read is None:
        raise Garbled(f"the unknown message {shown(message.kind)}")
    try:
        return read(message)
    except KeyError as error:
        raise Garbled(f"a message {message.kind!r} without {shown(error.args[0])}") from error
    except Fault as fault:
        raise Garbled(f"a message {message.kind!r} that is not ours: {fault}") from fault


def _measured(message: Message) -> Measured:
    fields = message.fields
    return Measured(required(fields, "step", _step), required(fields, "value", _real))


def _attached(message: Message) -> Attached:
    name = required(message.fields, "name", _name)
    return Attached(name, at("data", _attachment, message.payload))


def _done(message: Message) -> Done:
    fields = message.fields
    outcome = required(fields, "outcome", _outcome_reader)(fields)
    return Done(outcome, optional(fields, "replace", _text))


_EVENTS: Mapping[str, Callable[[Message], Event]] = {
    "started": lambda _: Started(),
    "returned": lambda _: Returned(),
    "measured": _measured,
    "attached": _attached,
    "done": _done,
}


def _completed(fields: Fields) -> Outcome:
    value, result = required(fields, "value", _real), required(fields, "result", mapping)
    try:
        return storable(value, result)
    except InvalidResult as refused:
        return _invalid(refused)


def _invalid(refused: InvalidResult) -> Failed:
    return Failed(error=Failure(kind=FailureKind.INVALID_RESULT, message=str(refused)))


def _failed(fields: Fields) -> Outcome:
    error = Failure(
        kind=required(fields, "kind", _kind),
        type=optional(fields, "type", _text),
        message=required(fields, "message", _text),
        traceback=optional(fields, "traceback", _text),
        exit_code=optional(fields, "exit_code", _int64),
    )
    result = optional(fields, "result", mapping, {})
    try:
        return Failed(error=error, result=plain(result))
    except InvalidResult as refused:
        return _invalid(refused)


_OUTCOMES: Mapping[str, Callable[[Fields], Outcome]] = {
    "completed": _completed,
    "pruned": lambda _: Pruned(),
    "failed": _failed,
}


def _outcome_reader(found: Any) -> Callable[[Fields], Outcome]:
    read = _OUTCOMES.get(text(found))
    if read is None:
        raise ValueError(f"expected one of {', '.join(_OUTCOMES)}, not {shown(found)}")
    return read


def _kind(found: Any) -> FailureKind:
    kind = one_of(FailureKind)(found)
    if kind not in CHILDS:
        raise ValueError(f"{kind.value!r} is not for a child to tell")
    return kind


def _text(found: Any) -> str:
    return text(found)[:TEXT_CHARS]


def _real(found: Any) -> float:
    return float(number(found))


def _int64(found: Any) -> int:
    if not INT64[0] <= (n := whole(found)) <= INT64[1]:
        raise ValueError(f"expected an integer of 64 bits, not {shown(found)}")
    return n


def _step(found: Any) -> int:
    if (step := _int64(found)) < 0:
        raise ValueError(f"expected an integer from 0, not {shown(found)}")
    return step


def _name(found: Any) -> str:
    if fault := name_fault(found):
        raise ValueError(f"{fault}, not {shown(found)}")
    return text(found)


def _attachment(data: bytes) -> bytes:
    if len(data) > ATTACHMENT_BYTES:
        raise ValueError(f"expected at most {ATTACHMENT_BYTES} bytes, not {len(data)}")
    return data
