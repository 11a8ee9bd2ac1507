"""The updates of a trial, as pipelines: pure builders, one for each thing that happens to it.

In a pipeline ``$$NOW`` is the server's clock, and every value is an expression: whatever came from
a user stands inside ``$literal``, else a note that reads "$claim.token" would store the token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from parzen.shared import codec
from parzen.shared.lifecycle import FailureKind, Settlement, TrialEvent, TrialState, target
from parzen.shared.places import FRONT, hindrance
from parzen.shared.records import Attempt, Claim, Failure, Study, Worker
from parzen.shared.store import TAIL_BYTES

Stage = dict[str, Any]
Pipeline = list[Stage]

NOW = "$$NOW"

ATTEMPTS_KEPT = 20
"""How many attempts a trial's document remembers."""

TRACEBACK_CHARS = 16_384
"""How much of a traceback a document holds: its end, which says what happened."""

MESSAGE_CHARS = 1_000
"""How much of an error's one-line message a document holds."""

UNBEGUN = "unbegun"
"""The outcome of an attempt that was claimed ahead and given back before it had begun; the next
claim takes it out again, so that it pushes none that has run out of those that are kept."""

LOST = "lost"
"""The outcome of an attempt whose lease ran out; no report ever writes it."""


def literal(value: object) -> Stage:
    """``value`` as it is, whatever it looks like."""
    return {"$literal": value}


def outside(when: Any, longest_s: float) -> dict[str, Any]:
    """Whether the time ``when`` has passed, or lies farther off than it ever may."""
    return {"$or": [{"$lt": [when, NOW]}, {"$gt": [when, later(longest_s)]}]}


def later(seconds: float) -> Stage:
    """The server's clock, ``seconds`` from now."""
    return {"$add": [NOW, round(seconds * 1000)]}


def sources_clause(states: Sequence[str]) -> Any:
    """The ``state`` clause of a filter, from :func:`lifecycle.sources`."""
    return states[0] if len(states) == 1 else {"$in": list(states)}


def proposed_by(term: int) -> dict[str, Any]:
    """The clause of trials that were proposed in ``term``, or before, or by nobody."""
    return {"proposed.term": {"$not": {"$gt": term}}}


def fenced(claim: Claim, states: Sequence[str]) -> dict[str, Any]:
    """The filter of a write that only the holder of ``claim`` may do."""
    return {
        "_id": codec.trial_id(*claim.key),
        "state": sources_clause(states),
        "claim.token": claim.token,
    }


def token_of(batch: str, trials: Sequence[str]) -> Stage:
    """The token of one of several ``trials`` that are taken at once; :func:`tokens` tells all."""
    place = {"$indexOfArray": [literal(list(trials)), "$_id"]}
    return {"$concat": [f"{batch}-", {"$toString": place}]}


def tokens(batch: str, trials: Sequence[str]) -> Sequence[str]:
    """The tokens of ``trials`` that are taken at once."""
    return [f"{batch}-{place}" for place in range(len(trials))]


def claimed(worker: Worker, token: str | Stage) -> Pipeline:
    """A worker takes a waiting trial: a fresh token, a lease, and an attempt begun."""
    turn = {"$add": [_if("number", "$attempt", 0), 1]}
    attempt = {
        "n": turn,
        "token": token,
        "worker": literal(worker.id),
        "host": literal(worker.host),
        "started_at": NOW,
    }
    if worker.workdir is not None:  # the worker may be killed before it can say more
        root = literal(f"{worker.workdir}/")
        place = [root, _as_text("$study"), "/", _as_text("$number"), "/", token]
        attempt["workdir"] = {"$concat": place}
    begun = {"input": _if("array", "$attempts", []), "cond": {"$ne": ["$$this.outcome", UNBEGUN]}}
    kept = {"$slice": [{"$filter": begun}, -(ATTEMPTS_KEPT - 1)]}
    return [
        {
            "$set": {
                "state": target(TrialEvent.CLAIM),
                "claim": {
                    "worker": literal(worker.id),
                    "token": token,
                    "expires_at": later(worker.lease_s),
                },
                "attempt": turn,
                "attempts": {"$concatArrays": [kept, [attempt]]},
                "started_at": NOW,
            }
        },
        {"$unset": ["order", "due_at", "finished_at", "duration_s"]},
    ]


