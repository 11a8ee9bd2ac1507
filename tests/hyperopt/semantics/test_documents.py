"""Trials: the documents that a search leaves, and what is asked of them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest


@pytest.fixture
def document():
    """A finished trial, as a document: ``document(tid, loss)``."""

    def make(tid, loss=0.0, *, exp_key=None, state=2, **result):
        return {
            "state": state,
            "tid": tid,
            "spec": None,
            "result": {"status": "ok", "loss": loss, **result},
            "misc": {
                "tid": tid,
                "cmd": None,
                "workdir": None,
                "idxs": {"x": [tid], "y": []},
                "vals": {"x": [loss / 10], "y": []},
            },
            "exp_key": exp_key,
            "owner": None,
            "version": 0,
            "book_time": None,
            "refresh_time": None,
        }

    return make


@pytest.fixture
def three(hyperopt, document):
    return hyperopt.trials_from_docs([document(0, 3.0), document(1, 1.0), document(2, 2.0)])


def test_what_is_asked_of_trials(three):
    assert len(three) == 3
    assert three.tids == [0, 1, 2]
    assert [doc["tid"] for doc in three] == [0, 1, 2]
    assert three.trials == list(three)
    assert three.losses() == [3, 1, 2]
    assert three.statuses() == ["ok"] * 3
    assert three.specs == [None] * 3
    assert three.results[1] == {"status": "ok", "loss": 1.0}
    assert three.miscs[2]["vals"] == {"x": [0.2], "y": []}
    assert three.vals == {"x": [0.3, 0.1, 0.2], "y": []}
    assert three.idxs == {"x": [0, 1, 2], "y": []}
    assert three.idxs_vals == (three.idxs, three.vals)
    assert three.best_trial["tid"] == 1
    assert three.argmin == {"x": 0.1}


def test_empty_trials(hyperopt, module):
    trials = hyperopt.Trials()
    assert (len(trials), trials.losses(), trials.tids, list(trials)) == (0, [], [], [])
    with pytest.raises(module("exceptions").AllTrialsFailed):
        trials.best_trial  # noqa: B018 - it raises
    with pytest.raises(ValueError):
        trials.average_best_error()


def test_documents_make_a_round_trip(hyperopt, three):
    again = hyperopt.trials_from_docs(copy.deepcopy(three.trials))
    assert again.trials == three.trials
    assert again.argmin == three.argmin


def test_trials_can_be_pickled_and_gone_on_with(hyperopt, hp, search):
    def loss(x):
        return {"status": "ok", "loss": x, "attachments": {"a": b"kept"}}

    trials = hyperopt.Trials()
    search(loss, hp.uniform("x", 0, 1), trials=trials, max_evals=2)
    again = pickle.loads(pickle.dumps(trials))
    assert again.trials == trials.trials
    assert again.trial_attachments(again.trials[1])["a"] == b"kept"
    search(loss, hp.uniform("x", 0, 1), trials=again, max_evals=4)
    assert (len(again), len(trials)) == (4, 2)
    assert again.tids == [0, 1, 2, 3]


def test_new_documents_are_seen_after_a_refresh(hyperopt):
    trials = hyperopt.Trials()
    tids = trials.new_trial_ids(2)
    assert len(set(tids + trials.new_trial_ids(2))) == 4
    miscs = [{"tid": tid, "cmd": None, "idxs": {}, "vals": {}} for tid in tids]
    docs = trials.new_trial_docs(tids, [None] * 2, [{"status": "new"}] * 2, miscs)
    assert [doc["state"] for doc in docs] == [hyperopt.JOB_STATE_NEW] * 2
    assert [doc["result"] for doc in docs] == [{"status": "new"}] * 2
    assert (docs[0]["owner"], docs[0]["book_time"], docs[0]["exp_key"]) == (None, None, None)
    assert trials.insert_trial_docs(docs) == tids
    assert len(trials) == 0
    assert trials.count_by_state_unsynced(hyperopt.JOB_STATE_NEW) == 2
    assert trials.count_by_state_synced(hyperopt.JOB_STATE_NEW) == 0
    trials.refresh()
    assert trials.tids == tids
    assert trials.count_by_state_synced(hyperopt.JOB_STATE_NEW) == 2
    assert trials.losses() == [None, None]


def test_one_document_can_be_added(hyperopt, document):
    trials = hyperopt.Trials()
    assert trials.insert_trial_doc(document(7)) == 7
    trials.refresh()
    assert trials.tids == [7]


def test_trials_are_counted_by_state(hyperopt, document):
    states = [0, 1, 2, 2, 3, 4]
    docs = [document(tid, state=state) for tid, state in enumerate(states)]
    trials = hyperopt.trials_from_docs(docs)
    counted = trials.count_by_state_unsynced
    assert hyperopt.JOB_STATES == [0, 1, 2, 3, 4]
    assert [counted(state) for state in hyperopt.JOB_STATES] == [1, 1, 2, 1, 1]
    assert counted((hyperopt.JOB_STATE_NEW, hyperopt.JOB_STATE_RUNNING)) == 2
    assert trials.count_by_state_synced(hyperopt.JOB_STATE_ERROR) == 0
    assert trials.tids == [0, 1, 2, 3], "those that raised or were cancelled are not seen"
    with pytest.raises(TypeError):
        counted(None)


def test_a_view_sees_one_experiment(hyperopt, document):
    keyed = hyperopt.Trials(exp_key="a")
    keyed.insert_trial_docs([document(0, exp_key="a")])
    other = keyed.view(exp_key="b")
    other.insert_trial_docs([document(1, exp_key="b"), document(2, exp_key="b")])
    other.refresh()
    keyed.refresh()
    assert (keyed.tids, other.tids) == ([0], [1, 2])
    assert keyed.view().tids == [0, 1, 2]
    assert other.count_by_state_unsynced(hyperopt.JOB_STATE_DONE) == 2
    other.trial_attachments(other.trials[0])["shared"] = 1
    assert "shared" in keyed.view("b").trial_attachments(other.trials[0])
    assert keyed.new_trial_docs([3], [None], [{}], [{}])[0]["exp_key"] == "a"


def test_deleted_trials_are_gone(three):
    three.trial_attachments(three.trials[0])["a"] = 1
    three.delete_all()
    assert len(three) == 0
    assert not three.attachments


@pytest.mark.parametrize(
    "spoil",
    [
        lambda doc: None,
        lambda doc: {key: doc[key] for key in doc if key != "state"},
        lambda doc: {key: doc[key] for key in doc if key != "misc"},
        lambda doc: {**doc, "misc": {k: v for k, v in doc["misc"].items() if k != "vals"}},
        lambda doc: {**doc, "misc": {k: v for k, v in doc["misc"].items() if k != "cmd"}},
        lambda doc: {**doc, "tid": 5},
        lambda doc: {**doc, "exp_key": "of another experiment"},
    ],
)
def test_what_is_no_trial_is_refused(hyperopt, module, document, spoil):
    invalid = module("exceptions").InvalidTrial
    trials = hyperopt.Trials()
    wrong = spoil(document(0))
    with pytest.raises(invalid):
        trials.assert_valid_trial(wrong)
    with pytest.raises(invalid):
        hyperopt.trials_from_docs([document(1), wrong])
    assert issubclass(invalid, ValueError)
    assert trials.assert_valid_trial(document(0))["tid"] == 0


def test_documents_need_not_be_looked_at(hyperopt, document):
    doc = document(0)
    del doc["owner"]
    assert hyperopt.trials_from_docs([doc], validate=False).tids == [0]


def test_the_average_best_error_is_the_true_loss_of_the_best(hyperopt, document):
    docs = [document(0, 2.0, true_loss=7.0), document(1, 1.0, true_loss=5.0), document(2, 3.0)]
    assert hyperopt.trials_from_docs(docs).average_best_error() == 5
    assert hyperopt.trials_from_docs(docs[2:]).average_best_error() == 3


def test_the_average_best_error_weighs_losses_by_how_likely_they_are_best(hyperopt, document):
    docs = [
        document(0, 1.0, loss_variance=0.01, true_loss=4.0),
        document(1, 1.0, loss_variance=0.01, true_loss=6.0),
        document(2, 9.0, loss_variance=0.01, true_loss=100.0),
        document(3, 0.0, loss_variance=0.01, true_loss=-9.0, status="fail"),
    ]
    assert hyperopt.trials_from_docs(docs).average_best_error() == pytest.approx(5, abs=0.3)


def test_a_control_can_add_results_of_other_points(hyperopt, document):
    trials = hyperopt.trials_from_docs([document(0, 3.0)])
    ctrl = hyperopt.Ctrl(trials, current_trial=trials.trials[0])
    misc = {"idxs": {"x": [1]}, "vals": {"x": [0.5]}}
    result = {"status": "ok", "loss": 1.0}
    tids = ctrl.inject_results([None], [result], [misc], new_tids=[1])
    trials.refresh()
    assert tids == [1]
    assert trials.losses() == [3.0, 1.0]
    assert trials.trials[1]["state"] == hyperopt.JOB_STATE_DONE
    assert trials.trials[1]["misc"]["from_tid"] == 0


def test_documents_hold_pythons_own_numbers(module):
    sonify = module("base").SONify
    given = {"a": np.float64(1.5), "b": [np.int64(2), (np.arange(2),)], "c": np.array(3.0)}
    found = sonify(given)
    assert found == {"a": 1.5, "b": [2, ([0, 1],)], "c": 3.0}
    assert type(found["a"]) is float
    assert type(found["b"][0]) is int


def test_values_move_between_columns_and_documents(module):
    base = module("base")
    miscs = [{"tid": 4}, {"tid": 9}]
    idxs, vals = {"x": [4, 9], "y": [9]}, {"x": [0.5, 0.25], "y": [7]}
    base.miscs_update_idxs_vals(miscs, idxs, vals)
    assert miscs[0] == {"tid": 4, "idxs": {"x": [4], "y": []}, "vals": {"x": [0.5], "y": []}}
    assert base.miscs_to_idxs_vals(miscs) == (idxs, vals)
    assert base.spec_from_misc(miscs[0]) == {"x": 0.5}
    assert base.spec_from_misc(miscs[1]) == {"x": 0.25, "y": 7}
    with pytest.raises(ValueError):
        base.miscs_to_idxs_vals([])
