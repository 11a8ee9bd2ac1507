from __future__ import annotations

import pytest

from parzen.hyperopt import (
    STATUS_FAIL,
    Domain,
    FMinIter,
    Trials,
    fmin,
    hp,
    rand,
)  # fmt: skip
from parzen.hyperopt.fmin import generate_trials_to_calculate

LINE = hp.uniform("x", -1, 1)


def search(fn, count=5, trials=None, **options):
    trials = Trials() if trials is None else trials
    given = {"verbose": False, "rstate": 0, "return_argmin": False, **options}
    fmin(fn, LINE, rand.suggest, count, trials=trials, **given)
    return trials


def states(trials):
    return [doc["state"] for doc in trials._dynamic_trials]


def test_an_interrupted_trial_waits_and_is_evaluated_by_the_next_search():
    calls = []

    def interrupted(x):
        calls.append(x)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return x

    trials = Trials()
    with pytest.raises(KeyboardInterrupt):
        search(interrupted, trials=trials)
    assert states(trials) == [2, 2, 0]
    waiting = trials.trials[-1]
    assert waiting["result"] == {"status": "new"}
    assert waiting["book_time"] is waiting["refresh_time"] is None
    search(interrupted, trials=trials)
    assert states(trials) == [2] * 5
    assert calls[2] == calls[3] == trials.losses()[2]


def test_what_an_interrupted_trial_kept_so_far_is_gone():
    def objective(expr, memo, ctrl):
        ctrl.checkpoint({"status": "running", "loss": 5})
        raise SystemExit

    trials = Trials()
    with pytest.raises(SystemExit):
        search(objective, trials=trials, pass_expr_memo_ctrl=True)
    assert trials.results == [{"status": "new"}]


def test_a_search_whose_trials_all_raise_ends(caplog):
    def raises(_):
        raise OSError("disk full")

    trials = search(raises, 4, catch_eval_exceptions=True)
    assert states(trials) == [3] * 4
    assert len(trials) == 0
    assert caplog.messages[0] == "trial 0 raised OSError: disk full"


def test_what_raised_is_not_counted_by_the_next_search(caplog):
    calls = []

    def once(x):
        calls.append(x)
        if len(calls) == 1:
            raise OSError
        return x

    trials = search(once, 3, catch_eval_exceptions=True)
    search(once, 3, trials)
    assert states(trials) == [3, 2, 2, 2]
    assert trials.tids == [1, 2, 3]


def test_a_threshold_ends_a_batch():
    trials = search(abs, 20, max_queue_len=10, loss_threshold=2)
    assert states(trials) == [2] + [0] * 9
    search(abs, 10, trials)
    assert states(trials) == [2] * 10


def test_the_loss_at_the_threshold_is_enough():
    assert len(search(lambda _: 1.0, 5, loss_threshold=1.0)) == 1
    fails = {"status": STATUS_FAIL, "loss": 0.0}
    assert len(search(lambda _: dict(fails), 5, loss_threshold=1.0)) == 5


def test_trials_that_reached_the_threshold_need_no_more():
    trials = search(lambda _: 1.0, 3)
    search(lambda _: 1.0, 9, trials, loss_threshold=2)
    assert len(trials) == 3


def test_results_of_other_points_come_on_top():
    def objective(expr, memo, ctrl):
        tids = ctrl.trials.new_trial_ids(2)
        miscs = [{"tid": tid, "idxs": {"x": [tid]}, "vals": {"x": [0.1]}} for tid in tids]
        ctrl.inject_results([None] * 2, [{"status": "ok", "loss": 9.0}] * 2, miscs, tids)
        return 1.0

    trials = Trials()
    fmin(
        objective, LINE, rand.suggest, 3,
        trials=trials, pass_expr_memo_ctrl=True, verbose=False,
    )  # fmt: skip
    assert sorted(trials.losses()) == [1.0] * 3 + [9.0] * 6
    assert len(set(trials.tids)) == 9


def test_points_that_were_not_looked_at_come_on_top():
    trials = generate_trials_to_calculate([{"x": 0.5}, {"x": 0.25}])
    search(abs, 3, trials)
    assert len(trials) == 5


def test_an_early_stop_sees_no_trial_that_waits():
    seen = []

    def stop(trials, *_):
        seen.append(trials.losses())
        return len(seen) == 2, []

    trials = search(abs, 20, max_queue_len=3, early_stop_fn=stop)
    assert [len(losses) for losses in seen] == [3, 6]
    assert all(None not in losses for losses in seen)
    assert len(trials) == 6


def test_it_is_an_iterator():
    trials = Trials()
    steps = FMinIter(rand.suggest, Domain(abs, LINE), trials, rstate=0, max_evals=4)
    assert [len(found) for found in steps] == [1, 2, 3, 4]
    steps = FMinIter(rand.suggest, Domain(abs, LINE), trials, 0, False, 2, 0.1, 7)
    assert next(steps) is trials
    steps.exhaust()
    assert trials.count_by_state_synced(2) == 7
    steps.max_evals = 9
    assert len(steps.exhaust().trials) == 9


@pytest.mark.parametrize("nothing", [None, []])
def test_an_algorithm_that_has_no_more_ends_the_search(nothing):
    trials = Trials()
    algo = lambda ids, domain, trials, seed: (  # noqa: E731 - as users write it
        rand.suggest(ids, domain, trials, seed) if len(trials) < 2 else nothing
    )
    fmin(abs, LINE, algo, 9, trials=trials, verbose=False)
    assert len(trials) == 2


def test_an_algorithm_may_give_trials_that_are_done():
    def known(ids, domain, trials, seed):
        docs = rand.suggest(ids, domain, trials, seed)
        return [{**doc, "state": 2, "result": {"status": "ok", "loss": 3.0}} for doc in docs]

    trials = Trials()
    fmin(abs, LINE, known, 4, trials=trials, verbose=False)
    assert trials.losses() == [3.0] * 4


def test_trials_of_another_experiment_are_left_alone():
    trials = Trials(exp_key="a")
    trials.view("b").insert_trial_docs(rand.suggest([50], Domain(abs, LINE), trials.view("b"), 0))
    search(abs, 3, trials)
    assert len(trials) == 3
    assert states(trials.view("b")) == [0, 2, 2, 2]