def adopted(lease_s: float) -> Pipeline:
    """A claim whose reply was lost is found: its lease begins now."""
    return [{"$set": {"claim.expires_at": later(lease_s)}}]


def renewed(claim: Claim, last: tuple[int, float] | None) -> Pipeline:
    """The lease goes on; the last measurement and where the attempt runs are kept."""
    fields: Stage = {"claim.expires_at": later(claim.lease_s)}
    if last is not None:
        fields["last"] = literal(codec.last_document(*last))
    whereabouts = _whereabouts(claim)
    if whereabouts:
        fields["attempts"] = _attempt_with(claim.token, whereabouts)
    return [{"$set": fields}]


def completed(claim: Claim, value: float, result: Mapping[str, Any], log_tail: str) -> Pipeline:
    """The trial has a loss."""
    fields = {
        "loss": literal(claim.study.direction.loss(value)),
        "value": literal(value),
        "result": literal(dict(result)),
    }
    return _finished(claim, TrialEvent.COMPLETE, "complete", log_tail, fields=fields)


def pruned(claim: Claim, log_tail: str) -> Pipeline:
    """The trial stopped early on advice; its last measurement stands."""
    return _finished(claim, TrialEvent.PRUNE, "pruned", log_tail)


def cancelled(claim: Claim, log_tail: str) -> Pipeline:
    """The study no longer wanted it."""
    return _finished(claim, TrialEvent.CANCEL, "cancelled", log_tail)


def failed(
    claim: Claim,
    error: Failure | None,
    settlement: Settlement,
    kind: FailureKind | None,
    log_tail: str,
    *,
    made_way: bool = False,
    result: Mapping[str, Any] | None = None,
) -> Pipeline:
    """An attempt gave no loss: the trial waits again or is over, as ``settlement`` says.

    Without a ``kind`` it does not count as a failure. One that ``made_way`` may have an ``error``
    all the same, which says why.
    Only one that is over keeps the ``result``: another attempt will have its own.
    """
    word = "released" if made_way else "failed" if error is not None else UNBEGUN
    counted = {} if kind is None else {"failures": counted_failure(kind)}
    if target(settlement.event) != TrialState.WAITING.value:
        kept = {"result": literal(dict(result))} if result else {}
        fields = {**counted, **kept}
        return _finished(claim, settlement.event, word, log_tail, fields=fields, error=error)
    ended = _ended(claim, word, log_tail, error)
    return [{"$set": {"attempts": ended, **counted}}, *requeued(settlement, claim.study)]


def expired(token: str | None, event: TrialEvent, study: Study) -> Pipeline:
    """The lease ran out: the attempt is lost, the trial goes where ``event`` leads."""
    ending = {
        "ended_at": NOW,
        "outcome": LOST,
        "error": {"kind": LOST, "message": "its worker stopped renewing the lease"},
    }
    fields = {
        "attempts": _attempt_with(token, ending),
        "failures": counted_failure(FailureKind.LOST),
    }
    if target(event) == TrialState.WAITING.value:
        return [{"$set": fields}, *requeued(Settlement(event), study)]
    return [{"$set": {**fields, **_end(event)}}, {"$unset": ["claim", "order", "due_at"]}]


def requeued(settlement: Settlement, study: Study) -> Pipeline:
    """The trial waits again: first of all at once, or without a place until it is due.

    One that need not rest was not to blame (preempted, lost, refused by its worker): what it has
    lost already should not grow by a second wait behind the others. Where ``study`` is bounded, its
    leader lets it be claimed.
    """
    at_once = settlement.backoff_s <= 0
    less = FRONT + hindrance(study)
    first: Stage = {"order": {"$subtract": [_if("number", "$number", 0), less]}}
    place: Stage = first if at_once else {"due_at": later(settlement.backoff_s)}
    return [
        {"$set": {"state": target(settlement.event), "waiting_since": NOW, **place}},
        {"$unset": ["claim", "started_at", *(["due_at"] if at_once else ["order"])]},
    ]


def retried(study: Study) -> Pipeline:
    """A trial that was over waits again, before all others, and every kind of failure is forgiven.

    Its attempts stay; what it told when it failed does not.
    """
    return [
        {"$set": {"failures": literal({})}},
        *requeued(Settlement(TrialEvent.RETRY), study),
        {"$unset": ["finished_at", "duration_s", "result"]},
    ]


