from dataclasses import replace
from datetime import datetime, timezone

import pytest

from parzen.hyperopt import hp, views
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.exceptions import InvalidTrial
from parzen.shared.errors import InvalidParams
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, Failure, Study, Trial, Uid

AT = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
NAIVE = AT.replace(tzinfo=None)
SPACE = hp.choice("a.b", [hp.uniform("x", 0, 1), hp.randint("n", 9)])
TRANSLATION = Domain(len, SPACE).translation
STUDY = Study(name="s", uid=Uid("u"), dimensions=TRANSLATION.dimensions)


def trial(state="waiting", **fields):
    first = TRANSLATION.dimensions[0]
    params = {first.name: first.choices[1], "n": 4}
    given = {"params": params, "state": TrialState(state), **fields}
    return Trial(study="s", uid=Uid("u"), number=5, **given)


def failed(**error):
    return Attempt(
        n=1, token="t", worker="host:1:a", host="host",
        error=Failure(kind=FailureKind.EXCEPTION, **error),
    )  # fmt: skip


def test_a_trial_has_hyperopts_shape():
    done = trial("complete", loss=2.0, value=2.0, result={"note": 1}, attempt=1,
                 started_at=AT, finished_at=AT, attempts=(failed(),))  # fmt: skip
    doc = views.document(STUDY, done, "exp")
    assert (doc["tid"], doc["state"], doc["exp_key"], doc["owner"]) == (5, 2, "exp", ["host:1:a"])
    assert doc["result"] == {"loss": 2.0, "status": "ok", "note": 1}
    assert doc["misc"]["vals"] == {"a.b": [1], "x": [], "n": [4]}
    assert doc["misc"]["idxs"] == {"a.b": [5], "x": [], "n": [5]}
    assert (doc["book_time"], doc["refresh_time"]) == (NAIVE, NAIVE)


@pytest.mark.parametrize(
    ("state", "fields", "seen", "result"),
    [
        ("waiting", {}, 0, {"status": "new"}),
        ("running", {}, 1, {"status": "new"}),
        ("cancelled", {}, 4, {"status": "new"}),
        ("pruned", {}, 2, {"status": "fail"}),
        ("failed", {"result": {"status": "fail", "why": 1}}, 2, {"status": "fail", "why": 1}),
        ("failed", {"attempts": (failed(type="ValueError", message="m"),)}, 3, {"status": "fail"}),
    ],
)
def test_states_are_integers_and_a_returned_failure_is_a_result(state, fields, seen, result):
    doc = views.document(STUDY, trial(state, **fields), None)
    assert (doc["state"], doc["result"]) == (seen, result)
    assert doc["misc"].get("error") == (("ValueError", "m") if seen == 3 else None)


def test_a_document_becomes_a_trial_again():
    done = trial("complete", loss=2.0, value=2.0, result={"note": 1}, started_at=AT, finished_at=AT)
    draft = views.draft(TRANSLATION, views.document(STUDY, done, None), "me")
    assert draft.params == done.params
    assert (draft.state, draft.loss, draft.value) == (TrialState.COMPLETE, 2.0, 2.0)
    assert draft.result == {"note": 1, "status": "ok"}
    assert (draft.started_at, draft.finished_at) == (AT, AT)
    waiting = views.draft(TRANSLATION, views.document(STUDY, trial(), None), "me")
    assert (waiting.state, waiting.result, waiting.enqueued_by) == (TrialState.WAITING, {}, "me")


@pytest.mark.parametrize(
    ("vals", "said"),
    [
        ({"a.b": [1], "n": []}, "no value for 'n'"),
        ({"n": [1]}, "no value for 'a.b'"),
        ({"a.b": [1], "n": [1, 2]}, "'n' has the values"),
    ],
)
def test_a_document_that_is_no_whole_point_is_refused(vals, said):
    doc = views.document(STUDY, trial(), None)
    doc["misc"]["vals"] = vals
    with pytest.raises(InvalidTrial, match=said):
        views.draft(TRANSLATION, doc, "me")


def test_a_value_outside_the_space_is_refused():
    doc = views.document(STUDY, trial(), None)
    doc["misc"]["vals"]["n"] = [99]
    with pytest.raises(InvalidParams, match="an integer from 0 to 8"):
        views.draft(TRANSLATION, doc, "me")


def test_a_trial_that_somebody_broke_is_still_seen():
    broken = replace(trial(), params={})
    assert views.document(STUDY, broken, None, TRANSLATION)["misc"]["vals"]["n"] == []


def test_times_in_a_result_have_no_time_zone():
    done = trial("complete", loss=2.0, value=2.0, result={"at": AT, "more": [{"at": AT}]})
    result = views.document(STUDY, done, None)["result"]
    assert (result["at"], result["more"]) == (NAIVE, [{"at": NAIVE}])


def test_a_document_of_another_space_is_refused():
    doc = views.document(STUDY, trial(), None)
    doc["misc"]["vals"]["a.b"] = [7]
    with pytest.raises(InvalidParams, match="an index from 0 to 1"):
        views.draft(TRANSLATION, doc, "me")
