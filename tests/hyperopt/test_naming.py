from __future__ import annotations

import functools

import numpy as np
import pytest

from parzen.hyperopt import hp
from parzen.hyperopt.naming import LONGEST, stored
from parzen.hyperopt.pyll import as_apply, scope
from parzen.shared.plain import plain_fault


def names(*options):
    return stored([as_apply(option) for option in options])


@pytest.mark.parametrize("options", [(1, 2), ("a", "b"), (True, "x", None), (0.5, 1), ("", " ")])
def test_plain_values_stand_for_themselves(options):
    assert names(*options) == options


@pytest.mark.parametrize(
    "options",
    [(1, 1.0), (1, True), (float("nan"), 1), (2**70, 1), ("\ud800", "b"), (np.float64(1), 1)],
)
def test_others_have_names_that_differ(options):
    found = names(*options)
    assert len(set(found)) == len(options)
    assert all(isinstance(name, str) and plain_fault(name) is None for name in found)


def test_a_name_says_what_an_option_is():
    assert names({"type": "svm", "C": 1}, {"name": "tree"}, {"a": 1}) == ("svm", "tree", "option 2")
    assert names(("knn", 3), [], ["x"]) == ("knn", "option 1", "x")
    assert names(len, np.zeros, functools.partial(len)) == ("len", "zeros", "partial")
    assert names({"z": 3, "kernel": "rbf"}, 7) == ("rbf", "7")


def test_expressions_have_the_names_of_what_they_apply():
    inner = hp.choice("c", [1, 2])
    assert stored([scope.add(1, 2), inner, hp.uniform("x", 0, 1)]) == (
        "add",
        "option 1",
        "option 2",
    )


def test_options_of_one_name_are_numbered():
    assert names({"type": "svm"}, {"type": "svm"}, 3) == ("svm (0)", "svm (1)", "3")
    assert names({"type": "x (1)"}, {"type": "x"}, {"type": "x"})[0] == "x (1)"


def test_a_long_name_is_cut():
    (name, _) = names({"type": "x" * 500}, 1)
    assert len(name) == LONGEST
