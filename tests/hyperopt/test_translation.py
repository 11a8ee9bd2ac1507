"""Spaces as the engine's dimensions: which parameters take part, and trials there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen.coordinator.unit import UnitCube
from parzen.hyperopt import Domain, hp
from parzen.hyperopt.exceptions import BadSearchSpace
from parzen.hyperopt.proposing import middle
from parzen.hyperopt.pyll import as_apply, rec_eval, scope
from parzen.hyperopt.pyll.base import GarbageCollected, Literal
from parzen.hyperopt.translation import Translation, plain
from parzen.hyperopt.walking import PARAMETER, label_of, parameters
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.errors import InvalidParams


class Growing:
    """Makes a space with every kind of condition, whose parameters are used in several places."""

    def __init__(self, draw):
        self._draw = draw
        self._made = []
        self._count = 0

    def _label(self):
        self._count += 1
        return f"p{self._count}"

    def number(self):
        kind = self._draw(st.sampled_from(["old", "uniform", "randint", "sum"]))
        if kind == "sum":
            return self.number() + self.number()
        if kind == "old" and self._made:
            return self._draw(st.sampled_from(self._made))
        made = (
            hp.randint(self._label(), 3) if kind == "randint" else hp.uniform(self._label(), 0, 1)
        )
        self._made.append(made)
        return made

    def part(self, depth):
        kind = self._draw(st.sampled_from(["number", "list", "choice", "pchoice", "switch", "if"]))
        if kind == "number" or depth == 0:
            return self.number()
        if kind == "list":
            return as_apply([self.part(depth - 1), {"k": self.part(depth - 1)}])
        return self._chosen(kind, [self.part(depth - 1) for _ in range(3)])

    def _chosen(self, kind, options):
        if kind == "switch":
            return scope.switch(hp.randint(self._label(), 3), *options)
        if kind == "if":
            return scope.switch(scope.int(self.number() > 0.5), *options[:2])
        if kind == "pchoice":
            return hp.pchoice(self._label(), list(zip((0.2, 0.3, 0.5), options, strict=True)))
        return hp.choice(self._label(), options)


@st.composite
def spaces(draw):
    growing = Growing(draw)
    return as_apply({"first": growing.part(3), "second": growing.part(2)})


def needed(node, values, found):
    """What an evaluation of ``node`` needs, the plain way: into ``found``."""
    if node.name == PARAMETER:
        found[label_of(node)] = values[label_of(node)]
        return values[label_of(node)]
    if node.name == "switch":
        index, *options = node.pos_args
        return needed(options[int(needed(index, values, found))], values, found)
    if isinstance(node, Literal):
        return node.obj
    args = [needed(below, values, found) for below in node.pos_args]
    kwargs = {key: needed(below, values, found) for key, below in node.named_args}
    return getattr(scope, node.name)(*map(Literal, args), **kwargs).eval()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(spaces(), st.integers(0, 2**32))
def test_a_trial_has_what_its_evaluation_needs(expr, seed):
    translation = Translation(expr)
    cube = UnitCube(translation.dimensions)
    for row in cube.from_uniform(np.random.default_rng(seed).random((4, cube.width))):
        values = translation.values(cube.params(row))
        found = {}
        point = needed(expr, values, found)
        assert found == values
        memo = {
            node: values.get(label, GarbageCollected) for label, node in parameters(expr).items()
        }
        assert rec_eval(expr, memo=memo) == point
        again = translation.params(values, missing=middle)
        assert translation.values(again) == values
        assert cube.params(cube.row(again)).keys() == again.keys()


def conditions(space):
    return {d.name: set(d.active_when) for d in Translation(as_apply(space)).dimensions}


def test_parameters_below_a_choice_take_part_where_it_has_their_option():
    inner = hp.choice("inner", ["a", {"deep": hp.uniform("deep", 0, 1)}])
    space = [hp.choice("outer", ["none", inner]), hp.normal("always", 0, 1)]
    assert conditions(space) == {
        "outer": set(),
        "inner": {Condition("outer", "option 1")},
        "deep": {Condition("inner", "option 1")},
        "always": set(),
    }


def test_one_parameter_in_several_branches_has_several_conditions():
    shared = hp.uniform("x", 0, 1)
    space = hp.choice("c", [("a", shared), ("b",), ("c", shared)])
    assert conditions(space)["x"] == {Condition("c", "a"), Condition("c", "c")}


def test_one_that_is_needed_anyhow_has_none():
    shared = hp.uniform("x", 0, 1)
    assert conditions([hp.choice("c", [shared, 1]), shared])["x"] == set()
    index = hp.randint("r", 2)
    assert conditions(scope.switch(index, index, 7))["r"] == set()


def test_a_number_may_choose():
    space = scope.switch(hp.randint("r", 2, 4) - 2, hp.uniform("a", 0, 1), hp.uniform("b", 0, 1))
    assert conditions(space) == {"r": set(), "a": set(), "b": set()}
    straight = scope.switch(hp.randint("r", 2), hp.uniform("a", 0, 1), hp.uniform("b", 0, 1))
    (r, a, b) = Translation(as_apply(straight)).dimensions
    assert (r.size, len(a.active_when), len(b.active_when)) == (2, 1, 1)
    assert Translation(as_apply(straight)).values({"r": 1, "b": 0.5}) == {"r": 1, "b": 0.5}


def test_choices_that_hang_on_each_other():
    one, two = hp.randint("one", 2), hp.randint("two", 2)
    ways = [scope.switch(one, "-", two + 5), scope.switch(two, "-", one + 7)]
    translation = Translation(as_apply(hp.choice("way", ways)))
    names = [d.name for d in translation.dimensions]
    for place, dimension in enumerate(translation.dimensions):
        assert {c.name for c in dimension.active_when} <= set(names[:place]), "parents come first"
    cube = UnitCube(translation.dimensions)
    found = set()
    for row in cube.from_uniform(np.random.default_rng(0).random((60, cube.width))):
        found.add(tuple(translation.values(cube.params(row)).items()))
    assert found == {
        (("way", 0), ("one", 0)),
        *((("way", 0), ("one", 1), ("two", k)) for k in (0, 1)),
        (("way", 1), ("two", 0)),
        *((("way", 1), ("two", 1), ("one", k)) for k in (0, 1)),
    }


def test_options_have_names_that_people_know():
    options = [{"type": "svm", "C": hp.lognormal("C", 0, 1)}, {"type": "tree"}, 3.5, None, len]
    (c, _) = Translation(hp.choice("c", options)).dimensions
    assert c.choices == ("svm", "tree", "3.5", "None", "len")
    (plain_ones,) = Translation(hp.choice("c", [1, "b", None, 2.5, False])).dimensions
    assert plain_ones.choices == (1, "b", None, 2.5, False)


def test_bounds_are_those_of_what_comes_out():
    space = [hp.quniform("q", 0, 1, 0.1), hp.qloguniform("l", 0, 3, 2), hp.randint("r", 2, 5)]
    q, log, r = Translation(as_apply(space)).dimensions
    assert (q.low, q.high, q.step, q.rounds) == (0, 1, 0.1, (0, 1))
    assert (log.low, log.high, log.log) == (2, 20, True)
    assert (r.kind, r.low, r.high) == (Kind.INT, 2, 4)


def test_a_grid_holds_no_crumbs():
    values = Translation(hp.quniform("q", 0, 1, 0.1))
    cube = UnitCube(values.dimensions)
    found = {cube.params(row)["q"] for row in cube.from_uniform(np.linspace(0, 0.999, 99)[:, None])}
    assert found == {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}


def test_a_distribution_that_hangs_on_another_parameter_is_refused():
    space = hp.uniform("x", 0, hp.uniform("high", 1, 2))
    with pytest.raises(BadSearchSpace, match=r"'x' depends on another parameter.*rand\.suggest"):
        Domain(len, space).translation  # noqa: B018 - it raises


def test_a_distribution_of_ones_own_is_refused():
    space = scope.hyperopt_param("x", scope.add(1, 2))
    with pytest.raises(BadSearchSpace, match=r"'x' is drawn by 'add'"):
        Domain(len, space).translation  # noqa: B018 - it raises


@pytest.mark.parametrize("value", [3, -1, 0.5, "a", None, float("nan"), float("inf")])
def test_an_index_that_no_option_has_is_refused(value):
    dimension = Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"))
    with pytest.raises(InvalidParams, match=r"'c' is .*expected"):
        plain(dimension, value)


def test_values_are_taken_from_any_number_type():
    whole = Dimension(name="n", kind=Kind.INT, low=0, high=9)
    real = Dimension(name="x", kind=Kind.FLOAT, low=0, high=9)
    choice = Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"))
    assert plain(whole, np.int64(4)) == plain(whole, 4.0) == 4
    assert plain(real, np.float32(0.5)) == 0.5
    assert plain(choice, np.int64(1)) == plain(choice, 1.0) == "b"
    with pytest.raises(InvalidParams, match=r"2\.5.*whole number"):
        plain(whole, 2.5)
