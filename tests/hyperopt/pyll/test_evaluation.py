from __future__ import annotations

import logging

import numpy as np
import pytest

from parzen.hyperopt import hp
from parzen.hyperopt.pyll import as_apply, rec_eval, scope
from parzen.hyperopt.pyll.base import GarbageCollected
from parzen.hyperopt.pyll.evaluation import position


@pytest.mark.parametrize(
    ("value", "index"),
    [(1, 1), (np.int64(0), 0), (True, 1), (np.bool_(False), 0), (np.array(2), 2)],
)
def test_a_switch_takes_whole_numbers(value, index):
    assert position(value, 3) == index


@pytest.mark.parametrize("value", [1.0, "a", None, np.float64(1)])
def test_a_switch_takes_nothing_else(value):
    with pytest.raises(TypeError, match=r"a switch is given .*: expected a whole number"):
        position(value, 3)


@pytest.mark.parametrize("value", [-1, 3, np.int64(7)])
def test_a_switch_takes_an_option_that_is_there(value):
    with pytest.raises(ValueError, match=rf"a switch is given {value}: expected 0 to 2"):
        rec_eval(scope.switch(value, "a", "b", "c"))


def test_a_value_that_takes_no_part_cannot_be_used():
    node = hp.uniform("x", 0, 1)
    memo = {node.pos_args[0]: GarbageCollected}
    with pytest.raises(ValueError, match="needs the value of 'x', which the trial does not have"):
        rec_eval([node], memo=memo)
    assert rec_eval(scope.switch(0, "a", node), memo=memo) == "a"
    inner = as_apply(3)
    with pytest.raises(ValueError, match="needs a 'literal' that takes no part"):
        rec_eval(scope.switch(0, inner), memo={inner: GarbageCollected})


def test_what_is_given_is_not_changed():
    one = as_apply(1)
    memo = {one: 2}
    assert rec_eval(one + one, memo=memo) == 4
    assert memo == {one: 2}
    with pytest.raises(ValueError, match=r"deepcopy_inputs is a dict.*give memo by its name"):
        rec_eval(one, memo)


def test_an_operation_may_change_its_copy():
    numbers = as_apply(np.array([3, 1, 2]))
    node = scope.call_method(numbers, "sort")
    assert rec_eval([node, numbers], deepcopy_inputs=True)[1].tolist() == [3, 1, 2]


def test_too_long_a_program_is_an_error():
    node = as_apply(0)
    for _ in range(20):
        node = node + 1
    assert rec_eval(node, max_program_len=100) == 20
    with pytest.raises(RuntimeError, match="more than 10 nodes wait"):
        rec_eval(node, max_program_len=10)


def test_the_node_that_failed_is_told(caplog):
    with pytest.raises(ZeroDivisionError):
        rec_eval(scope.truediv(1, 0))
    assert "evaluating truediv of the search space failed" in caplog.text
    caplog.clear()
    with pytest.raises(ZeroDivisionError):
        rec_eval(scope.truediv(1, 0), print_node_on_error=False)
    assert not caplog.text


def test_an_evaluation_can_be_followed(caplog):
    with caplog.at_level(logging.INFO):
        rec_eval(scope.add(1, 2), print_trace=True)
    assert "1 waiting, now add" in caplog.text
