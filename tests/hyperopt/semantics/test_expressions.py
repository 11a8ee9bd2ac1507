"""pyll: expressions that are built first and evaluated later."""

from __future__ import annotations

import math

import numpy as np
import pytest


@pytest.fixture
def value(pyll):
    """Evaluate: what ``rec_eval`` makes of something that need not be an expression yet."""
    return lambda expr, **options: pyll.rec_eval(pyll.as_apply(expr), **options)


@pytest.fixture
def defined(scope):
    """Define functions for the time of a test."""
    names = []

    def define(function, **info):
        names.append(function.__name__)
        return scope.define_info(**info)(function) if info else scope.define(function)

    yield define
    for name in names:
        scope.undefine(name)


def test_arithmetic(pyll, value):
    seven = pyll.as_apply(7)
    assert value(seven + 2) == 9
    assert value(2 + seven) == 9
    assert value(seven - 2) == 5
    assert value(2 - seven) == -5
    assert value(seven * 2) == 14
    assert value(2 * seven) == 14
    assert value(seven / 2) == 3.5
    assert value(14 / seven) == 2
    assert value(seven // 2) == 3
    assert value(15 // seven) == 2
    assert value(seven**2) == 49
    assert value(2**seven) == 128
    assert value(-seven) == -7


def test_comparisons(pyll, value):
    two = pyll.as_apply(2)
    assert [value(two < 3), value(two <= 2), value(two > 2), value(two >= 3)] == [1, 1, 0, 0]


def test_functions_of_numbers(scope, value):
    assert value(scope.exp(1.0)) == pytest.approx(math.e)
    assert value(scope.log(math.e)) == pytest.approx(1)
    assert value(scope.sqrt(9)) == 3
    assert [value(f(0.0)) for f in (scope.sin, scope.cos, scope.tan)] == [0, 1, 0]
    assert value(scope.pow(2, 5)) == 32
    assert [value(scope.minimum(2, 3)), value(scope.maximum(2, 3))] == [2, 3]
    assert [value(scope.min(2, 3, 1)), value(scope.max(2, 3, 1))] == [1, 3]
    whole = value(scope.int(3.9))
    assert whole == 3
    assert isinstance(whole, int)
    assert isinstance(value(scope.float(3)), float)


def test_functions_of_sequences(scope, value):
    assert value(scope.len([1, 2, 3])) == 3
    assert value(scope.list((1, 2))) == [1, 2]
    assert value(scope.dict(a=1, b=scope.add(1, 1))) == {"a": 1, "b": 2}
    assert list(value(scope.range(3))) == [0, 1, 2]
    assert value(scope.sum([1, 2, 3])) == 6
    assert value(scope.str_join("-", ["a", "b"])) == "a-b"
    assert value(scope.repeat(2, "x")) == ["x", "x"]
    assert value(scope.identity("x")) == "x"
    assert isinstance(value(scope.asarray([1, 2])), np.ndarray)
    assert value(scope.array_union([1, 3], [2, 3])).tolist() == [1, 2, 3]


def test_lists_come_back_as_tuples(value):
    assert value([1, [2, (3, "x")], {"k": [4]}]) == (1, (2, (3, "x")), {"k": (4,)})


def test_dicts_come_back_with_their_keys(pyll, value):
    assert value({"b": 1, "a": {"c": pyll.as_apply(1) + 1}}) == {"b": 1, "a": {"c": 2}}
    assert value({1: "x", 2: pyll.as_apply(3) * 2}) == {1: "x", 2: 6}


def test_other_things_are_literals(pyll, value):
    thing = object()
    literal = pyll.as_apply(thing)
    assert isinstance(literal, pyll.Literal)
    assert literal.obj is thing
    assert value(literal) is thing
    assert pyll.as_apply(literal) is literal


def test_a_switch_evaluates_only_what_it_chooses(scope, value):
    chosen = scope.switch(scope.add(0, 1), scope.Raise(ZeroDivisionError), "second")
    assert value(chosen) == "second"
    with pytest.raises(ZeroDivisionError):
        value(scope.switch(0, scope.Raise(ZeroDivisionError), "second"), print_node_on_error=False)
    assert value(scope.kwswitch("b", a=scope.Raise(ZeroDivisionError), b=2)) == 2


def test_a_switch_takes_no_other_than_an_index(scope, value):
    with pytest.raises(ValueError):
        value(scope.switch(-1, 1, 2))
    with pytest.raises(TypeError):
        value(scope.switch("b", 1, 2))


def test_a_node_that_is_used_twice_is_evaluated_once(defined, scope, value):
    calls = []

    def counted_once(x):
        calls.append(x)
        return x

    assert defined(counted_once) is counted_once
    node = scope.counted_once(4)
    assert value({"a": node, "b": [node, node + 1]}) == {"a": 4, "b": (4, 5)}
    assert calls == [4]


def test_functions_of_ones_own(defined, scope, value):
    def weighed(x, by=2, *, plus=0):
        return x * by + plus

    defined(weighed)
    assert value(scope.weighed(3)) == 6
    assert value(scope.weighed(scope.weighed(1), by=5, plus=scope.add(1, 1))) == 12
    with pytest.raises(ValueError):
        scope.define(weighed)
    assert scope.define_if_new(weighed) is weighed


def test_a_function_that_is_undefined_is_gone(scope):
    @scope.define
    def short_lived():
        return 1

    scope.undefine(short_lived)
    assert not hasattr(scope, "short_lived")


def test_a_function_that_returns_an_expression_returns_its_value(defined, scope, value):
    def doubled_later(x):
        return scope.mul(x, 2)

    defined(doubled_later)
    assert value(scope.doubled_later(4)) == 8


def test_a_known_number_of_results_can_be_unpacked(defined, scope, value):
    def halves(x):
        return x // 2, x - x // 2

    defined(halves, o_len=2)
    less, more = scope.halves(7)
    assert (value(less), value(more)) == (3, 4)
    first, second = scope.dict(a=1), scope.halves(2)
    assert len(second) == 2
    with pytest.raises(TypeError):
        len(first)


def test_parts_and_calls(pyll, scope, value):
    assert value(pyll.as_apply(["a", "b"])[1]) == "b"
    assert value(pyll.as_apply({"k": 5})["k"]) == 5
    assert value(pyll.as_apply("abc")[0]) == "a"
    assert value(pyll.as_apply(max)(3, 8)) == 8
    assert value(scope.call(sorted, ([2, 1],), {"reverse": True})) == [2, 1]
    assert value(scope.call_method("a b", "split")) == ["a", "b"]
    assert value(scope.getattr(3 + 4j, "imag")) == 4


def test_functions_can_be_put_together(scope, value):
    less = scope.partial("sub", 10)
    assert value(less(4)) == 6
    assert value(scope.callpipe1([scope.partial("sub", 10), scope.partial("mul", 3)], 4)) == 18
    assert value(scope.call(scope.partial("pow", 2), (3,))) == 8


def test_values_of_nodes_can_be_given(pyll, value):
    node = pyll.as_apply(1)
    total = node + 10
    assert value(total, memo={node: 5}) == 15
    assert value(total) == 11


def test_what_a_function_raises_comes_through(scope, value):
    with pytest.raises(KeyError, match="lost"):
        value(scope.Raise(KeyError, "lost"), print_node_on_error=False)


def test_a_space_can_be_evaluated_without_parameters(pyll):
    assert pyll.as_apply({"a": [1, 2], "b": None}).eval() == {"a": (1, 2), "b": None}


def test_a_clone_shares_no_node(pyll, scope, value):
    leaf = pyll.as_apply(2)
    original = scope.add(leaf, leaf) * 3
    copied = pyll.clone(original)
    assert value(copied) == value(original) == 12
    assert set(pyll.dfs(copied)).isdisjoint(pyll.dfs(original))


def test_nodes_come_after_what_they_need(pyll, scope):
    leaf = pyll.as_apply(2)
    inner = scope.add(leaf, 1)
    outer = scope.mul(inner, leaf)
    for nodes in (pyll.dfs(outer), pyll.toposort(outer)):
        assert nodes[-1] is outer
        assert nodes.index(leaf) < nodes.index(inner)
        assert len(nodes) == 4


def test_a_graph_can_be_looked_at_and_changed(pyll, scope, value):
    leaf = pyll.as_apply(2)
    node = scope.add(leaf, 1)
    assert node.name == "add"
    assert node.inputs()[0] is leaf
    assert isinstance(node, pyll.Apply)
    node.replace_input(leaf, pyll.as_apply(10))
    assert value(node) == 11
    space = pyll.as_apply({"a": 1})
    assert dict(space.named_args)["a"].obj == 1
    space.named_args.append(["b", pyll.as_apply([])])
    assert value(space) == {"a": 1, "b": ()}


def test_an_expression_prints_as_a_tree(scope):
    text = str(scope.add(scope.mul(2, 3), 4))
    assert [text.count(word) for word in ("add", "mul", "2", "3", "4")].count(0) == 0
    assert text.index("add") < text.index("mul")
    assert len(text.splitlines()) == 5
