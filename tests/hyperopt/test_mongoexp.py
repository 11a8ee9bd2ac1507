import pickle
from datetime import datetime, timedelta, timezone

import pytest

from parzen.hyperopt import JOB_STATE_DONE, JOB_STATE_NEW, fmin, hp, mongoexp, rand, views
from parzen.hyperopt.mongoexp import MongoTrials
from parzen.shared.errors import InvalidParams, InvalidStore, NotFound
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Completed, Failed, Failure
from parzen.shared.steering import Draft

SPACE = {"x": hp.uniform("x", 0, 1), "kind": hp.choice("kind", ["a", "b"])}


def laid_out(trials, space=SPACE):
    """The study is there, and nobody proposes or runs."""
    assert fmin(lambda point: point["x"], space, rand.suggest, 0, trials=trials) is None
    return trials


def docs(trials, *states, loss=0.25):
    new = trials.new_trial_ids(len(states))
    return [
        {
            **trials.new_trial_docs(
                [tid], [None],
                [{"status": "ok", "loss": loss} if state == JOB_STATE_DONE else {"status": "new"}],
                [{"tid": tid, "cmd": None, "idxs": {"x": [tid], "kind": [tid]},
                  "vals": {"x": [0.5], "kind": [1]}}],
            )[0],
            "state": state,
        }
        for tid, state in zip(new, states, strict=True)
    ]  # fmt: skip


def test_before_a_search_there_are_no_trials_and_no_study(open_trials):
    trials = open_trials()
    assert (len(trials), trials.handle, trials.trials) == (0, None, [])
    with pytest.raises(NotFound, match="call fmin first"):
        trials.put([])


def test_max_evals_of_0_lays_the_study_out_and_proposes_nothing(open_trials, store):
    trials = laid_out(open_trials())
    study = store.catalog.study("exp")
    assert [d.name for d in study.dimensions] == ["x", "kind"]
    assert (study.sampler.name, study.tags, len(trials)) == ("enqueued", ("hyperopt",), 0)


def test_documents_that_are_added_are_trials_of_the_study(open_trials, store):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE, JOB_STATE_NEW))
    trials.refresh()
    assert trials.tids == [0, 1]
    assert trials.losses() == [0.25, None]
    assert trials.argmin == {"x": 0.5, "kind": 1}
    assert trials.count_by_state_unsynced([JOB_STATE_NEW]) == 1
    stored = list(store.catalog.trials(store.catalog.study("exp"), slim=False))
    assert [trial.state for trial in stored] == [TrialState.COMPLETE, TrialState.WAITING]
    assert stored[0].params == {"x": 0.5, "kind": "b"}


def test_documents_that_are_added_before_the_search_go_into_its_study(open_trials):
    trials = open_trials()
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE))
    trials.refresh()
    assert trials.losses() == [0.25]
    laid_out(trials)
    assert trials.losses() == [0.25]
    assert open_trials().losses() == [0.25]


def test_what_workers_report_is_seen_at_the_next_look(open_trials, new_hand):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, *[JOB_STATE_NEW] * 4))
    hand = new_hand()
    first, second, third = hand.claim(trials.handle.study, 3)
    told = Failure(kind=FailureKind.EXCEPTION, type="TrialFailed", message="no")
    raised = Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="too large")
    hand.queue.report(
        [
            (first, Completed(value=3.0, result={"status": "ok", "extra": 1})),
            (second, Failed(error=told, result={"status": "fail", "why": "no"})),
            (third, Failed(error=raised)),
        ]
    )
    trials.refresh()
    assert [doc["state"] for doc in trials.everything()] == [2, 2, 3, 0]
    assert trials.results == [
        {"status": "ok", "extra": 1, "loss": 3.0},
        {"status": "fail", "why": "no"},
        {"status": "new"},
    ]
    assert trials.everything()[2]["error"] == ("ValueError", "too large")
    assert trials.tids == [0, 1, 3]


def test_trials_that_are_over_are_not_read_again(open_trials, monkeypatch):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE, JOB_STATE_NEW))
    trials.refresh()
    read, real = [], views.document
    monkeypatch.setattr(mongoexp, "OVERLAP", -timedelta(seconds=1))
    monkeypatch.setattr(
        views,
        "document",
        lambda study, trial, *a: read.append(trial.number) or real(study, trial, *a),
    )
    trials.refresh()
    assert (read, trials.losses()) == ([1], [0.25, None])


