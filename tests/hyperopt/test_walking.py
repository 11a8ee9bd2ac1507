from __future__ import annotations

import numpy as np
import pytest

from parzen.hyperopt import Trials, fmin, hp, rand
from parzen.hyperopt.exceptions import DuplicateLabel
from parzen.hyperopt.pyll import as_apply, scope
from parzen.hyperopt.walking import drawn, drawn_of, label_of, parameters, taking_part, vectors


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_every_parameter_is_found_by_its_label():
    x = hp.uniform("x", 0, 1)
    found = parameters(as_apply({"a": [x, x + 1], "c": hp.choice("c", [1, hp.normal("n", 0, 1)])}))
    assert set(found) == {"x", "c", "n"}
    assert {label: label_of(node) for label, node in found.items()} == {k: k for k in found}
    assert drawn_of(found["n"]).name == "normal"


def test_two_parameters_of_one_label_are_refused():
    with pytest.raises(DuplicateLabel, match=r"two parameters have the label 'x'.*its own"):
        parameters(as_apply([hp.uniform("x", 0, 1), hp.uniform("x", 0, 1)]))


def test_only_what_a_switch_takes_takes_part():
    space = as_apply({"z": hp.choice("c", [hp.uniform("a", 0, 1), hp.uniform("b", 0, 1)])})
    asked = []
    found = taking_part(space, lambda label, *_: asked.append(label) or 1)
    assert found == {"c": 1, "b": 1}
    assert asked == ["c", "b"]


def test_values_may_be_given(rng):
    space = as_apply([hp.uniform("x", 0, 1), hp.choice("c", [1, hp.uniform("y", 0, 1)])])
    assert drawn(space, rng, {"x": 5, "c": 0, "y": 3}) == {"x": 5, "c": 0}


def test_draws_are_pythons_own_numbers(rng):
    space = as_apply([hp.uniform("x", 0, 1), hp.randint("r", 3), hp.pchoice("p", [(1.0, "a")])])
    assert [type(value) for value in drawn(space, rng).values()] == [float, int, int]


def test_a_distribution_may_hang_on_other_parameters():
    high = hp.choice("unit", [1, hp.uniform("scale", 1000, 2000)])
    space = {"x": hp.uniform("x", 0.5 * high, high), "again": high}
    trials = Trials()
    fmin(
        lambda p: 0.0 if 0.5 * p["again"] <= p["x"] <= p["again"] else 1.0,
        space, rand.suggest, max_evals=30, trials=trials, verbose=False, rstate=0,
    )  # fmt: skip
    assert set(trials.losses()) == {0.0}
    assert 0 < len(trials.vals["scale"]) == sum(trials.vals["unit"]) < 30


def test_columns_hold_what_takes_part(rng):
    space = hp.choice("c", [hp.uniform("a", 0, 1), hp.uniform("b", 0, 1)])
    idxs, vals = vectors(space, range(10, 40), rng)
    assert idxs["c"] == list(range(10, 40))
    assert idxs["b"] == [i for i, c in zip(idxs["c"], vals["c"], strict=True) if c]
    assert sorted(idxs["a"] + idxs["b"]) == idxs["c"]


def test_an_index_beyond_the_options_is_refused(rng):
    with pytest.raises(ValueError, match="a switch is given 2: expected 0 to 1"):
        drawn(scope.switch(hp.randint("r", 2, 3), "a", "b"), rng)
