"""A space compiles to conditional dimensions, and builds the declared shape from flat params."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.shared.dimensions import Condition, Kind
from parzen.shared.errors import InvalidParams, InvalidSpace
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

OPTIMIZER = Choice({"sgd": {"momentum": Float(0, 0.99)}, "adam": {}})


class Pair(NamedTuple):
    left: Any
    right: Any


def names(space):
    return [dimension.name for dimension in space.dimensions]


def test_names_are_paths_and_conditions_are_the_nearest_choice():
    space = Space(
        {
            "lr": Float(1e-5, 1e-1, log=True),
            "opt": OPTIMIZER,
            "layers": [Int(1, 3), (Normal(0, 1), LogNormal(0, 1, high=9))],
            "head": Choice({"mlp": {"act": Choice({"relu": {"slope": Float(0, 1)}})}}),
        }
    )
    by_name = {dimension.name: dimension for dimension in space.dimensions}
    assert [*by_name] == [
        "lr", "opt", "opt/sgd/momentum", "layers/0", "layers/1/0", "layers/1/1",
        "head", "head/mlp/act", "head/mlp/act/relu/slope",
    ]  # fmt: skip
    assert by_name["lr"].log
    assert by_name["lr"].active_when == ()
    assert by_name["opt/sgd/momentum"].active_when == (Condition("opt", "sgd"),)
    assert by_name["head/mlp/act/relu/slope"].active_when == (Condition("head/mlp/act", "relu"),)
    assert by_name["layers/1/1"].kind is Kind.NORMAL
    assert by_name["layers/1/1"].log
    assert not by_name["layers/1/0"].log


def test_build_gives_the_declared_shape():
    space = Space(
        {
            "opt": OPTIMIZER,
            "sizes": [Int(1, 9), (Choice([(64, 64), [128]]), 0.5)],
            "pair": Pair(Float(0, 1), "constant"),
            "loss": Choice([math.sin, math.cos], labels=["sin", "cos"]),
            "weights": {0: 1.0, 1: 2.0},
            "act": np.tanh,
        }
    )
    params = {
        "opt": "sgd",
        "opt/sgd/momentum": 0.9,
        "sizes/0": 3,
        "sizes/1/0": [64, 64],
        "pair/0": 1,
        "loss": "cos",
    }
    assert space.build(params) == {
        "opt": {"sgd": {"momentum": 0.9}},
        "sizes": [3, ((64, 64), 0.5)],
        "pair": Pair(1.0, "constant"),
        "loss": math.cos,
        "weights": {0: 1.0, 1: 2.0},
        "act": np.tanh,
    }
    adam = {**params, "opt": "adam"}
    del adam["opt/sgd/momentum"]
    assert space.build(adam)["opt"] == {"adam": {}}


def test_what_one_trial_does_to_its_parameters_does_not_reach_the_next():
    space = Space({"x": Choice([[1, 2], [3]]), "fixed": {"list": [1]}, "y": Float(0, 1)})
    params = {"x": [1, 2], "y": 0.5}
    first = space.build(params)
    first["x"].append(9)
    first["fixed"]["list"].clear()
    assert space.build(params) == {"x": [1, 2], "fixed": {"list": [1]}, "y": 0.5}


def test_numbers_have_the_declared_type_whatever_the_database_gave_back():
    built = Space({"n": Int(0, 9), "x": Float(0, 9)}).build({"n": 3.0, "x": 3})
    assert (type(built["n"]), type(built["x"])) == (int, float)
    assert type(Space({"n": Int(0, 9)}).build({"n": np.int64(3)})["n"]) is int


def test_integers_keep_all_64_bits():
    top = 2**63 - 1
    space = Space({"n": Int(-(2**63), top)})
    assert space.build({"n": top}) == {"n": top}
    with pytest.raises(InvalidParams):
        space.check({"n": top + 1})


@pytest.mark.parametrize("value", [1e308, -1e308])
def test_a_number_too_far_to_count_its_steps_does_not_fit(value):
    space = Space({"x": Normal(0, 1, step=0.25)})
    with pytest.raises(InvalidParams, match="'x'"):
        space.check({"x": value})


def test_a_stepped_number_is_built_within_its_bounds_however_it_was_rounded():
    space = Space({"x": Float(0, 0.3, step=0.1)})
    assert space.build({"x": 3 * 0.1}) == {"x": 0.3}
    with pytest.raises(InvalidParams, match=r"in steps of 0\.1"):
        space.check({"x": 0.15})


def test_one_named_parameter_may_be_the_whole_space():
    assert Space(Float(0, 1, name="x")).build({"x": 0.5}) == 0.5
    space = Space(Choice({"a": Int(1, 2), "b": {}}, name="opt"))
    assert names(space) == ["opt", "opt/a"]
    assert space.build({"opt": "a", "opt/a": 2}) == {"a": 2}
    with pytest.raises(InvalidSpace, match=r"Float\(0.0, 1.0\) stands alone.*name="):
        Space(Float(0, 1))


def test_a_space_of_a_space_is_the_same():
    space = Space({"x": Float(0, 1)})
    assert Space(space).dimensions == space.dimensions
    assert Space(space).build({"x": 0.5}) == {"x": 0.5}


def test_it_is_not_touched_by_later_changes_of_what_was_declared():
    declared = {"opt": Choice({"a": {"x": Float(0, 1)}})}
    space = Space(declared)
    declared["y"] = Int(0, 1)
    assert space.build({"opt": "a", "opt/a/x": 0.5}) == {"opt": {"a": {"x": 0.5}}}


def test_it_can_be_pickled_with_what_it_holds():
    space = Space({"f": Choice([lambda x: x + 1, None], labels=["inc", "none"]), "opt": OPTIMIZER})
    again = cloudpickle.loads(cloudpickle.dumps(space))
    assert again.dimensions == space.dimensions
    assert again.build({"f": "inc", "opt": "adam"})["f"](1) == 2


class TestSharedNames:
    def test_a_shared_parameter_is_one_dimension_active_in_the_union_of_its_branches(self):
        rate = Float(0, 1, name="rate")
        space = Space({"m": Choice({"a": {"r": rate}, "b": rate, "c": {}})})
        assert names(space) == ["m", "rate"]
        assert space.dimensions[1].active_when == (Condition("m", "a"), Condition("m", "b"))
        assert space.build({"m": "a", "rate": 0.5}) == {"m": {"a": {"r": 0.5}}}
        assert space.build({"m": "b", "rate": 0.5}) == {"m": {"b": 0.5}}
        assert space.build({"m": "c"}) == {"m": {"c": {}}}

    def test_met_once_without_condition_it_is_always_active(self):
        rate = Float(0, 1, name="rate")
        space = Space({"m": Choice({"a": rate, "b": {}}), "r": rate})
        assert space.dimensions[-1].active_when == ()

    def test_all_its_parents_come_before_it(self):
        space = Space([Choice({"a": Int(0, 1, name="n")}), Choice({"b": Int(0, 1, name="n")})])
        assert names(space) == ["0", "1", "n"]

    def test_a_shared_choice_shares_what_is_below_it(self):
        opt = Choice({"sgd": {"momentum": Float(0, 1)}, "adam": {}}, name="opt")
        space = Space({"m": Choice({"a": {"o": opt}, "b": {"o": opt, "n": Int(0, 1)}})})
        assert names(space) == ["m", "opt", "opt/sgd/momentum", "m/b/n"]
        params = {"m": "b", "opt": "sgd", "opt/sgd/momentum": 0.5, "m/b/n": 1}
        assert space.build(params) == {"m": {"b": {"o": {"sgd": {"momentum": 0.5}}, "n": 1}}}

    @pytest.mark.parametrize(
        "other",
        [
            Float(0, 2, name="x"),
            Int(0, 1, name="x"),
            Choice([0, 1], name="x"),
        ],
    )
    def test_two_definitions_of_one_name_are_refused(self, other):
        with pytest.raises(InvalidSpace, match="name='x' and are defined differently"):
            Space({"a": Float(0, 1, name="x"), "b": other})

    def test_two_choices_of_one_name_with_different_branches_are_refused(self):
        with pytest.raises(InvalidSpace, match="defined differently"):
            Space([Choice({"a": Int(0, 1), "b": 0}, name="c"), Choice({"a": 0, "b": 0}, name="c")])
        n = Int(0, 1, name="n")
        with pytest.raises(InvalidSpace, match="defined differently"):
            Space([Choice({"a": n, "b": 0}, name="c"), Choice({"a": 0, "b": n}, name="c")])

    def test_a_choice_within_itself_is_refused(self):
        with pytest.raises(InvalidSpace, match="'c' contains itself"):
            Space(Choice({"a": Choice({"a": {}}, name="c")}, name="c"))

    def test_a_name_that_is_anothers_path_is_refused(self):
        with pytest.raises(InvalidSpace, match="two parameters are called 'a/b'"):
            Space({"a": {"b": Float(0, 1)}, "c": Float(0, 1, name="a/b")})
        with pytest.raises(InvalidSpace, match="two parameters are called 'b'"):
            Space({"c": Float(0, 1, name="b"), "b": Float(0, 1)})


def _self_containing():
    space = {"x": Float(0, 1)}
    space["self"] = [space]
    return space


def _self_containing_branch():
    branch = {"x": Float(0, 1)}
    branch["again"] = Choice({"deeper": branch})
    return {"opt": Choice({"a": branch})}


def _deep():
    space = Float(0, 1)
    for _ in range(500):
        space = [space]
    return space


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (dict, "has no parameter"),
        (lambda: [1, {"a": "b"}], "has no parameter"),
        (lambda: None, "is a dict, a list, a tuple or one parameter, not None"),
        (lambda: 3, "not 3"),
        (lambda: "x", "not 'x'"),
        (lambda: {Float(0, 1)}, "is a set, which has no order"),
        (lambda: {"a": {"b": {Float(0, 1)}}}, "'a/b' is a set, which has no order"),
        (lambda: (Float(0, 1) for _ in range(2)), "iterator"),
        (lambda: {"a": (Float(0, 1) for _ in range(2)), "b": Int(0, 1)}, "'a' is the iterator"),
        (lambda: {"lr": Float}, r"'lr' is the class Float; call it"),
        (lambda: {"a/b": Float(0, 1)}, "the key 'a/b' must not hold"),
        (lambda: {"x": {"a.b": Float(0, 1)}}, "'x': the key 'a.b' must not hold"),
        (lambda: {"$a": Float(0, 1)}, r"the key '\$a' must not hold"),
        (lambda: {"": Float(0, 1)}, "the key '' must not be empty"),
        (lambda: {1: Float(0, 1)}, "the key 1 must be a str"),
        (lambda: {"a\0": Float(0, 1)}, "NUL"),
        (_self_containing, "'self/0' contains itself"),
        (_self_containing_branch, "'opt/a/again/deeper' contains itself"),
        (_deep, "nested more than 100 deep"),
    ],
)
def test_a_malformed_space_is_refused_in_one_sentence(make, why):
    with pytest.raises(InvalidSpace, match=why) as refused:
        Space(make())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({}, "'lr' is missing; it must be a number from 0.1 to 1.0"),
        ({"lr": 0.5, "opt": "adam", "lrr": 1}, "no parameter 'lrr'; did you mean lr"),
        ({"lr": 2, "opt": "adam"}, "'lr' is 2; it must be a number from 0.1 to 1.0"),
        ({"lr": "0.5", "opt": "adam"}, "'lr' is '0.5'"),
        ({"lr": True, "opt": "adam"}, "'lr' is True"),
        ({"lr": math.nan, "opt": "adam"}, "'lr' is nan"),
        ({"lr": None, "opt": "adam"}, "'lr' is None"),
        ({"lr": 0.5, "opt": "rmsprop"}, "'opt' is 'rmsprop'; it must be one of 'sgd', 'adam'"),
        ({"lr": 0.5, "opt": {}}, "'opt' is {}"),
        ({"lr": 0.5, "opt": np.zeros(2)}, "'opt' is array"),
        ({"lr": 0.5, "opt": "sgd"}, "'opt/sgd/momentum' is missing"),
        (
            {"lr": 0.5, "opt": "adam", "opt/sgd/momentum": 0.5},
            "'opt/sgd/momentum' is given but takes part only where 'opt' is 'sgd'; leave it out",
        ),
        ([("lr", 0.5)], "must be a dict"),
    ],
)
def test_params_that_do_not_lie_in_the_space_are_refused_by_name(params, why):
    space = Space({"lr": Float(0.1, 1), "opt": OPTIMIZER})
    with pytest.raises(InvalidParams, match=why):
        space.build(params)


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (Int(1, 9, step=4), [1, 5, 9, 5.0], [0, 2, 13, 5.5, True, math.inf]),
        (Normal(0, 1), [-50, 0.3], [math.inf, "0"]),
        (Normal(0, 1, low=-1, high=1), [-1, 1], [-1.01, 1.01]),
        (Normal(0, 1, step=0.5), [-3.5, 0, 12], [0.25]),
        (LogNormal(0, 1), [1e-9, 40], [0, -1]),
        (LogNormal(0, 1, step=0.5), [0, 0.5], [-0.5, 0.3]),
        (LogNormal(0, 1, low=1, step=0.5), [1, 1.5], [0.5]),
        (Choice([1, "a", None, False]), [1, 1.0, "a", None, False], [True, 0, "b", 2]),
    ],
)
def test_the_values_that_a_parameter_takes(parameter, good, bad):
    space = Space({"x": parameter})
    for value in good:
        space.check({"x": value})
    for value in bad:
        with pytest.raises(InvalidParams, match="'x' is"):
            space.check({"x": value})


# --- random spaces -------------------------------------------------------------------------------


def numbers():
    low = st.integers(-100, 100)
    return st.one_of(
        low.flatmap(lambda a: st.builds(Int, st.just(a), st.integers(a + 1, a + 50))),
        low.flatmap(lambda a: st.builds(Float, st.just(a), st.integers(a + 1, a + 50))),
        st.builds(Float, st.just(0), st.just(2), step=st.sampled_from([0.1, 0.25, 1])),
        st.builds(Float, st.just(0.1), st.integers(1, 9), log=st.just(True)),
        st.builds(Normal, st.integers(-3, 3), st.integers(1, 3)),
        st.builds(Int, st.just(0), st.just(9), name=st.sampled_from(["shared/a", "shared/b"])),
    )


def choices():
    plain = st.one_of(st.integers(2, 5), st.text(max_size=3), st.none(), st.booleans())
    return st.lists(plain, min_size=1, max_size=4, unique=True).map(Choice)


KEYS = st.sampled_from(["lr", "opt", "depth", "a b", "é", "0"])


def grow(inner):
    return st.one_of(
        st.dictionaries(KEYS, inner, max_size=3),
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, min_size=1, max_size=3).map(Choice),
    )


LEAVES = st.one_of(numbers(), choices(), st.sampled_from([None, 3, "constant"]))
SPACES = st.recursive(LEAVES, grow, max_leaves=8).map(lambda inner: {"x": Int(0, 3), "y": inner})


def any_params(data, space):
    params = {}
    for dimension in space.dimensions:
        if not dimension.is_active(params):
            continue
        if dimension.kind is Kind.CHOICE:
            value = data.draw(st.sampled_from(dimension.choices))
        elif dimension.kind is Kind.INT:
            value = data.draw(st.integers(int(dimension.low), int(dimension.high)))
        elif dimension.step is not None:
            value = dimension.low + dimension.step * data.draw(
                st.integers(0, int(dimension.size) - 1)
            )
        else:
            low = -9 if dimension.low is None else dimension.low
            value = data.draw(st.floats(low, 9 if dimension.high is None else dimension.high))
        params[dimension.name] = value
    return params


def same_shape(declared, built):
    if isinstance(declared, Choice) and isinstance(declared.options, dict):
        ((label, inner),) = built.items()
        return same_shape(declared.options[label], inner)
    if isinstance(declared, Choice):
        return built in declared.options
    if isinstance(declared, dict):
        return [*declared] == [*built] and all(same_shape(declared[k], built[k]) for k in declared)
    if isinstance(declared, (list, tuple)):
        return (
            type(declared) is type(built)
            and len(declared) == len(built)
            and all(map(same_shape, declared, built))
        )
    if isinstance(declared, (Int, Float, Normal)):
        return isinstance(built, int if isinstance(declared, Int) else float)
    return built == declared


@settings(max_examples=60)
@given(SPACES, st.data())
def test_any_space_takes_its_own_params_and_builds_its_own_shape(declared, data):
    space = Space(declared)
    params = any_params(data, space)
    assert same_shape(declared, space.build(params))
    name = data.draw(st.sampled_from(sorted(params)))
    with pytest.raises(InvalidParams):
        space.check({key: value for key, value in params.items() if key != name})


@settings(max_examples=60)
@given(SPACES)
def test_dimensions_are_uniquely_named_and_parents_first(declared):
    seen = {}
    for dimension in Space(declared).dimensions:
        assert dimension.name not in seen
        for condition in dimension.active_when:
            assert condition.value in seen[condition.name].choices
        seen[dimension.name] = dimension
