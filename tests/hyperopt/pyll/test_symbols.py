from __future__ import annotations

import cloudpickle
import pytest

from parzen.hyperopt.pyll import rec_eval, scope
from parzen.hyperopt.pyll.base import PyllImportError


@pytest.fixture
def defined():
    names = []

    def define(function):
        names.append(function.__name__)
        return scope.define(function)

    yield define
    for name in names:
        if scope.knows(name):
            scope.undefine(name)


def test_an_unknown_operation_is_named():
    with pytest.raises(AttributeError, match=r"no operation 'nothing'.*@scope\.define"):
        scope.nothing(1)
    with pytest.raises(PyllImportError, match="nothing"):
        scope.inject("log", "nothing")


@pytest.mark.parametrize("name", ["add", "uniform", "define", "hyperopt_param", "kwswitch"])
def test_a_name_that_is_taken_is_refused(name):
    def function():
        """Never called."""

    function.__name__ = name
    with pytest.raises(ValueError, match=f"has an operation '{name}' already"):
        scope.define(function)


def test_the_same_may_be_defined_twice_if_one_says_so(defined):
    def mine(x):
        return x

    defined(mine)
    assert scope.define_if_new(mine) is mine
    with pytest.raises(ValueError, match="'mine' already"):
        scope.define_if_new(eval("lambda x: x", {}).__class__(mine.__code__, {}, "mine"))


def test_operations_can_be_imported():
    names = {}
    scope.import_(names, "log", ln="log")
    assert rec_eval(names["ln"](1.0)) == rec_eval(names["log"](1.0)) == 0
    assert repr(names["ln"]) == "scope.log"


def test_the_scope_lists_its_operations(defined):
    @defined
    def listed():
        """Never called."""

    assert {"uniform", "add", "listed"} <= set(dir(scope))


def test_what_a_user_defined_travels_with_the_expression(defined):
    @defined
    def tripled(x):
        return 3 * x

    data = cloudpickle.dumps(scope.tripled(scope.add(1, 1)))
    scope.undefine("tripled")
    assert rec_eval(cloudpickle.loads(data)) == 6
    assert rec_eval(scope.tripled(5)) == 15
    scope.undefine("tripled")

    def another(x):
        return "another one of that name"

    another.__name__ = "tripled"
    defined(another)

    assert rec_eval(cloudpickle.loads(data)) == 6
    assert rec_eval(scope.tripled(1)) == "another one of that name"


def test_what_everybody_has_does_not_travel():
    assert scope.uniform(0, 1).__getstate__()["define_params"] is None


def test_options_may_have_names():
    chosen = scope.kwswitch(scope.str_join("", ["b"]), a=scope.Raise(KeyError), b=2)
    assert rec_eval(chosen) == 2
    with pytest.raises(ValueError):
        rec_eval(scope.kwswitch("c", a=1, b=2), print_node_on_error=False)
