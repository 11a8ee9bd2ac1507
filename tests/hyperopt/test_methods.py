from functools import partial

import pytest

from parzen.hyperopt import anneal, atpe, fmin, methods, mix, rand, tpe
from parzen.shared.records import SamplerSpec


def own(new_ids, domain, trials, seed):
    return rand.suggest(new_ids, domain, trials, seed)


@pytest.mark.parametrize(
    ("algo", "name", "options"),
    [
        (tpe.suggest, "tpe", {}),
        (rand.suggest, "random", {}),
        (anneal.suggest, "anneal", {}),
        (atpe.suggest, "auto", {}),
        (
            partial(tpe.suggest, n_startup_jobs=5, n_EI_candidates=100, verbose=False),
            "tpe",
            {"n_startup_trials": 5, "n_ei_candidates": 100},
        ),
        (partial(partial(tpe.suggest, gamma=0.5), gamma=0.25), "tpe", {"gamma": 0.1}),
        (partial(anneal.suggest, avg_best_idx=3.0), "anneal", {"mean_rank": 3.0}),
        (own, "enqueued", {}),
        (partial(own), "enqueued", {}),
        (partial(tpe.suggest, [0]), "enqueued", {}),
        (partial(mix.suggest, p_suggest=[(1.0, rand.suggest)]), "enqueued", {}),
    ],
)
def test_an_algorithm_is_a_sampler_or_the_callers_own(algo, name, options):
    assert methods.sampler(algo, 7) == SamplerSpec(name=name, options=options, seed=7)


def test_an_option_that_there_is_not_is_refused_before_anything_is_stored():
    with pytest.raises(TypeError, match="n_startup"):
        methods.sampler(partial(tpe.suggest, n_startup=5), 0)


def test_hyperopts_own_partial_is_python_s():
    assert methods.sampler(fmin.__globals__ and partial(tpe.suggest), 0).name == "tpe"
