"""fmin: its arguments, and when it ends."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import pytest


@pytest.fixture
def line(hp):
    return hp.uniform("x", -1, 1)


def test_the_best_is_returned_by_label(hyperopt, hp, search):
    space = {"c": hp.choice("kind", ["a", "b", {"x": hp.uniform("x", 1, 2)}]), "q": [1]}

    def loss(point):
        return 5.0 if isinstance(point["c"], str) else point["c"]["x"]

    trials = hyperopt.Trials()
    best = search(loss, space, max_evals=12, trials=trials)
    assert best["kind"] == 2
    assert best["x"] == min(trials.losses())
    assert set(best) == {"kind", "x"}
    assert best == trials.argmin


def test_the_best_point_may_be_returned_as_it_was_evaluated(hp, search):
    points = []

    def loss(point):
        points.append(point)
        return point["x"]

    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", ["b"]])}
    best = search(loss, space, return_argmin=False)
    assert best == min(points, key=lambda point: point["x"])


def test_without_a_success_there_is_no_best_point(hyperopt, module, search, line):
    def fails(_):
        return {"status": hyperopt.STATUS_FAIL}

    with pytest.raises(module("exceptions").AllTrialsFailed):
        search(fails, line)

    def raises(_):
        raise OSError

    assert search(raises, line, catch_eval_exceptions=True, return_argmin=False) is None


def test_an_existing_search_goes_on_up_to_max_evals(hyperopt, search, line):
    trials = hyperopt.Trials()
    search(abs, line, trials=trials, max_evals=3)
    first = list(trials.losses())
    search(abs, line, trials=trials, max_evals=5)
    assert trials.losses()[:3] == first
    assert trials.tids == [0, 1, 2, 3, 4]
    search(abs, line, trials=trials, max_evals=5)
    assert len(trials) == 5


def test_trials_can_be_told_to_search(hyperopt, line):
    trials = hyperopt.Trials()
    options = {"rstate": np.random.default_rng(1), "show_progressbar": False}
    best = trials.fmin(abs, line, hyperopt.rand.suggest, 4, **options)
    assert abs(best["x"]) == min(trials.losses())
    assert len(trials) == 4


def test_a_search_can_be_led_step_by_step(hyperopt, line):
    trials = hyperopt.Trials()
    steps = hyperopt.FMinIter(
        hyperopt.rand.suggest,
        hyperopt.Domain(abs, line),
        trials,
        rstate=np.random.default_rng(1),
        max_evals=4,
        show_progressbar=False,
    )
    assert next(steps) is trials
    assert len(trials) == 1
    next(steps)
    assert len(trials) == 2
    steps.exhaust()
    assert len(trials) == 4
    assert steps.trials is trials
    assert list(steps.domain.params) == ["x"]


def test_a_seed_gives_the_same_search_again(hyperopt, search, line, monkeypatch):
    def losses(**options):
        trials = hyperopt.Trials()
        search(abs, line, trials=trials, **options)
        return trials.losses()

    assert losses() == losses()
    assert losses() != losses(rstate=np.random.default_rng(2))
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "7")
    assert losses(rstate=None) == losses(rstate=None)


def test_a_generator_is_used_up_from_search_to_search(hyperopt, search, line):
    trials, rstate = hyperopt.Trials(), np.random.default_rng(3)
    for count in (1, 2, 3):
        search(abs, line, trials=trials, max_evals=count, rstate=rstate)
    assert len(set(trials.losses())) == 3


def test_without_an_algorithm_it_is_tpe(hyperopt, line):
    best = hyperopt.fmin(abs, line, max_evals=3, verbose=False)
    assert -1 <= best["x"] <= 1


@pytest.mark.parametrize("name", ["rand", "tpe", "anneal"])
def test_each_algorithm_searches_a_space_with_branches(hyperopt, hp, module, search, name):
    space = hp.choice(
        "c", [hp.uniform("u", 0, 1), 2 + hp.randint("r", 5), hp.qnormal("n", 9, 1, 1)]
    )
    trials = hyperopt.Trials()
    search(float, space, algo=module(name).suggest, max_evals=25, trials=trials)
    assert len(trials) == 25
    assert trials.best_trial["misc"]["vals"]["c"] == [0]


def test_algorithms_take_options(hyperopt, search, line):
    for algo in (
        partial(hyperopt.tpe.suggest, n_startup_jobs=2, gamma=0.5, n_EI_candidates=4),
        partial(hyperopt.tpe.suggest, prior_weight=0.5),
        partial(hyperopt.anneal.suggest, avg_best_idx=1.5, shrink_coef=0.2),
    ):
        trials = hyperopt.Trials()
        search(abs, line, algo=algo, max_evals=6, trials=trials)
        assert len(trials) == 6


def test_points_are_evaluated_first_and_in_their_order(hp, search):
    space = {"x": hp.uniform("x", 0, 9), "c": hp.choice("c", ["a", "b"])}
    seen = []
    search(
        lambda point: seen.append(point) or point["x"],
        space,
        points_to_evaluate=[{"x": 4.5, "c": 1}, {"x": 2.5, "c": 0}],
        max_evals=4,
    )
    assert seen[:2] == [{"x": 4.5, "c": "b"}, {"x": 2.5, "c": "a"}]
    assert len(seen) > 2


def test_points_make_trials_that_can_be_searched_on(module, search, line):
    trials = module("fmin").generate_trials_to_calculate([{"x": 0.5}, {"x": 0.25}])
    search(abs, line, trials=trials, max_evals=3)
    assert trials.losses()[:2] == [0.5, 0.25]
    assert len(trials) > 2


def test_a_threshold_ends_the_search(hyperopt, search, line):
    losses = iter([9.0, 8.0, 1.0, 7.0, 6.0])
    trials = hyperopt.Trials()
    search(lambda _: next(losses), line, loss_threshold=2, trials=trials)
    assert trials.losses() == [9.0, 8.0, 1.0]


def test_time_that_is_up_ends_the_search(search, line):
    calls = []

    def slow(x):
        calls.append(x)
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass
        return x

    search(slow, line, timeout=0.02, max_evals=50, return_argmin=False)
    assert len(calls) <= 1


@pytest.mark.parametrize("timeout", [0, -1, True, "5"])
def test_a_timeout_is_a_positive_number(search, line, timeout):
    with pytest.raises(Exception, match=f"timeout.*{timeout}"):
        search(abs, line, timeout=timeout)


@pytest.mark.parametrize("threshold", [True, "5"])
def test_a_threshold_is_a_number(search, line, threshold):
    with pytest.raises(Exception, match=f"loss_threshold.*{threshold}"):
        search(abs, line, loss_threshold=threshold)


def test_an_early_stop_gets_back_what_it_returned(hyperopt, search, line):
    seen = []

    def stop(trials, count=0, *rest):
        seen.append((len(trials), count, *rest))
        return count == 2, [count + 1, "more"]

    trials = hyperopt.Trials()
    search(abs, line, early_stop_fn=stop, max_evals=9, trials=trials)
    assert seen == [(1, 0), (2, 1, "more"), (3, 2, "more")]
    assert len(trials) == 3


def test_an_early_stop_sees_trials_that_are_done(hyperopt, search, line):
    seen = []

    def stop(trials, *_):
        seen.append(trials.losses())
        return len(trials) > 3, []

    trials = hyperopt.Trials()
    search(abs, line, early_stop_fn=stop, max_queue_len=3, max_evals=9, trials=trials)
    assert None not in seen[0] + seen[-1]
    assert len(trials) == 6


def test_no_progress_ends_the_search(hyperopt, module, search, line):
    losses = iter([3.0, 2.0, 2.5, 1.0, 1.5, 1.6, 1.7, 0.0])
    trials = hyperopt.Trials()
    stop = module("early_stop").no_progress_loss(3)
    search(lambda _: next(losses), line, early_stop_fn=stop, max_evals=8, trials=trials)
    assert trials.losses() == [3.0, 2.0, 2.5, 1.0, 1.5, 1.6, 1.7]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Hyperopt leaves it open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_saved_search_goes_on_from_its_file(search, line, tmp_path):
    calls = []
    options = {"trials_save_file": str(tmp_path / "trials.pkl"), "trials": None}

    def loss(x):
        calls.append(x)
        return abs(x)

    search(loss, line, max_evals=3, **options)
    search(loss, line, max_evals=5, **options)
    assert len(calls) == 5


def test_annotations_may_be_the_space(hp, module, search):
    def loss(x, y):
        return x + y

    loss.__annotations__ = {"x": hp.uniform("x", 0, 1), "y": hp.choice("y", [5, 6])}
    best = search(loss, "annotated", max_evals=8)
    assert best["y"] == 0
    loss.__annotations__ = {"x": hp.uniform("x", 0, 1), "y": int}
    with pytest.raises(module("exceptions").InvalidAnnotatedParameter):
        search(loss, "annotated")


def test_progress_may_be_told_to_ones_own(search, line):
    told = []

    class Progress:
        def __init__(self, initial, total):
            told.append((initial, total))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            told.append("end")

        def update(self, count):
            told.append(count)

    search(abs, line, max_evals=3, verbose=True, show_progressbar=Progress)
    assert told == [(0, 3), 1, 1, 1, "end"]
