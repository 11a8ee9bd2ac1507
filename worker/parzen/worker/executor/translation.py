"""Jobs and outcomes as the plain fields of a message, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parzen.shared.entries import Importable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Direction, Failed, Failure, Outcome, Pruned
from parzen.worker.executor.messages import Garbled
from parzen.worker.executor.protocol import Job

Fields = Mapping[str, Any]


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
    }


def outcome_from(fields: Fields) -> Outcome:
    """The outcome in a message.

    Raises:
        Garbled: there is none: whatever wrote it, it was not the child's own code.
    """
    try:
        kind = fields["outcome"]
        if kind == "completed":
            return Completed(value=float(fields["value"]), result=dict(fields["result"]))
        if kind == "pruned":
            return Pruned()
        if kind == "failed":
            return Failed(error=_failure(fields))
    except (KeyError, TypeError, ValueError) as error:
        raise Garbled(f"an outcome that is not ours: {error!r}") from error
    raise Garbled(f"the unknown outcome {kind!r}")


def _failure(fields: Fields) -> Failure:
    return Failure(
        kind=FailureKind(fields["kind"]),
        type=fields["type"],
        message=str(fields["message"]),
        traceback=fields["traceback"],
        exit_code=fields["exit_code"],
    )
