"""tpe, rand, anneal, atpe and mix: what they take, and that they propose trials of the space."""

from __future__ import annotations

import inspect
from functools import partial

import pytest

from parzen.hyperopt import Domain, Trials, anneal, atpe, fmin, hp, mix, rand, tpe
from parzen.shared.errors import ParzenError

SPACE = {
    "x": hp.uniform("x", -1, 1),
    "c": hp.choice("c", [hp.quniform("q", 0, 9, 3), {"n": hp.randint("n", 1, 4)}]),
    "p": hp.pchoice("p", [(0.2, "a"), (0.8, "b")]),
}
ALGORITHMS = [tpe.suggest, rand.suggest, anneal.suggest, atpe.suggest]


@pytest.fixture
def domain():
    return Domain(lambda point: point["x"] ** 2, SPACE)


@pytest.fixture
def trials(domain):
    found = Trials()
    fmin(domain.fn, SPACE, rand.suggest, 14, trials=found, verbose=False, rstate=0)
    return found


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_it_gives_documents_of_new_trials(domain, trials, algo):
    ids = trials.new_trial_ids(5)
    docs = algo(ids, domain, trials, seed=3)
    assert [doc["tid"] for doc in docs] == ids
    assert len(trials) == 14
    for doc in docs:
        assert trials.assert_valid_trial(doc)["state"] == 0
        vals = {label: found[0] for label, found in doc["misc"]["vals"].items() if found}
        assert set(vals) == {"x", "c", "p", "qn"[vals["c"]]}
        assert vals.get("q", 3) in {0, 3, 6, 9}
        assert vals.get("n", 1) in {1, 2, 3}
        assert domain.evaluate(vals, None)["loss"] == vals["x"] ** 2
    assert len({doc["misc"]["vals"]["x"][0] for doc in docs}) == 5


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_it_follows_its_seed(domain, trials, algo):
    def values(seed):
        return [doc["misc"]["vals"] for doc in algo([14], domain, trials, seed)]

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_each_takes_hyperopts_arguments():
    def names(algo):
        return list(inspect.signature(algo).parameters)[4:]

    assert names(tpe.suggest) == [
        "prior_weight", "n_startup_jobs", "n_EI_candidates", "gamma", "verbose",
    ]  # fmt: skip
    assert names(anneal.suggest) == ["avg_best_idx", "shrink_coef"]
    assert names(mix.suggest) == ["p_suggest"]


def test_hyperopts_usual_gamma_is_our_usual_one():
    assert tpe.sampler_options(gamma=0.25)["gamma"] == pytest.approx(0.1)
    assert tpe.sampler_options() == dict.fromkeys(tpe.sampler_options())


@pytest.mark.parametrize(
    "algo",
    [
        partial(tpe.suggest, n_startup_jobs=-1),
        partial(tpe.suggest, gamma=-1.0),
        partial(tpe.suggest, prior_weight=-1.0),
        partial(anneal.suggest, avg_best_idx=0.5),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(domain, trials, algo):
    with pytest.raises(ParzenError, match="expected"):
        algo([14], domain, trials, 1)


def test_startup_trials_are_those_of_a_sequence():
    def losses(count, startup):
        trials = Trials()
        algo = partial(tpe.suggest, n_startup_jobs=startup)
        fmin(lambda p: p["x"], SPACE, algo, count, trials=trials, verbose=False, rstate=0)
        return trials.losses()

    assert losses(8, 8) == losses(12, 12)[:8]
    halves = [value > 0 for value in losses(16, 16)]
    assert sum(halves) == 8, "a Sobol sequence is even"


def test_rand_draws_columns(domain):
    idxs, vals = rand.suggest_batch([4, 5], domain, Trials(), 0)
    assert idxs["x"] == [4, 5]
    assert len(vals["q"]) + len(vals["n"]) == 2


@pytest.mark.parametrize("weights", [(0.5, 0.4), (-0.5, 1.5), ()])
def test_shares_that_are_none_are_refused(domain, weights):
    parts = [(weight, rand.suggest) for weight in weights]
    with pytest.raises(ValueError, match="must be positive and sum to 1"):
        mix.suggest([0], domain, Trials(), 0, parts)


def test_options_may_be_whole_floats_and_any_share():
    options = tpe.sampler_options(n_startup_jobs=5.0, n_EI_candidates=24.0, gamma=3)
    assert (options["n_startup_trials"], options["n_ei_candidates"]) == (5, 24)
    assert options["gamma"] == 0.99
    assert [type(options[name]) for name in ("n_startup_trials", "n_ei_candidates")] == [int, int]
