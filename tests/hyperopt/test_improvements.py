"""Each row of the table "What is better" in docs/hyperopt.md, told by its first cell.

What it says of Hyperopt is asked of Hyperopt where that is cheap.
"""

from __future__ import annotations

import importlib
import math
import os
import pickle

import hyperopt
import numpy as np
import pytest
from engines.rows import Rows
from matplotlib import pyplot as plt

from parzen import hyperopt as ours
from parzen.hyperopt import (
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    STATUS_FAIL,
    Trials,
    fmin,
    hp,
    plotting,
    rand,
    saving,
    tpe,
)
from parzen.hyperopt.exceptions import AllTrialsFailed
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Failed, Failure

row = Rows("hyperopt.md", "What is better")


@pytest.fixture(params=[hyperopt, ours], ids=["theirs", "ours"])
def module(request):
    return request.param


@pytest.fixture
def mine(module):
    return module is ours


def search(module, fn=abs, max_evals=5, trials=None, **options):
    """Search [0, 1] at random."""
    given = {
        "rstate": np.random.default_rng(0), "verbose": False, "max_evals": max_evals,
        "trials": module.Trials() if trials is None else trials, **options,
    }  # fmt: skip
    module.fmin(fn, module.hp.uniform("x", 0, 1), module.rand.suggest, **given)
    return given["trials"]


@row("run `MongoTrials` with pymongo 4")
@pytest.mark.usefixtures("led", "agent")
def test_workers_evaluate(open_trials):
    trials = open_trials()
    fmin(abs, hp.uniform("x", 0, 1), tpe.suggest, 2, trials=trials, verbose=False)
    assert trials.losses() == trials.vals["x"]


@row("kill a worker")
def test_what_a_killed_worker_had_is_run_by_another(open_trials, new_hand):
    trials = open_trials()
    fmin(abs, hp.uniform("x", 0, 1), rand.suggest, 0, trials=trials, verbose=False)
    trials.handle.enqueue([{"x": 0.5}])
    first, second = new_hand(name="first"), new_hand(name="second")
    [claim] = first.claim(trials.handle.study)
    gone = Failure(kind=FailureKind.LOST, message="its lease ran out")
    first.queue.report([(claim, Failed(error=gone))])
    assert second.work(trials.handle.study) == 1
    trials.refresh()
    assert trials.losses() == [0.5]
    assert trials.trials[0]["version"] == 2  # its second attempt


@row("give `rstate` a whole number or a RandomState")
@pytest.mark.parametrize("rstate", [7, np.random.RandomState(7)])
def test_random_numbers_may_come_from_what_people_have(module, mine, rstate):
    if mine:
        assert len(search(module, rstate=rstate)) == 5
    else:
        with pytest.raises(AttributeError):
            search(module, rstate=rstate)


@row("declare a range or a choice that cannot be searched")
@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("uniform", (0, math.inf)), ("uniform", (5, 0)), ("quniform", (0, 1, 0)),
        ("normal", (0, -1)), ("choice", ([],)), ("pchoice", ([(0.5, 1), (0.4, 2)],)),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_where_it_is_declared(kind, given):
    with pytest.raises(ValueError, match=rf"hp\.{kind}\('x', …\) is given "):
        getattr(hp, kind)("x", *given)


def test_hyperopt_takes_some_of_them():
    for kind, given in (("uniform", (0, math.inf)), ("quniform", (0, 1, 0)), ("choice", ([],))):
        getattr(hyperopt.hp, kind)("x", *given)


@row("use `no_progress_loss` where trials fail")
def test_failed_trials_are_no_progress(module, mine):
    def fails_often(x):
        return {"status": STATUS_FAIL} if x > 0.5 else x

    stop = importlib.import_module(f"{module.__name__}.early_stop").no_progress_loss(4)
    if mine:
        assert 5 <= len(search(module, fails_often, 40, early_stop_fn=stop)) < 40
    else:
        with pytest.raises(KeyError):
            search(module, fails_often, 40, early_stop_fn=stop)


@row("stop with Ctrl-C")
def test_an_interrupted_trial_is_tried_again(module, mine):
    trials, calls = module.Trials(), []

    def interrupted(x):
        calls.append(x)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        search(module, interrupted, trials=trials)
    state = JOB_STATE_NEW if mine else JOB_STATE_RUNNING
    assert [doc["state"] for doc in trials._dynamic_trials][1:] == [state]
    if mine:
        search(module, interrupted, trials=trials)
        assert (len(trials), calls[2]) == (5, calls[1])


@row("lose the machine while `trials_save_file` is written")
def test_a_file_that_is_being_written_is_the_old_one(tmp_path, monkeypatch):
    file = tmp_path / "kept"
    search(ours, max_evals=3, trials_save_file=file)

    def dies(_descriptor):
        raise OSError("the machine is gone")

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(InvalidInput):
        search(ours, max_evals=4, trials=saving.load(file), trials_save_file=file)
    assert len(saving.load(file)) == 3


@row("go on from a pickle that Hyperopt wrote")
def test_a_pickle_of_hyperopts_is_read(tmp_path):
    file, theirs = tmp_path / "theirs.pkl", search(hyperopt)
    file.write_bytes(pickle.dumps(theirs))
    found = saving.load(file)
    assert type(found) is Trials
    assert found.losses() == theirs.losses()
    fmin(abs, hp.uniform("x", 0, 1), tpe.suggest, 7, verbose=False, trials_save_file=file)
    assert saving.load(file).losses()[:5] == theirs.losses()
    assert len(saving.load(file)) == 7


@row("give `points_to_evaluate` together with `trials`")
def test_points_are_tried_first_and_once(module, mine):
    trials = search(module, points_to_evaluate=[{"x": 0.25}])
    assert (trials.vals["x"][0] == 0.25) is mine
    search(module, trials=trials, max_evals=8, points_to_evaluate=[{"x": 0.25}])
    assert trials.vals["x"].count(0.25) == (1 if mine else 0)


@row("look at what raised")
def test_all_trials_can_be_seen():
    def objective(x):
        if x > 0.5:
            raise ValueError("too large")
        return x

    trials = search(ours, objective, 8, catch_eval_exceptions=True)
    errors = [doc["misc"]["error"] for doc in trials.everything() if "error" in doc["misc"]]
    assert len(errors) == 8 - len(trials) > 0
    assert set(errors) == {("<class 'ValueError'>", "too large")}


@row("get no best trial")
def test_why_there_is_no_best_trial_is_said(module, mine):
    with pytest.raises(
        importlib.import_module(f"{module.__name__}.exceptions").AllTrialsFailed
    ) as told:
        search(module, lambda _: {"status": STATUS_FAIL})
    assert bool(str(told.value)) is mine
    assert AllTrialsFailed is ours.exceptions.AllTrialsFailed


@row("draw trials of which some failed, or none is there")
def test_pictures_take_all_trials(module, mine):
    plt.switch_backend("Agg")
    theirs = importlib.import_module(f"{module.__name__}.plotting")
    if mine:
        assert plotting.main_plot_history(Trials(), do_show=False).axes[0].texts
    else:
        with pytest.raises(ValueError, match="unpack"):
            theirs.main_plot_history(module.Trials(), do_show=False)
    plt.close("all")


def test_every_row_of_the_page_has_a_test():
    assert row.tested == row.told
