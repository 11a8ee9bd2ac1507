from __future__ import annotations

import importlib
from collections import Counter

import numpy as np
import pytest
from benchmarks.peers.adapters import check_all, keep_inside
from benchmarks.toys import PROBLEMS
from peers.hyperopt_tpe import HyperoptSearcher

from parzen.shared.dimensions import Dimension, Kind

SUBJECTS = [("hyperopt", "tpe"), ("parzen.hyperopt", "tpe"), ("parzen.hyperopt", "atpe")]


@pytest.fixture(params=SUBJECTS, ids=".".join)
def subject(request):
    """A module with Hyperopt's names, and the part of it that proposes."""
    pytest.importorskip(request.param[0])
    return request.param


def maker(subject, seed=0, **options):
    return lambda dimensions: HyperoptSearcher(dimensions, seed, options, *subject)


def test_proposals_lie_in_the_space_and_follow_its_conditions(subject):
    asked = check_all(maker(subject), 50)
    assert {params["model"] for params in asked} == {"tree", "kernel", None}
    assert any("gamma" in params and params["model"] == "kernel" for params in asked)
    assert any("gamma" in params and params["model"] == "tree" for params in asked)


def test_the_seed_decides(subject):
    runs = [keep_inside(PROBLEMS["bowl"], maker(subject, seed), 3, 25) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]


def test_it_runs_as_the_modules_own_loop_does(subject):
    package, algo = subject
    module = importlib.import_module(package)
    dimensions = [Dimension(name="x", kind=Kind.FLOAT, low=-1.0, high=3.0)]
    theirs = module.Trials()
    module.fmin(
        lambda x: (x - 1) ** 2,
        module.hp.uniform("x", -1.0, 3.0),
        algo=getattr(module, algo).suggest,
        max_evals=30,
        trials=theirs,
        rstate=np.random.default_rng(3),
        show_progressbar=False,
    )
    ours = HyperoptSearcher(dimensions, 3, {}, *subject)
    for number, x in enumerate(theirs.vals["x"]):
        params = ours.ask(number)
        assert params["x"] == pytest.approx(x)
        ours.tell(number, (params["x"] - 1) ** 2, at=0.0, seconds=1.0)


def test_a_trial_runs_until_it_was_told(subject):
    module = importlib.import_module(subject[0])
    searcher = HyperoptSearcher(PROBLEMS["tree"].dimensions, 0, {}, *subject)
    searcher.ask(0)
    searcher.ask(1)
    searcher.tell(0, 0.5, at=1.0, seconds=1.0)
    states = [(d["state"], d["result"].get("loss")) for d in searcher._trials.trials]
    assert states == [(module.JOB_STATE_DONE, 0.5), (module.JOB_STATE_RUNNING, None)]


def test_the_ends_of_a_grid_are_drawn_as_often_as_its_middle():
    pytest.importorskip("hyperopt")
    dimensions = [
        Dimension(name="even", kind=Kind.INT, low=4, high=8, step=2),
        Dimension(name="rest", kind=Kind.FLOAT, low=0.0, high=1.0),
    ]
    searcher = HyperoptSearcher(dimensions, 0, {"n_startup_jobs": 1_000})
    drawn = Counter(searcher.ask(number)["even"] for number in range(300))
    assert set(drawn) == {4, 6, 8}
    assert min(drawn.values()) > 85  # of 100; half bins at the ends would give 75


def test_weights_are_hyperopts_own_probabilities():
    pytest.importorskip("hyperopt")
    dimensions = [Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"), weights=(0.9, 0.1))]
    searcher = HyperoptSearcher(dimensions, 0, {"n_startup_jobs": 1_000})
    drawn = Counter(searcher.ask(number)["c"] for number in range(100))
    assert drawn["a"] > 75


def test_a_normal_dimension_is_refused(subject):
    with pytest.raises(ValueError, match="dimension 'z' of kind normal is not handled here"):
        HyperoptSearcher(
            [Dimension(name="z", kind=Kind.NORMAL, mu=0.0, sigma=1.0)], 0, {}, *subject
        )
