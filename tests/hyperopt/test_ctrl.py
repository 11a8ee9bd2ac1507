from __future__ import annotations

from parzen.hyperopt import Ctrl, Trials, trials_from_docs
from parzen.hyperopt.fmin import generate_trial


def test_it_reaches_the_running_trial():
    trials = trials_from_docs([generate_trial(0, {"x": 1.0})])
    ctrl = Ctrl(trials, current_trial=trials[0])
    ctrl.checkpoint()
    assert trials.results == [{"status": "new"}]
    ctrl.checkpoint({"status": "running", "loss": 3})
    assert trials.results == [{"status": "running", "loss": 3}]
    ctrl.attachments["a"] = 1
    assert trials.trial_attachments(trials[0])["a"] == 1


def test_it_adds_trials_that_are_done():
    trials = trials_from_docs([generate_trial(0, {"x": 1.0})])
    miscs = [{"idxs": {}, "vals": {}} for _ in range(3)]
    results = [{"status": "ok", "loss": float(i)} for i in range(3)]
    tids = Ctrl(trials, trials[0]).inject_results([None] * 3, results, miscs)
    trials.refresh()
    assert tids == [1, 2, 3] == trials.tids[1:]
    assert trials.losses()[1:] == [0, 1, 2]
    assert {doc["misc"]["from_tid"] for doc in trials[1:]} == {0}


def test_it_may_stand_alone_and_speaks_to_the_log(caplog):
    ctrl = Ctrl(None)
    assert isinstance(ctrl.trials, Trials)
    ctrl.warn("slow: %s", 5)
    ctrl.error("bad")
    assert caplog.messages == ["slow: 5", "bad"]
