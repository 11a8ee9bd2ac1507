from __future__ import annotations

import pytest

from parzen.shared.dimensions import Dimension, Kind

pytest.importorskip("optuna")
pytest.importorskip("cmaes")

import optuna
from benchmarks.peers.adapters import check_all, keep_inside
from benchmarks.toys import PROBLEMS
from peers.optuna_samplers import OptunaSearcher

FAST = ("optuna-tpe", "optuna-group", "optuna-cmaes")


def maker(name, seed=0, **options):
    return lambda dimensions: OptunaSearcher(name, dimensions, seed, options)


@pytest.mark.parametrize("name", FAST)
def test_proposals_lie_in_the_space_and_follow_its_conditions(name):
    asked = check_all(maker(name), 40)
    assert {params["model"] for params in asked} == {"tree", "kernel", None}


def test_the_gaussian_process_does_too():
    pytest.importorskip("torch")
    keep_inside(PROBLEMS["tree"], maker("optuna-gp"), 2, 11)


def test_the_seed_decides():
    runs = [keep_inside(PROBLEMS["bowl"], maker("optuna-tpe", seed), 3, 15) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("name", FAST)
def test_it_runs_as_optunas_own_loop_does(name):
    dimensions = [Dimension(name=n, kind=Kind.FLOAT, low=-1.0, high=3.0) for n in "xy"]
    ours = OptunaSearcher(name, dimensions, 3, {})
    twin = OptunaSearcher(name, dimensions, 3, {})  # for a sampler made in the same way
    study = optuna.create_study(sampler=twin._study.sampler)
    study.optimize(lambda t: sum(t.suggest_float(n, -1.0, 3.0) ** 2 for n in "xy"), n_trials=25)
    for theirs in study.trials:
        params = ours.ask(theirs.number)
        assert params == theirs.params
        ours.tell(theirs.number, sum(x**2 for x in params.values()), at=0.0, seconds=1.0)


def test_a_trial_runs_until_it_was_told():
    searcher = OptunaSearcher("optuna-tpe", PROBLEMS["tree"].dimensions, 0, {})
    searcher.ask(0)
    searcher.ask(1)
    searcher.tell(0, 0.5, at=1.0, seconds=1.0)
    states = [(trial.state.name, trial.value) for trial in searcher._study.trials]
    assert states == [("COMPLETE", 0.5), ("RUNNING", None)]


def test_names_stand_for_the_options_that_they_say():
    plain = OptunaSearcher("optuna-tpe", PROBLEMS["bowl"].dimensions, 0, {})
    group = OptunaSearcher("optuna-group", PROBLEMS["bowl"].dimensions, 0, {"n_startup_trials": 3})
    assert not plain._study.sampler._group
    assert group._study.sampler._group
    assert group._study.sampler._n_startup_trials == 3


@pytest.mark.parametrize(
    "dimension",
    [
        Dimension(name="z", kind=Kind.NORMAL, mu=0.0, sigma=1.0),
        Dimension(name="z", kind=Kind.FLOAT, low=1.0, high=9.0, step=2.0, log=True),
        Dimension(name="z", kind=Kind.CHOICE, choices=(1, 2), weights=(0.1, 0.9)),
    ],
)
def test_what_optuna_cannot_search_is_said(dimension):
    with pytest.raises(ValueError, match=r"dimension 'z' of kind .* is unknown to Optuna"):
        OptunaSearcher("optuna-tpe", [dimension], 0, {})
