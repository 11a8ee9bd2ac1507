"""What an outcome writes, and what became of a write that did not match."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bson
from bson.errors import InvalidDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from parzen.shared import codec
from parzen.shared.lifecycle import FailureKind, Settlement, TrialEvent, settle, sources
from parzen.shared.mongo import updates
from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.faults import UNFIT
from parzen.shared.reading import objects
from parzen.shared.records import (
    Cancelled,
    Claim,
    Completed,
    Failed,
    Failure,
    Outcome,
    Pruned,
    Verdict,
)

RESULT_BYTES = 12 * 1024 * 1024
"""The largest result that is stored; the rest of MongoDB's 16 MiB is the trial's own."""

COMPLETE = "complete"
"""The word in an attempt whose result was stored."""

NESTING_LIMIT = 90
"""How deep a result may be nested; MongoDB takes 100 levels, some of which are the trial's."""


@dataclass(frozen=True, slots=True)
class Write:
    """The update that carries out an outcome, and the word it leaves in the attempt."""

    event: TrialEvent
    word: str
    pipeline: updates.Pipeline
    told: bool = False
    """Whether it holds what the objective told, which the server may not hold."""

    @property
    def left(self) -> frozenset[str]:
        """The words by which this write is known to have been done."""
        # a result that the server would not hold was stored as a failure
        return frozenset({self.word, "failed"} if self.word == COMPLETE else {self.word})


def write(claim: Claim, outcome: Outcome) -> Write:
    """What ``outcome`` does to the claimed trial, decided from its study's budgets."""
    tail = outcome.log_tail
    if isinstance(outcome, (Completed, Failed)):
        unfit = unfitness(outcome)
        if unfit is not None:
            return write(claim, invalid(outcome, unfit))
    if isinstance(outcome, Completed):
        done = updates.completed(claim, float(outcome.value), outcome.result, tail)
        return Write(TrialEvent.COMPLETE, COMPLETE, done, told=True)
    if isinstance(outcome, Pruned):
        return Write(TrialEvent.PRUNE, "pruned", updates.pruned(claim, tail))
    if isinstance(outcome, Cancelled):
        return Write(TrialEvent.CANCEL, "cancelled", updates.cancelled(claim, tail))
    if isinstance(outcome, Failed):
        error, result = outcome.error, outcome.result
        settlement = _settled(claim, error.kind)
        failed = updates.failed(claim, error, settlement, error.kind, tail, result=result)
        return Write(settlement.event, "failed", failed, told=bool(result))
    kind = FailureKind.PREEMPTED if outcome.begun else None
    settlement = Settlement(TrialEvent.RELEASE) if kind is None else _settled(claim, kind)
    why = Failure(kind=FailureKind.PREEMPTED, message=outcome.reason) if outcome.reason else None
    released = updates.failed(claim, why, settlement, kind, tail, made_way=outcome.begun)
    word = "released" if outcome.begun else updates.UNBEGUN
    return Write(settlement.event, word, released)


def _settled(claim: Claim, kind: FailureKind) -> Settlement:
    # nobody but the holder of the claim adds failures, so those it came with are all there are
    return settle(kind, claim.trial.failures, claim.study.retries)


def unfitness(outcome: Completed | Failed) -> str | None:
    """Why MongoDB cannot hold ``outcome``, or None where it can."""
    if isinstance(outcome, Completed) and not math.isfinite(outcome.value):
        return f"the loss is {outcome.value!r}, expected a finite number"
    try:
        size = len(bson.encode({"result": dict(outcome.result)}))
    except (InvalidDocument, OverflowError, UnicodeError, ValueError, RecursionError) as error:
        return f"MongoDB cannot hold what was returned ({error}): return plain values"
    if size > RESULT_BYTES:
        return (
            f"what was returned takes {size} bytes, expected at most {RESULT_BYTES}: keep large "
            "things with trial.attach()"
        )
    if _depth(outcome.result) > NESTING_LIMIT:
        return f"what was returned is nested deeper than {NESTING_LIMIT} levels: flatten it"
    return None


def _depth(value: object) -> int:
    level, deepest = [value], 0
    while level:
        level = [child for one in level for child in _children(one)]
        deepest += 1
    return deepest


def _children(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def invalid(outcome: Completed | Failed, reason: str) -> Failed:
    """``outcome`` as the failure it is, since it cannot be stored."""
    if isinstance(outcome, Failed):
        reason = f"{reason} (the trial had failed: {outcome.error.message})"
    return Failed(
        error=Failure(kind=FailureKind.INVALID_RESULT, message=reason), log_tail=outcome.log_tail
    )


def report(link: Connection, done: Sequence[tuple[Claim, Outcome]]) -> list[Verdict]:
    """Write all outcomes in one bulk, each fenced; read back only what did not match."""
    writes = [write(claim, outcome) for claim, outcome in done]
    pairs = list(zip((claim for claim, _ in done), writes, strict=True))
    matched, refused = _send(link, pairs)
    if refused:
        again = [
            (done[i][0], write(done[i][0], invalid(outcome, why)))
            for i, why in refused.items()
            if isinstance(outcome := done[i][1], (Completed, Failed))
        ]
        _send(link, again)
    if matched == len(done):
        return [Verdict.ACCEPTED] * len(done)
    return _read_back(link, pairs)


def _send(link: Connection, pairs: Sequence[tuple[Claim, Write]]) -> tuple[int, dict[int, str]]:
    """How many matched, and which ones the server would not hold, with its reason."""
    bulk = [UpdateOne(updates.fenced(c, sources(w.event)), w.pipeline) for c, w in pairs]
    try:
        return link.collection("jobs").bulk_write(bulk, ordered=False).matched_count, {}
    except BulkWriteError as error:
        details: Mapping[str, Any] = error.details or {}
        errors = details.get("writeErrors", [])
        unheld = {
            e["index"]: e["errmsg"]
            for e in errors
            if pairs[e["index"]][1].told and e.get("code") in UNFIT
        }
        if details.get("writeConcernErrors") or len(unheld) < len(errors):
            raise
        return details["nMatched"], unheld


def _read_back(link: Connection, pairs: Sequence[tuple[Claim, Write]]) -> list[Verdict]:
    """Tell a report whose reply was lost from a lost lease, by the token that attempts keep."""
    ids = [codec.trial_id(*claim.key) for claim, _ in pairs]
    found = link.collection("jobs").find(
        {"_id": {"$in": ids}}, {"attempts.token": 1, "attempts.outcome": 1}
    )
    words = {
        (d["_id"], a.get("token")): a.get("outcome") for d in found for a in objects(d, "attempts")
    }
    return [
        Verdict.ACCEPTED if words.get((_id, claim.token)) in w.left else Verdict.LEASE_LOST
        for _id, (claim, w) in zip(ids, pairs, strict=True)
    ]
