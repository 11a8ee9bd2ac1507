"""Whole searches on a real store; objectives run in a worker's children."""

import threading
from functools import partial

import numpy as np
import pytest
from numpy.random import default_rng

from parzen.hyperopt import (
    STATUS_FAIL,
    STATUS_OK,
    Trials,
    fmin,
    hp,
    mix,
    rand,
    saving,
    space_eval,
    tpe,
)
from parzen.hyperopt.conducting import Asked, Search
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.exceptions import AllTrialsFailed, BadSearchSpace
from parzen.hyperopt.labels import unescaped
from parzen.shared.errors import Conflict, InvalidObjective
from parzen.shared.lifecycle import TrialState
from parzen.shared.steering import Draft

SPACE = hp.choice("kind", [("log", hp.loguniform("x", -3, 0)), ("flat", hp.uniform("y", -1, 1))])
quiet = partial(fmin, verbose=False)


def objective(point):
    kind, value = point
    if kind == "flat" and value > 0.5:
        raise ValueError("too large")
    if kind == "flat" and value < -0.5:
        return {"status": STATUS_FAIL, "why": "too small"}
    return {"status": STATUS_OK, "loss": value**2, "attachments": {"kind": kind}, "n": np.int64(3)}


@pytest.mark.usefixtures("led", "agent")
def test_workers_evaluate_a_search_that_goes_on_where_it_stopped(open_trials):
    trials = open_trials("my exp")
    first = [{"kind": 1, "y": 0.25}, {"kind": 1, "y": 0.75}, {"kind": 1, "y": -0.75}]
    best = quiet(
        objective, SPACE, tpe.suggest, 8, trials=trials, rstate=1, points_to_evaluate=first
    )
    docs = trials.everything()
    assert [doc["state"] for doc in docs[:3]] == [2, 3, 2]
    assert docs[0]["result"] == {"status": "ok", "loss": 0.0625, "n": 3}
    assert docs[2]["result"] == {"status": "fail", "why": "too small"}
    assert docs[1]["error"] == ("ValueError", "too large")
    assert trials.trial_attachments(docs[0])["kind"] == b"flat"
    assert len(docs) == 8 + len(first)
    assert best == trials.argmin
    assert space_eval(SPACE, best)[0] in ("log", "flat")
    again = open_trials("my exp")
    raised = len(docs) - len(again)
    quiet(objective, SPACE, rand.suggest, 13, trials=again)
    assert len(again) + raised <= len(again.everything()) == 13 + raised
    assert again.handle.record.sampler.name == "random"


@pytest.mark.usefixtures("led", "agent")
def test_an_algorithm_of_ones_own_proposes_in_the_process_that_called(open_trials):
    trials, asked = open_trials(), []

    def own(new_ids, domain, trials, seed):
        asked.append((list(new_ids), len(trials.trials)))
        return rand.suggest(new_ids, domain, trials, seed)

    algo = partial(mix.suggest, p_suggest=[(1.0, own)])
    quiet(lambda x: x, hp.uniform("x", 0, 1), algo, 5, trials=trials, max_queue_len=3, rstate=0)
    assert len(trials) == 5
    assert [tid for ids, _ in asked for tid in ids] == [0, 1, 2, 3, 4]
    assert asked[0] == ([0, 1, 2], 0)
    assert trials.handle.record.status_reason == "reached max_trials = 5"


@pytest.mark.usefixtures("led", "agent")
def test_a_search_stops_when_it_is_told_to_and_waits_for_what_runs(open_trials, tmp_path):
    trials, file, seen = open_trials(), tmp_path / "trials.pkl", []

    def enough(trials, times=0):
        seen.append(times)
        return len(trials.losses()) >= 3, [times + 1]

    quiet(
        lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, trials=trials,
        early_stop_fn=enough, trials_save_file=file, loss_threshold=-1, rstate=0,
    )  # fmt: skip
    assert seen == list(range(len(seen)))
    assert all(doc["state"] == 2 for doc in trials)
    assert trials.handle.record.status_reason.startswith("reached max_trials = ")
    kept = saving.load(file)
    assert type(kept) is Trials
    assert kept.losses() == trials.losses()


