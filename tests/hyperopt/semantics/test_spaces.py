"""hp: what the parameters of a space are, and what an objective receives."""

from __future__ import annotations

import math

import numpy as np
import pytest

STRETCH = 40
"""Draws: enough to see both ends of a few numbers."""

NUMBERS = [
    ("uniform", (-1, 2), float, lambda v: -1 <= v <= 2),
    ("loguniform", (math.log(0.1), math.log(10)), float, lambda v: 0.0999 <= v <= 10.001),
    ("quniform", (0, 10, 2.5), float, lambda v: v in {0, 2.5, 5, 7.5, 10}),
    ("qloguniform", (0, 3, 2), float, lambda v: v % 2 == 0 and 0 <= v <= 20),
    ("normal", (100, 1), float, lambda v: 90 < v < 110),
    ("qnormal", (0, 5, 2), float, lambda v: v % 2 == 0),
    ("lognormal", (0, 1), float, lambda v: v > 0),
    ("qlognormal", (0, 1, 0.5), float, lambda v: v % 0.5 == 0 and v >= 0),
    ("uniformint", (1, 4), int, lambda v: v in {1, 2, 3, 4}),
    ("randint", (3,), int, lambda v: v in {0, 1, 2}),
    ("randint", (2, 5), int, lambda v: v in {2, 3, 4}),
]


@pytest.fixture
def drawn(module):
    sample = module("pyll.stochastic").sample
    return lambda space, seed=0: sample(space, np.random.default_rng(seed))


@pytest.mark.parametrize(("kind", "bounds", "type_", "fits"), NUMBERS)
def test_a_number_has_its_type_and_range(hp, drawn, kind, bounds, type_, fits):
    node = getattr(hp, kind)("x", *bounds)
    values = [drawn(node, seed) for seed in range(STRETCH)]
    assert {type(value) for value in values} == {type_}
    assert all(map(fits, values))
    assert len(set(values)) > 1


def test_bounds_may_be_named(hp, drawn):
    assert 1 <= drawn(hp.uniform("x", low=1, high=2)) <= 2
    assert drawn(hp.quniform("x", low=4, high=8, q=4)) in {4, 8}
    assert drawn(hp.normal("x", mu=5, sigma=0.01)) == pytest.approx(5, abs=0.1)
    assert drawn(hp.uniformint("x", low=7, high=8)) in {7, 8}


def test_the_second_bound_of_randint_is_not_drawn_and_all_others_are(hp, drawn):
    assert {drawn(hp.randint("x", 2, 5), seed) for seed in range(STRETCH)} == {2, 3, 4}
    assert {drawn(hp.uniformint("x", 2, 5), seed) for seed in range(STRETCH)} == {2, 3, 4, 5}


def test_a_choice_gives_the_option(hp, drawn):
    node = hp.choice("c", ["a", None, {"nested": hp.uniform("u", 0, 1)}, [1, 2]])
    values = [drawn(node, seed) for seed in range(STRETCH)]
    nested = [value for value in values if isinstance(value, dict)]
    assert "a" in values
    assert None in values
    assert (1, 2) in values
    assert all(0 <= value["nested"] <= 1 for value in nested)
    assert nested


def test_a_weighed_choice_follows_its_probabilities(hp, drawn):
    node = hp.pchoice("c", [(0.0, "never"), (0.2, "rare"), (0.8, "often")])
    values = [drawn(node, seed) for seed in range(STRETCH)]
    assert "never" not in values
    assert values.count("often") > values.count("rare")


def test_a_sample_leaves_the_space_as_it_is_and_follows_its_seed(hp, pyll, drawn):
    space = {"x": hp.uniform("x", 0, 1), "k": (1, hp.choice("c", [1, 2]))}
    assert drawn(space) == drawn(space)
    assert drawn(space) != drawn(space, 1)
    assert "rng" not in str(pyll.as_apply(space))


def test_expressions_over_parameters(hp, scope, drawn):
    x = hp.uniform("x", 1, 2)
    values = drawn(
        {
            "x": x,
            "double": x * 2,
            "log": scope.log(x),
            "whole": scope.int(hp.quniform("q", 10, 20, 5)),
            "either": scope.switch(hp.randint("r", 2), "low", "high"),
        }
    )
    assert values["double"] == 2 * values["x"]
    assert values["log"] == pytest.approx(math.log(values["x"]))
    assert values["whole"] in {10, 15, 20}
    assert isinstance(values["whole"], int)
    assert values["either"] in {"low", "high"}


def test_space_eval_puts_values_in_their_places(hyperopt, hp, scope):
    x = hp.uniform("x", 0, 1)
    space = {
        "x": x,
        "list": [x, 7],
        "double": x * 2,
        "c": hp.choice("c", [("small", hp.randint("n", 5)), ("large", hp.lognormal("s", 0, 1))]),
        "whole": scope.int(hp.quniform("q", 0, 9, 1)),
        "p": hp.pchoice("p", [(0.5, "left"), (0.5, "right")]),
    }
    got = hyperopt.space_eval(space, {"x": 0.25, "c": 1, "s": 3.5, "q": 4.0, "p": 0})
    assert got == {
        "x": 0.25,
        "list": (0.25, 7),
        "double": 0.5,
        "c": ("large", 3.5),
        "whole": 4,
        "p": "left",
    }
    assert hyperopt.space_eval(hp.choice("c", ["a", "b"]), {"c": 1}) == "b"


def test_a_label_is_text(hp):
    with pytest.raises(TypeError, match="label"):
        hp.uniform(3, 0, 1)
    with pytest.raises(TypeError, match="label"):
        hp.choice(None, [1, 2])


def test_low_lies_below_high(hp):
    for kind, rest in (("uniform", ()), ("quniform", (1,)), ("loguniform", ())):
        with pytest.raises(ValueError, match="low should be less than high"):
            getattr(hp, kind)("x", 3, 2, *rest)


def test_one_label_for_two_parameters_is_refused(hyperopt, hp, module, search):
    space = {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 1)}
    duplicate = module("exceptions").DuplicateLabel
    with pytest.raises(duplicate, match="x"):
        search(lambda _: 0.0, space)
    with pytest.raises(duplicate, match="x"):
        hyperopt.Domain(lambda _: 0.0, space)
    assert issubclass(duplicate, module("exceptions").BadSearchSpace)


def test_one_parameter_in_two_places_has_one_value(hyperopt, hp, search):
    shared = hp.uniform("x", 0, 1)
    space = hp.choice("c", [{"first": shared, "twice": [shared, shared]}, {"second": shared}])
    trials = hyperopt.Trials()
    points = []
    search(lambda point: points.append(point) or 0.0, space, trials=trials, max_evals=8)
    assert {tuple(point) for point in points} == {("first", "twice"), ("second",)}
    for point, x in zip(points, trials.vals["x"], strict=True):
        assert point in ({"first": x, "twice": (x, x)}, {"second": x})


def test_an_objective_receives_what_was_declared(hyperopt, hp, search):
    space = [
        hp.quniform("q", 0, 8, 4),
        (hp.randint("r", 3), {"i": hp.uniformint("i", 2, 3), "five": 5}),
        hp.choice("c", [hp.loguniform("l", 0, 1), "plain"]),
    ]
    points = []
    search(lambda point: points.append(point) or 0.0, space, max_evals=8)
    for quantised, (drawn, mapping), chosen in points:
        assert isinstance(quantised, float)
        assert isinstance(drawn, int)
        assert isinstance(mapping["i"], int)
        assert mapping["five"] == 5
        assert chosen == "plain" or 1 <= chosen <= math.e
