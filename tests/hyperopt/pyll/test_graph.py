from __future__ import annotations

import copy
import io
import pickle

import pytest

from parzen.hyperopt import hp
from parzen.hyperopt.exceptions import BadSearchSpace
from parzen.hyperopt.pyll import Literal, as_apply, clone, dfs, rec_eval, scope
from parzen.hyperopt.pyll.base import Apply, MissingArgument, apply


def test_a_node_of_unknown_length_is_not_walked_through():
    node = hp.uniform("x", 0, 1)
    for use in (list, tuple, len, iter, lambda n: [*n]):
        with pytest.raises(TypeError, match="how many parts a 'float' has shows only when"):
            use(node)
    with pytest.raises(TypeError):
        list(as_apply([1, 2]))


def test_a_node_of_known_length_is():
    one, two = as_apply(("a", "b"))
    assert rec_eval([one, two]) == ("a", "b")
    with pytest.raises(IndexError, match="the index is 2, and there are 2 parts"):
        as_apply((1, 2))[2]
    assert rec_eval(as_apply((1, 2))[-1]) == 2


def test_whether_a_node_is_true_shows_only_later():
    x = hp.uniform("x", 0, 1)
    with pytest.raises(TypeError, match=r"use scope\.switch, or decide in the objective"):
        assert x > 0.5
    assert as_apply({"a": 1})
    assert not as_apply({})


def test_a_graph_that_uses_itself_is_refused():
    node = scope.add(1, 2)
    node.pos_args[0] = scope.mul(node, 2)
    with pytest.raises(BadSearchSpace, match="uses its own 'add'"):
        dfs(node)


def test_a_deep_graph_is_no_problem():
    node = as_apply(0)
    for _ in range(2_000):
        node = node + 1
    assert rec_eval(clone(node)) == 2_000
    assert len(str(node).splitlines()) == 4_001


def test_arguments_have_the_operations_own_names():
    node = hp.uniform("x", 0, high=as_apply(1) + 1).pos_args[0].arg["obj"]
    found = node.arg
    assert (found["low"].obj, found["high"].name) == (0, "add")
    assert found["rng"] is found["size"] is MissingArgument
    assert as_apply(3).arg == {}


def test_inputs_can_be_replaced_and_arguments_set():
    two = as_apply(2)
    node = apply("dict", a=two, b=two)
    assert node.replace_input(two, as_apply(5)) == [0, 1]
    node.set_kwarg("b", 7)
    node.set_kwarg("aa", 1)
    assert rec_eval(node) == {"a": 5, "aa": 1, "b": 7}
    assert [name for name, _ in node.named_args] == ["a", "aa", "b"]


def test_other_inputs_make_another_node():
    node = scope.uniform(0, high=1)
    other = node.clone_from_inputs([as_apply(5), as_apply(6)])
    assert [below.obj for below in other.inputs()] == [5, 6]
    with pytest.raises(TypeError, match="1 inputs were given, expected 2"):
        node.clone_from_inputs([as_apply(5)])


def test_a_clone_may_have_other_nodes_in_places():
    two = as_apply(2)
    assert rec_eval(clone(two + two, {two: as_apply(5)})) == 10


def test_a_tree_is_drawn_with_what_is_shown_twice():
    x = as_apply("x" * 1000)
    lines = str(scope.add(x, b=x)).splitlines()
    assert lines[0] == "0 add"
    assert lines[2].endswith("[line 1]")
    assert all(len(line) < 300 for line in lines)
    file = io.StringIO()
    x.pprint(file)
    assert file.getvalue().startswith("0 Literal{'xxx")


def test_an_operation_that_nobody_defined_is_named():
    with pytest.raises(BadSearchSpace, match=r"'nowhere', which is not defined here.*@scope\.def"):
        rec_eval(Apply("nowhere", [], []))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))])
def test_a_copy_is_evaluated_alike(copied):
    space = {"x": hp.uniform("x", 0, 1) + 1, "c": hp.choice("c", [1, {"a": (2,)}]), 3: [None]}
    again = copied(as_apply(space))
    nodes = {node.pos_args[0].obj: node for node in dfs(again) if node.name == "hyperopt_param"}
    memo = {nodes["x"]: 0.5, nodes["c"]: 1}
    assert rec_eval(again, memo=memo) == {"x": 1.5, "c": {"a": (2,)}, 3: (None,)}


def test_a_constant_may_lack_a_length():
    class Forest:
        def __len__(self):
            raise AttributeError("not fit yet")

    forest = Forest()
    assert rec_eval({"model": forest})["model"] is forest
    assert Literal().obj is None
