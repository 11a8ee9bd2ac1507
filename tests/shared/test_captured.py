"""Captured variables are found by the names that their owner gave them."""

from __future__ import annotations

import functools
import threading

import numpy as np
import pytest

from parzen.shared.captured import (
    functions,
    human,
    imported_names,
    largest,
    nested,
    pickled_size,
    unpicklable,
)

BIG = np.zeros(100_000)
TABLE = {"rows": [BIG]}


class Holder:
    table = TABLE

    def __init__(self):
        self.data = np.ones(5000)

    def __call__(self, params):
        return self.data.sum()

    def method(self, params):
        return 0.0


def reads_global(params):
    return helper(params)


def helper(params):
    return BIG.sum()


def with_default(params, cache=BIG, *, other=TABLE):
    return 0.0


def closing():
    inner = np.zeros(7000)

    def objective(params):
        def within():
            return inner

        return within()

    return objective


@functools.cache
def cached():
    return BIG


def through_a_cache(params):
    return cached()


def names(thing):
    return {variable.name: variable.size for variable in functions({"objective": thing}, MINE)[1]}


MINE = frozenset({__name__})


@pytest.mark.parametrize(
    ("thing", "name", "size"),
    [
        (reads_global, "BIG", 800_000),
        (through_a_cache, "BIG", 800_000),
        (closing(), "inner", 56_000),
        (with_default, "cache", 800_000),
        (functools.partial(with_default, np.zeros(10)), "argument 0 of objective", 80),
        (functools.partial(helper, extra=np.zeros(10)), "extra", 80),
        (Holder(), "self.data", 40_000),
        (Holder().method, "self.data", 40_000),
    ],
)
def test_variables_are_found_wherever_they_are_captured(thing, name, size):
    assert names(thing)[name] == size


def test_class_attributes_and_nested_containers_are_measured():
    assert names(Holder())["Holder.table"] == pytest.approx(800_000, rel=0.01)
    assert names(with_default)["other"] == pytest.approx(800_000, rel=0.01)


def test_a_function_that_travels_by_name_captures_nothing():
    assert names(np.linalg.norm) == {"objective": 0}
    assert names(np.testing.assert_allclose) == {"assert_allclose": 0}
    assert names(len) == {"objective": 0}


def test_a_recursive_or_cyclic_capture_ends():
    box = []
    box.append(box)

    def recursive(params):
        return recursive(params) if box else 0

    assert "box" in names(recursive)


def test_sizes_are_about_those_of_the_pickle():
    assert pickled_size(b"x" * 1000) == 1000
    assert pickled_size([1.0] * 50_000) == pytest.approx(450_000, rel=0.01)
    assert pickled_size([BIG, BIG]) == pytest.approx(800_000, rel=0.01)
    assert pickled_size({"a": [{"b": BIG}]}) == pytest.approx(800_000, rel=0.01)


def test_the_largest_come_first():
    variables = functions({"objective": with_default}, MINE)[1]
    assert [variable.name for variable in largest(variables, 1)] in (["cache"], ["other"])
    assert human(3 * 2**20) == "3.0 MiB"
    assert human(12) == "12 bytes"


def test_what_cannot_be_pickled_is_found():
    lock = threading.Lock()

    def objective(params):
        return (lock, BIG)

    def attempt(value):
        if value is lock:
            raise TypeError("no locks")

    variable, fault = unpicklable(functions({"objective": objective}, MINE)[1], attempt)
    assert (variable.name, str(fault)) == ("lock", "no locks")


def test_imports_within_functions_are_seen_but_for_relative_ones():
    code = compile(
        "def f():\n import a.b\n from c import d\n from .e import g\n from . import h\n",
        "f",
        "exec",
    )
    assert {*imported_names([*nested(code)])} == {"a.b", "c", "c.d"}
