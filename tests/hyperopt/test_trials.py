from __future__ import annotations

import pickle

import pytest

from parzen.hyperopt import JOB_STATE_DONE, Trials, fmin, hp, rand, trials_from_docs


@pytest.fixture
def trials():
    found = Trials()
    fmin(
        lambda x: {"status": "ok", "loss": x, "attachments": {"a": 1, "b": b"2"}},
        hp.uniform("x", 0, 1), rand.suggest, 4, trials=found, verbose=False, rstate=0,
    )  # fmt: skip
    return found


def test_trials_have_places(trials):
    assert trials[0] is trials.trials[0]
    assert trials[-1]["tid"] == 3
    assert trials[1:3] == trials.trials[1:3]
    with pytest.raises(IndexError):
        trials[4]


def test_empty_trials_are_true_and_say_what_they_are(trials):
    assert Trials()
    assert repr(trials) == "<Trials: 4 trials>"
    assert repr(Trials(exp_key="a")) == "<Trials of 'a': 0 trials>"
    assert Trials().vals == Trials().idxs == {}


def test_new_ids_are_none_that_a_trial_has(trials):
    far = {**trials[0], "tid": 7, "misc": {**trials[0]["misc"], "tid": 7}}
    trials.insert_trial_docs([far])
    trials.refresh()
    found = trials.new_trial_ids(4)
    assert not set(found) & set(trials.tids)
    assert not set(trials.new_trial_ids(2)) & {*trials.tids, *found}


def test_attachments_are_listed_by_name(trials):
    kept = trials.trial_attachments(trials[2])
    assert sorted(kept) == ["a", "b"]
    assert trials.attachments[trials.aname(trials[2], "a")] == 1


def test_ids_begin_anew_after_all_was_deleted(trials):
    trials.delete_all()
    assert trials.new_trial_ids(2) == [0, 1]


def test_a_state_that_is_none_is_named(trials):
    assert trials.count_by_state_synced(JOB_STATE_DONE, trials[:2]) == 2
    for wrong in (7, [2, 7], -1):
        with pytest.raises(ValueError, match=r"there is no state (7|-1): expected one of \[0, 1"):
            trials.count_by_state_unsynced(wrong)


def test_results_may_hold_anything(trials):
    model = object()
    trials[0]["result"]["model"] = model
    again = trials_from_docs(trials.trials)
    assert again.results[0]["model"] is model
    assert again[0] is not trials[0]


def test_a_bandit_may_judge(trials):
    class Bandit:
        def loss(self, result, spec):
            return -result["loss"]

        def status(self, result, spec):
            return result["status"].upper()

    assert trials.losses(Bandit()) == [-loss for loss in trials.losses()]
    assert trials.statuses(Bandit()) == ["OK"] * 4


def test_a_pickle_goes_on_alike(trials):
    again = pickle.loads(pickle.dumps(trials))
    for found in (trials, again):
        fmin(lambda x: x, hp.uniform("x", 0, 1), max_evals=8, trials=found, verbose=False, rstate=1)
    assert trials.losses() == again.losses()


def test_its_own_fmin_is_silent_and_takes_arguments_by_place(trials, capsys):
    trials.fmin(abs, hp.uniform("x", 0, 1), rand.suggest, 6)
    trials.fmin(abs, hp.uniform("x", 0, 1), max_evals=6, points_to_evaluate=[{"x": 0.0}])
    assert len(trials) == 7
    assert capsys.readouterr() == ("", "")


def test_documents_are_added_all_or_none(trials):
    with pytest.raises(ValueError):
        trials.insert_trial_docs([{**trials[0], "spec": 1}, {}])
    trials.refresh()
    assert len(trials) == 4