@pytest.mark.usefixtures("led", "agent")
def test_that_no_trial_has_a_loss_is_told_with_the_reason(open_trials):
    def broken(_x):
        raise RuntimeError("no GPU")

    with pytest.raises(AllTrialsFailed, match="RuntimeError: no GPU"):
        quiet(broken, hp.uniform("x", 0, 1), tpe.suggest, 2, trials=open_trials())
    found = quiet(
        broken, hp.uniform("x", 0, 1), tpe.suggest, 3, trials=open_trials("2"), return_argmin=False
    )
    assert found is None


@pytest.mark.usefixtures("led", "agent")
def test_progress_may_be_shown_in_ones_own_way(open_trials, capsys):
    class Shown:
        postfix, total = None, 0

        def __init__(self, initial, total):
            self.first = (initial, total)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self, n):
            self.total += n

    made = []
    fmin(
        lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3, trials=open_trials(),
        show_progressbar=lambda **given: made.append(Shown(**given)) or made[0],
    )  # fmt: skip
    assert made[0].first == (0, 3)
    assert made[0].postfix.startswith("best loss: 0.")
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("led", "agent")
def test_points_of_a_later_call_are_tried(open_trials):
    space, trials = hp.uniform("x", 0, 1), open_trials()
    quiet(lambda x: x, space, rand.suggest, 2, trials=trials)
    quiet(lambda x: x, space, rand.suggest, 2, trials=trials, points_to_evaluate=[{"x": 0.0}])
    assert (len(trials), trials.argmin) == (3, {"x": 0.0})


def test_laying_out_what_goes_on_changes_nothing(open_trials, store):
    space, trials = hp.uniform("x", 0, 1), open_trials()
    Search(trials, Domain(len, space), tpe.suggest, default_rng(0), 1).submit(
        Asked(9, None, None, 0), []
    )
    before = store.catalog.study("exp")
    quiet(len, space, tpe.suggest, 0, trials=open_trials())
    after = store.catalog.study("exp")
    assert (after.sampler, after.limits, after.wish) == (before.sampler, before.limits, before.wish)


def test_cancelled_trials_are_no_evaluations(open_trials, store):
    space, trials = hp.uniform("x", 0, 1), open_trials()
    quiet(len, space, tpe.suggest, 0, trials=trials)
    study = store.catalog.study("exp")
    store.catalog.append(study, [Draft(params={"x": 0.5}, state=TrialState.CANCELLED)])
    trials.refresh()
    Search(trials, Domain(len, space), tpe.suggest, default_rng(0), 1).submit(
        Asked(9, None, None, 0), []
    )
    assert store.catalog.study("exp").wish.limits.max_trials == 10


def test_what_cannot_travel_is_named_as_the_user_knows_it(open_trials):
    lock = threading.Lock()
    with pytest.raises(InvalidObjective, match="captures 'lock'"):
        quiet(lambda x: (lock, x), hp.uniform("x", 0, 1), tpe.suggest, 1, trials=open_trials())


def test_a_space_without_parameters_is_refused(open_trials):
    with pytest.raises(BadSearchSpace, match="nothing to search"):
        quiet(len, {"x": 1}, tpe.suggest, 1, trials=open_trials())


def test_another_space_under_the_same_key_is_refused(open_trials):
    quiet(len, hp.uniform("x", 0, 1), tpe.suggest, 0, trials=open_trials())
    with pytest.raises(Conflict, match="another exp_key"):
        quiet(len, hp.uniform("x", 0, 2), tpe.suggest, 0, trials=open_trials())


def test_any_label_is_a_name_in_the_database(open_trials, store):
    labels = ["a.b", "$x", "", "a/b", "100 %", "\0", "x" * 300]
    space = {label: hp.uniform(label, 0, 1) for label in labels}
    quiet(len, space, tpe.suggest, 0, trials=open_trials())
    names = [d.name for d in store.catalog.study("exp").dimensions]
    assert names[:6] == ["a%2Eb", "%24x", "%", "a/b", "100 %25", "%00"]
    assert [unescaped(name) for name in names] == labels


def test_limits_that_are_none_are_refused_before_anything_is_stored(open_trials, store):
    for wrong in ({"timeout": -1}, {"max_queue_len": 0}, {"loss_threshold": "low"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            quiet(len, hp.uniform("x", 0, 1), tpe.suggest, 1, trials=open_trials(), **wrong)
    with pytest.raises(ValueError, match="points_to_evaluate"):
        quiet(
            len, hp.uniform("x", 0, 1), tpe.suggest, 1, trials=open_trials(),
            points_to_evaluate=[{"z": 1}],
        )  # fmt: skip
    assert store.catalog.all_studies() == []
