import math

import pytest

from parzen.shared.entries import Importable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Direction, Failed, Failure, Pruned, Released
from parzen.worker.executor.messages import Garbled, Message
from parzen.worker.executor.protocol import Attached, Done, Job, Measured, Started
from parzen.worker.executor.translation import (
    TEXT_CHARS,
    event_from,
    job_fields,
    job_from,
    outcome_fields,
)


def test_a_job_arrives_as_it_was_sent(tmp_path):
    job = Job(
        bundle=tmp_path / "b.zip",
        digest="d",
        only=Importable(("mylab",)),
        direction=Direction.MAXIMIZE,
        params={"x": 0.5, "opt": "sgd"},
        number=3,
        attempt=2,
        workdir=tmp_path / "w",
        log=tmp_path / "w.log",
        previous_workdir=tmp_path / "v",
        user={"note": "n"},
        environ={"CUDA_VISIBLE_DEVICES": "GPU-1"},
        devices=("GPU-1",),
        cpus=(0, 1),
    )
    assert job_from(job_fields(job)) == job


def done(outcome, replace=None):
    return Message("done", {**outcome_fields(outcome), "replace": replace})


def failed(**fields):
    return Failed(error=Failure(**{"kind": FailureKind.EXCEPTION, "message": "m", **fields}))


@pytest.mark.parametrize(
    "outcome",
    [
        Completed(value=0.5, result={"a": [1], "nan": math.inf, "raw": b"1"}),
        Pruned(),
        failed(type="E", traceback="t", exit_code=3),
        Failed(error=failed().error, result={"a": [1], "inf": -math.inf, "raw": b"1"}),
        *(failed(kind=FailureKind(kind)) for kind in ("killed", "out_of_memory", "untrusted")),
    ],
)
def test_an_outcome_arrives_as_it_was_sent(outcome):
    assert event_from(done(outcome, "a thread")) == Done(outcome, "a thread")


def test_an_event_arrives_as_it_was_sent():
    assert event_from(Message("started")) == Started()
    assert event_from(Message("measured", {"step": 2, "value": 1})) == Measured(2, 1.0)
    assert event_from(Message("attached", {"name": "a/b"}, b"1")) == Attached("a/b", b"1")


def test_a_child_cannot_give_its_trial_back():
    with pytest.raises(TypeError):
        outcome_fields(Released())


@pytest.mark.parametrize(
    ("value", "result", "why"),
    [
        (math.nan, {}, "the loss is nan, expected a finite number"),
        (-math.inf, {}, "the loss is -inf"),
        (0.5, {"n": 1 << 64}, "beyond 64 bits"),
        (0.5, {"text": "\ud800"}, "surrogate"),
        (0.5, {"much": "x" * (2 << 20)}, "larger than"),
    ],
)
def test_a_result_that_no_document_holds_is_invalid(value, result, why):
    error = event_from(done(Completed(value=value, result=result))).outcome.error
    assert error.kind is FailureKind.INVALID_RESULT
    assert why in error.message


def test_what_a_failed_trial_found_is_invalid_where_no_document_holds_it():
    told = Failed(error=failed().error, result={"n": 1 << 64})
    error = event_from(done(told)).outcome.error
    assert error.kind is FailureKind.INVALID_RESULT
    assert "beyond 64 bits" in error.message


def test_a_text_without_end_is_cut():
    error = event_from(done(failed(traceback="x" * (TEXT_CHARS + 1)))).outcome.error
    assert len(error.traceback) == TEXT_CHARS


GOOD = {
    "measured": {"step": 0, "value": 0.5},
    "attached": {"name": "a"},
    "completed": {"outcome": "completed", "value": 0.5, "result": {}},
    "failed": {**outcome_fields(failed()), "replace": None},
}


@pytest.mark.parametrize(
    ("of", "wrong"),
    [
        ("measured", {"step": math.inf}),
        ("measured", {"step": math.nan}),
        ("measured", {"step": 10**400}),
        ("measured", {"step": 1 << 63}),
        ("measured", {"step": -1}),
        ("measured", {"step": True}),
        ("measured", {"step": "1"}),
        ("measured", {"value": 10**400}),
        ("measured", {"value": None}),
        ("measured", {"value": [1.0]}),
        ("attached", {"name": "../up"}),
        ("attached", {"name": "\ud800"}),
        ("attached", {"name": {}}),
        ("completed", {"value": 10**400}),
        ("completed", {"value": "0.5"}),
        ("completed", {"result": [["a", 1]]}),
        ("completed", {"outcome": "released"}),
        ("completed", {"outcome": ["completed"]}),
        ("completed", {"replace": 3}),
        ("failed", {"kind": "x"}),
        ("failed", {"kind": {}}),
        *(("failed", {"kind": kind}) for kind in ("preempted", "lost", "timeout")),
        ("failed", {"type": {}}),
        ("failed", {"message": None}),
        ("failed", {"traceback": [1]}),
        ("failed", {"exit_code": 1 << 70}),
        ("failed", {"exit_code": math.inf}),
        ("failed", {"result": [["a", 1]]}),
    ],
)
def test_what_no_child_of_ours_says_is_refused(of, wrong):
    kind = of if of in ("measured", "attached") else "done"
    event_from(Message(kind, GOOD[of]))
    with pytest.raises(Garbled, match=f"{kind}.*{next(iter(wrong))}"):
        event_from(Message(kind, {**GOOD[of], **wrong}))


@pytest.mark.parametrize("message", [Message("done"), Message("measured"), Message("x" * 9999)])
def test_a_message_without_its_fields_or_without_a_meaning_is_refused(message):
    with pytest.raises(Garbled) as refused:
        event_from(message)
    assert len(str(refused.value)) < 300
