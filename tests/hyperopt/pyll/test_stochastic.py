from __future__ import annotations

import numpy as np
import pytest

from parzen.hyperopt import fmin, hp, rand
from parzen.hyperopt.exceptions import BadSearchSpace
from parzen.hyperopt.pyll import as_apply, rec_eval, scope
from parzen.hyperopt.pyll.stochastic import generator, recursive_set_rng_kwarg, sample

KINDS = {
    "uniform": (0, 1), "loguniform": (0, 1), "quniform": (0, 9, 1), "qloguniform": (0, 2, 1),
    "normal": (0, 1), "lognormal": (0, 1), "qnormal": (0, 9, 1), "qlognormal": (0, 1, 1),
    "randint": (5,), "categorical": ([0.5, 0.5],),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_distribution_gives_as_many_as_one_wants(kind):
    draw = getattr(scope, kind)(*KINDS[kind], size=(2, 3), rng=np.random.default_rng(0))
    assert rec_eval(draw).shape == (2, 3)
    assert np.shape(sample(getattr(scope, kind)(*KINDS[kind], size=()), 0)) == ()


def test_samples_follow_their_seed():
    space = [hp.uniform("x", 0, 1), hp.choice("c", [scope.normal(0, 1), "b"])]
    for make in (lambda: 4, lambda: np.random.RandomState(4), lambda: np.random.default_rng(4)):
        assert sample(space, make()) == sample(space, make())
    assert sample(space) != sample(space)


def test_the_space_stays_as_it_is():
    space = as_apply({"x": hp.uniform("x", 0, 1)})
    before = str(space)
    sample(space, 0)
    assert str(space) == before
    assert recursive_set_rng_kwarg(space, 1) is space
    assert "rng" in str(space)


def test_one_of_some_is_as_likely_as_any():
    rng = np.random.default_rng(0)
    found = [sample(scope.one_of("a", "b", "c"), rng) for _ in range(60)]
    assert {"a", "b", "c"} == set(found)
    assert sample(scope.choice(["a"]), rng) == "a"
    assert sample(scope.uniform(0, 1, rng=scope.rng_from_seed(3)), rng) < 1


def test_a_rounded_number_is_no_negative_zero():
    rng = np.random.default_rng(0)
    found = [sample(hp.quniform("q", -1, 1, 1), rng) for _ in range(30)]
    assert not any(np.signbit(value) for value in found if value == 0)


def test_weights_need_not_sum_to_one():
    assert sample(scope.categorical([0.0, 7.0]), 0) == 1


def test_a_draw_without_a_label_cannot_be_searched():
    space = [hp.uniform("x", 0, 1), scope.uniform(0, 1)]
    with pytest.raises(BadSearchSpace, match="a number that has no label"):
        fmin(len, space, rand.suggest, 1, verbose=False)


def test_a_generator_is_what_it_is():
    rng = np.random.default_rng(0)
    assert generator(rng) is rng
    with pytest.raises(TypeError, match="expected numpy"):
        generator(np.random)