def test_a_trial_that_was_imported_as_long_over_is_seen_at_the_next_look(open_trials, store):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE))
    trials.refresh()
    long_ago = datetime(2020, 1, 1, tzinfo=timezone.utc)
    earlier = Draft(
        params={"x": 0.5, "kind": "a"}, state=TrialState.COMPLETE, loss=2.0, value=2.0,
        started_at=long_ago, finished_at=long_ago,
    )  # fmt: skip
    store.catalog.append(store.catalog.study("exp"), [earlier])
    trials.refresh()
    assert trials.losses() == [0.25, 2.0]


def test_a_trial_that_ends_between_two_reads_is_not_lost(open_trials, new_hand, monkeypatch):
    trials, hand = laid_out(open_trials()), new_hand()
    trials.insert_trial_docs(docs(trials, JOB_STATE_NEW))
    trials.refresh()
    claims = hand.claim(trials.handle.study)
    real = type(trials.handle).trials

    def read(handle, **asked):
        found = real(handle, **asked)
        if "states" in asked and claims:
            hand.finish([claims.pop()])
            return []  # as if it had been read a moment later
        return [] if "finished_at" in str(asked) else found

    monkeypatch.setattr(type(trials.handle), "trials", read)
    trials.refresh()
    assert trials.statuses() == ["ok"]


def test_a_database_that_nobody_set_up_is_set_up(mongod_uri, store):
    name = f"{store.db.name}_new"
    place = mongod_uri.replace("mongodb://", "mongo://").replace("/parzen?", f"/{name}/jobs?")
    trials = MongoTrials(place, "exp")
    assert len(laid_out(trials)) == 0
    trials.close()
    store.db.client.drop_database(name)


def test_trials_that_do_not_fit_are_kept_and_nothing_is_stored(open_trials, store):
    trials = open_trials()
    early = docs(trials, JOB_STATE_DONE, JOB_STATE_DONE)
    early[1]["misc"]["vals"]["x"] = ["abc"]
    trials.insert_trial_docs(early)
    with pytest.raises(InvalidParams, match="'abc'"):
        laid_out(trials)
    trials.refresh()
    assert (len(trials), store.catalog.all_studies()) == (2, [])


def test_another_process_sees_the_same(open_trials):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE))
    trials.refresh()
    other = pickle.loads(pickle.dumps(trials))
    other.refresh()
    assert other.losses() == [0.25]
    other.close()
    seen = trials.view("another")
    assert (len(seen), seen.study_name) == (0, "another")
    seen.close()


def test_attachments_are_bytes_in_the_store(open_trials):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE))
    trials.refresh()
    kept = trials.trial_attachments(trials.trials[0])
    kept["note"] = "ä"
    again = open_trials()
    kept = again.trial_attachments(again.trials[0])
    assert (kept["note"], "note" in kept, "more" in kept, list(kept)) == (
        "ä".encode(), True, False, ["note"],
    )  # fmt: skip
    with pytest.raises(KeyError, match="more"):
        kept["more"]
    with pytest.raises(NotImplementedError, match="stays with its trial"):
        del kept["note"]


def test_delete_all_deletes_the_study(open_trials, store):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE))
    trials.delete_all()
    assert (len(trials), trials.handle) == (0, None)
    assert store.catalog.all_studies() == []


def test_a_study_that_somebody_else_deleted_is_gone(open_trials):
    trials = laid_out(open_trials())
    trials.insert_trial_docs(docs(trials, JOB_STATE_DONE))
    open_trials().delete_all()
    trials.refresh()
    assert len(trials) == 0


def test_no_secret_is_shown():
    trials = MongoTrials("mongo://ann:secret@localhost:1/db/jobs", "exp", refresh=False)
    assert "secret" not in repr(trials)
    assert "localhost:1" in repr(trials)


def test_an_address_that_cannot_be_used_is_told():
    with pytest.raises(InvalidStore, match="tunnel by ssh"):
        MongoTrials("ssh+mongo://localhost:1/db/jobs")