def withdrawn() -> Pipeline:
    """A waiting trial is cancelled before anybody took it."""
    return [
        {"$set": {"state": target(TrialEvent.CANCEL), "finished_at": NOW}},
        {"$unset": ["claim", "order", "due_at"]},
    ]


def measured(document: Mapping[str, Any]) -> Pipeline:
    """A measurement: of two attempts at one step the later wins, whichever comes first."""
    turn = document["attempt"]
    new = {"$mergeObjects": [literal(dict(document)), {"at": NOW, "_id": "$_id"}]}
    return [{"$replaceWith": {"$cond": [{"$gt": ["$attempt", turn]}, "$$ROOT", new]}}]


def counted_failure(kind: FailureKind) -> Stage:
    """``failures`` with one more of ``kind``."""
    before = _if("number", f"$failures.{kind.value}", 0)
    return {"$mergeObjects": [_if("object", "$failures", {}), {kind.value: {"$add": [before, 1]}}]}


def cleaned(failure: Failure) -> Failure:
    """``failure`` cut to what a document holds, in text that BSON takes."""
    return replace(
        failure,
        type=None if failure.type is None else _text(failure.type)[:MESSAGE_CHARS],
        message=_text(failure.message)[:MESSAGE_CHARS],
        traceback=failure.traceback and _text(failure.traceback)[-TRACEBACK_CHARS:],
    )


def _finished(
    claim: Claim,
    event: TrialEvent,
    outcome: str,
    log_tail: str,
    *,
    fields: Mapping[str, Any] | None = None,
    error: Failure | None = None,
) -> Pipeline:
    ended = _ended(claim, outcome, log_tail, error)
    return [
        {"$set": {"attempts": ended, **_end(event, claim.idle_s), **(fields or {})}},
        {"$unset": ["claim", "order", "due_at"]},
    ]


def _end(event: TrialEvent, idle_s: float = 0.0) -> Stage:
    # dates differ in milliseconds; a hand-edited trial may have lost its start
    passed = {"$subtract": [NOW, _if("date", "$started_at", NOW)]}
    ran = {"$max": [0, {"$subtract": [passed, round(idle_s * 1000)]}]}
    seconds = {"$divide": [ran, 1000]}
    return {"state": target(event), "finished_at": NOW, "duration_s": seconds}


def _ended(claim: Claim, outcome: str, log_tail: str, error: Failure | None) -> Stage:
    ending: Stage = {"ended_at": NOW, "outcome": outcome, **_whereabouts(claim)}
    if error is not None:
        ending["error"] = literal(codec.failure_document(cleaned(error)))
    if log_tail:
        ending["log_tail"] = literal(_tail(log_tail))
    return _attempt_with(claim.token, ending)


WHEREABOUTS = ("device", "bundle", "workdir", "log_bytes")


def _whereabouts(claim: Claim) -> Stage:
    """What the worker wrote into its attempt since the claim."""
    mine: Attempt | None = claim.trial.attempts[-1] if claim.trial.attempts else None
    if mine is None or mine.token != claim.token:
        return {}
    found: dict[str, Any] = {name: getattr(mine, name) for name in WHEREABOUTS}
    found["devices"] = codec.devices_document(mine.devices) or None
    return {name: literal(value) for name, value in found.items() if value is not None}


def _attempt_with(token: str | None, fields: Mapping[str, Any]) -> Stage:
    """``attempts`` in which the one of ``token`` has ``fields``."""
    merged = {"$mergeObjects": ["$$this", dict(fields)]}
    return {
        "$map": {
            "input": _if("array", "$attempts", []),
            "in": {"$cond": [{"$eq": ["$$this.token", token]}, merged, "$$this"]},
        }
    }


def _if(kind: str, field: str, otherwise: Any) -> Stage:
    """A field where it holds a ``kind``; a broken one would fail the whole update, for all."""
    fits = {"$isNumber": field} if kind == "number" else {"$eq": [{"$type": field}, kind]}
    return {"$cond": [fits, field, otherwise]}


def _as_text(field: str) -> Stage:
    """A field as text; nothing where somebody has broken it by hand."""
    return {"$convert": {"input": field, "to": "string", "onError": "", "onNull": ""}}


def _tail(log: str) -> str:
    return _text(log).encode()[-TAIL_BYTES:].decode(errors="ignore")


def _text(found: str) -> str:
    """Text without lone surrogates and NULs, which BSON or its users cannot take."""
    return found.encode(errors="replace").decode().replace("\0", "\ufffd")
