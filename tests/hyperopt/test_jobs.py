from datetime import datetime, timezone

import pytest

from parzen.client.importing.fitting import fitted
from parzen.client.importing.rows import Refused, Unfit
from parzen.hyperopt import hp, jobs
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.jobs import Jobs, Told, file_names, kept, value
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction, Study, Uid
from parzen.worker import result

AT = datetime(2020, 1, 2, 3, 4, 5)  # noqa: DTZ001 - Hyperopt's times have no zone
SPACE = hp.choice("a.b", [hp.quniform("q", 1, 9, 2), hp.randint("n", 9)])
STUDY = Study(name="s", uid=Uid("u"), dimensions=Domain(len, SPACE).translation.dimensions)
OK = {"status": "ok", "loss": 0.5}


def job(**fields):
    """A job as Hyperopt writes it once it has been run."""
    vals = fields.pop("vals", {"a.b": [1], "q": [], "n": [4]})
    return {
        "_id": "x", "tid": 7, "state": 2, "spec": None, "result": OK, "exp_key": "e", "version": 3,
        "misc": {"tid": 7, "cmd": ["domain_attachment", "FMinIter_Domain"], "vals": vals,
                 "idxs": {label: [7] if found else [] for label, found in vals.items()}},
        "owner": ["host:12"], "book_time": AT, "refresh_time": AT, **fields,
    }  # fmt: skip


def row_of(doc, study=STUDY, told=None):
    return Jobs(study, told or Told()).row(doc, 0, {})


def test_a_job_is_an_earlier_trial():
    row = row_of(job(result={**OK, "loss_variance": 0.1, "true_loss": 0.4}))
    draft = fitted(STUDY, row, value, "x")
    choice = STUDY.dimensions[0]
    assert draft.params == {choice.name: choice.choices[1], "n": 4}
    assert (draft.state, draft.loss, draft.value) == (TrialState.COMPLETE, 0.5, 0.5)
    assert draft.result == {"loss_variance": 0.1, "true_loss": 0.4}
    assert draft.user == {"hyperopt": {"tid": 7, "exp_key": "e", "owner": ["host:12"]}}
    assert draft.started_at == draft.finished_at == AT.replace(tzinfo=timezone.utc)
    assert (row.place, row.number) == ("trial 7", 7)


def test_labels_are_parameters_of_any_study():
    study = Study(
        name="s", uid=Uid("u"), direction=Direction.MAXIMIZE,
        dimensions=(
            Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", None)),
            Dimension(name="m%", kind=Kind.INT, low=1, high=9,
                      active_when=(Condition("opt", "sgd"),)),
        ),
    )  # fmt: skip
    told = Told()
    row = row_of(job(vals={"opt": [0], "m%": [3.0], "other": [1]}), study, told)
    draft = fitted(study, row, value, "x")
    assert draft.params == {"opt": "sgd", "m%": 3}
    assert type(draft.params["m%"]) is int
    assert (draft.loss, draft.value) == (0.5, -0.5)
    assert list(told) == ["labels that the study has no parameter for were left out: 'other'"]


@pytest.mark.parametrize(
    ("state", "found", "ours", "stays"),
    [
        (0, {"status": "new"}, "waiting", {}),
        (1, {"status": "new"}, "running", {}),
        (2, {"status": "fail", "why": 1}, "failed", {"status": "fail", "why": 1}),
        (2, {"status": "ok"}, "failed", {}),
        (2, {"status": "ok", "loss": float("inf")}, "failed", {"loss": float("inf")}),
        (2, {"status": "ok", "loss": "low"}, "failed", {"loss": "low"}),
        (2, {"status": "fail", "loss": 3.0}, "failed", {"status": "fail", "loss": 3.0}),
        (3, {"status": "new"}, "failed", {"error": ["<class 'ValueError'>", "m"]}),
        (4, {"status": "new"}, "cancelled", {}),
        (2.0, OK, "complete", {}),
    ],
)
def test_states_are_parzens(state, found, ours, stays):
    error = {"error": ["<class 'ValueError'>", "m"]} if state == 3 else {}
    row = row_of(job(state=state, result=found, **error))
    assert (row.state.value, row.result) == (ours, stays)
    assert row.loss == (0.5 if ours == "complete" else None)


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        (job(state=9), "trial 7: its state is 9; it must be a number from 0 to 4"),
        (job(state=[2]), "trial 7: its state is [2]; it must be"),
        ({"_id": 5, "state": 2, "result": OK}, "trial 5: it has no misc.vals"),
        (job(misc={"vals": [1]}), "trial 7: it has no misc.vals"),
        (job(result=0.5), "trial 7: its result is 0.5; it must be a dict"),
        (job(vals={"n": 4}), "trial 7: misc.vals['n'] is 4; it must be a list of one value"),
        (job(vals={"n": [4, 5]}), "trial 7: misc.vals['n'] is [4, 5]; it must be"),
        (job(book_time="noon"), "trial 7: its book_time is 'noon'; it must be a time"),
    ],
)
def test_what_is_no_job_is_refused_by_its_place(doc, said):
    found = row_of(doc)
    assert isinstance(found, Refused)
    assert str(found).startswith(said)


@pytest.mark.parametrize(
    ("vals", "why"),
    [
        ({"a.b": [2]}, "'a%2Eb' is 2; it must be an option's index, from 0 to 1"),
        ({"a.b": [0.5]}, "it must be an option's index"),
        ({"a.b": ["x"]}, "it must be an option's index"),
        ({"a.b": [1], "n": []}, "the parameter 'n' is missing; it must be an integer from 0 to 8"),
        ({"a.b": [1], "n": [9]}, "the label 'n' is 9; it must be an integer from 0 to 8"),
        ({"a.b": [0], "q": [4.5]}, "the label 'q' is 4.5; it must be a number"),
    ],
)
def test_a_value_that_does_not_lie_in_the_space_is_named_by_its_label(vals, why):
    with pytest.raises(Unfit, match=why):
        fitted(STUDY, row_of(job(vals=vals)), value, "x")


def test_what_no_document_holds_is_left_out_with_a_word():
    told = Told()
    for _ in range(2):
        row = row_of(job(result={**OK, "model": object(), "big": 2**70, "f1": 0.5}), told=told)
        assert row.result == {"f1": 0.5}
    assert list(told) == [
        "'model' was left out of the result of 2 trials: a document cannot hold it",
        "'big' was left out of the result of 2 trials: a document cannot hold it",
    ]


def test_of_results_that_are_too_large_together_the_largest_go(monkeypatch):
    monkeypatch.setattr(result, "RESULT_BYTES", 100)
    assert kept({"a": "x" * 50, "b": "y" * 60, "c": 1}) == ({"a": "x" * 50, "c": 1}, ["b"])
    assert kept({1: "x", "1": "y", "c": object()}) == ({"1": "x"}, ["1", "c"])


def test_names_of_attachments_are_mended_or_left_out(monkeypatch):
    told = Told()
    names = ["a.bin", "../x\n", "x" * jobs.NAME_CHARS + "y", 7, "a\0b", "a_b"]
    assert file_names(names, told, "trial 7") == {
        "a.bin": "a.bin",
        "../x\n": "_/x_",
        "x" * jobs.NAME_CHARS + "y": "x" * (jobs.NAME_CHARS - 1) + "y",
        "a\0b": "a_b",
    }
    said = list(told)
    assert said[0] == "the attachment '../x\\n' is called '_/x_' from now on"
    assert said[-2:] == [
        "left out: trial 7: the attachment 7, which names no file",
        "left out: trial 7: the attachment 'a_b', which names no file",
    ]
