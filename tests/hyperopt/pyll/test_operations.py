from __future__ import annotations

import operator
import time

import numpy as np
import pytest

from parzen.hyperopt.pyll import as_apply, rec_eval, scope


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (lambda: scope.eq(2, 2), True),
        (lambda: scope.ne(2, 2), False),
        (lambda: scope.sum([[1, 2], [3, 4]]), 10),
        (lambda: scope.copy_call_method_pure([3], "index", 3), 0),
        (lambda: scope.call_method_pure("a-b", "split", "-"), ["a", "b"]),
        (lambda: scope.callpipe1([abs, operator.neg], -3), -3),
        (lambda: scope.partial("add", 5)(2), 7),
        (lambda: scope.callpipe1([scope.partial(scope.mul, 3)], 2), 6),
        (lambda: scope.map(abs, [-1, 2]), [1, 2]),
        (lambda: scope.switch(np.array(1), "a", "b"), "b"),
        (lambda: as_apply(sorted)([2, 1], reverse=True), [2, 1]),
        (lambda: scope.call(scope.getattr("abc", "upper")), "ABC"),
    ],
)
def test_an_operation_gives(node, value):
    found = rec_eval(node())
    assert (list(found) if isinstance(found, map) else found) == value


def test_sums_along_an_axis():
    assert rec_eval(scope.sum([[1, 2], [3, 4]], axis=0)).tolist() == [4, 6]
    assert rec_eval(scope.asarray([1, 2], dtype="float32")).dtype == np.float32


def test_an_array_may_be_changed_in_a_copy_only():
    given = np.array([3, 1])
    assert rec_eval(scope.copy_call_method_pure(given, "sort")) is None
    assert given.tolist() == [3, 1]


def test_what_time_it_is():
    seconds, kept = scope.curtime("x")
    assert abs(rec_eval(seconds) - time.time()) < 60
    assert rec_eval(kept) == "x"
