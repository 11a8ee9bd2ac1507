"""Choices are checked when they are made."""

from __future__ import annotations

import enum
import math
from decimal import Decimal

import numpy as np
import pytest

from parzen.shared.errors import InvalidSpace
from parzen.shared.space import Choice, Float


class Solver(str, enum.Enum):
    LBFGS = "lbfgs"
    SAGA = "saga"


REFUSED = [
    (lambda: Choice([]), "at least one option"),
    (lambda: Choice({}), "at least one option"),
    (lambda: Choice("abc"), "options must be a list"),
    (lambda: Choice({1, 2}), "options must be a list"),
    (lambda: Choice(iter([1])), "options must be a list"),
    (lambda: Choice(np.arange(3)), "options must be a list"),
    (lambda: Choice([1, 1.0]), "there twice"),
    (lambda: Choice([1, True]), "there twice"),
    (lambda: Choice([0.0, -0.0]), "there twice"),
    (lambda: Choice([2.0**60, "x", 2**60]), "there twice"),
    (lambda: Choice([[[True]], [[1.0]]]), "there twice"),
    (lambda: Choice([1, 10**5000]), "the option <an int of 16610 bits> does not lie in 64 bits"),
    (lambda: Choice([1, [10**5000]]), "the option <a list of too many digits> does not lie"),
    (lambda: Choice([1, 2], weights=[1, 10**5000]), "16610 bits> must be positive and finite"),
    (lambda: Choice([1], labels=[10**5000]), "16610 bits> must be a non-empty str"),
    (lambda: Choice({10**5000: 1}), "16610 bits> must be a str"),
    (lambda: Choice([1, 2], weights=[1, math.nan]), "the weight nan must be positive and finite"),
    (lambda: Choice([(1, 2), [1.0, 2]]), "there twice"),
    (lambda: Choice(["a", "b", "a"], name="opt"), "name='opt'.*'a' is there twice"),
    (lambda: Choice([math.nan, 1]), "is not a number"),
    (lambda: Choice([(1, math.nan)]), "is not a number"),
    (lambda: Choice([2**63]), "64 bits"),
    (lambda: Choice([print, len]), "labels="),
    (lambda: Choice([Decimal(1)]), "labels="),
    (lambda: Choice([np.bool_(True)]), "labels="),
    (lambda: Choice([1j]), "labels="),
    (lambda: Choice(["\ud800"]), "surrogate"),
    (lambda: Choice([Float(0, 1)]), "name the options with a dict"),
    (lambda: Choice([(1, Float(0, 1))]), "name the options with a dict"),
    (lambda: Choice([{"a": 1}]), "name the options with a dict"),
    (lambda: Choice([{"a": Float(0, 1)}], labels=["x"]), "name the options with a dict"),
    (lambda: Choice([print, len], labels=["a"]), "2 options and 1 labels"),
    (lambda: Choice([print, len], labels=["a", "a"]), "there twice"),
    (lambda: Choice([print, len], labels=["a", ""]), "non-empty str"),
    (lambda: Choice([print, len], labels=["a", 1]), "non-empty str"),
    (lambda: Choice([print, len], labels="ab"), "labels must be a list"),
    (lambda: Choice({"a": 1}, labels=["x"]), "a dict's keys are its labels"),
    (lambda: Choice({"a/b": 1}), "must not hold"),
    (lambda: Choice({"a.b": 1}), "must not hold"),
    (lambda: Choice({"$a": 1}), "must not hold"),
    (lambda: Choice({"": 1}), "must not be empty"),
    (lambda: Choice({1: 1}), "must be a str"),
    (lambda: Choice([1, 2], weights=[1]), "2 options and 1 weights"),
    (lambda: Choice([1, 2], weights=[1, -1]), "positive and finite"),
    (lambda: Choice([1, 2], weights=[1, math.nan]), "positive and finite"),
    (lambda: Choice([1, 2], weights=[1, math.inf]), "positive and finite"),
    (lambda: Choice([1, 2], weights=[0, 0]), "leave the option out"),
    (lambda: Choice([1, 2], weights=[1, 0]), "leave the option out"),
    (lambda: Choice([1, 2], weights=[1, "2"]), "not a number"),
    (lambda: Choice([1, 2], weights=[1, True]), "not a number"),
    (lambda: Choice([1, 2], weights="12"), "weights must be a list"),
    (lambda: Choice({"a": 1, "b": 2}, weights={"a": 1}), "must name each of the options"),
    (lambda: Choice({"a": 1}, weights={"a": 1, "b": 1}), "must name each of the options"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED)
def test_a_malformed_choice_is_refused_in_one_sentence(make, why):
    with pytest.raises(InvalidSpace, match=why) as refused:
        make()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("labels", [None, ["x"]])
def test_an_option_that_contains_itself_is_refused(labels):
    option = [1]
    option.append(option)
    with pytest.raises(InvalidSpace, match="contains itself"):
        Choice([option], labels=labels)


def test_a_long_list_is_not_compared_pair_by_pair():
    compared = []

    class Label(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(other)
            return str.__eq__(self, other)

    labels = [Label(number) for number in range(1000)]
    Choice([object()] * 1000, labels=labels)
    assert len(compared) < 5000


def test_what_is_stored_is_plain():
    stored = Choice(
        [np.int64(3), np.float32(0.5), Solver.SAGA, [1, (2, "x")], b"\x00", None]
    ).stored
    assert stored == (3, 0.5, "saga", (1, (2, "x")), b"\x00", None)
    assert [type(value) for value in stored[:3]] == [int, float, str]


def test_labels_are_stored_in_place_of_objects():
    assert Choice([print, len], labels=["print", "len"]).stored == ("print", "len")
    assert Choice({"a": Float(0, 1), "b": {}}).stored == ("a", "b")


@pytest.mark.parametrize(
    "choice",
    [
        Choice(["a", "b"], weights=[1, 3]),
        Choice({"a": 0, "b": 1}, weights={"b": 3, "a": 1}),
        Choice([print, len], labels=["a", "b"], weights={"b": 3, "a": 1}),
        Choice(["a", "b"], weights=[1e300, 3e300]),
    ],
)
def test_weights_are_normalised_in_the_order_of_the_options(choice):
    assert choice.weights == pytest.approx((0.25, 0.75))


def test_choices_compare_and_hash_by_what_they_are():
    assert Choice([1, [2]]) == Choice([1, [2]])
    assert hash(Choice([1, [2]])) == hash(Choice([1, [2]]))
    assert Choice([1, 2]) != Choice([2, 1])
    assert repr(Choice(["a"], name="n")) == "Choice(('a',), name='n')"


def test_a_later_change_of_the_users_list_changes_nothing():
    options = ["a", "b"]
    choice = Choice(options)
    options.append("c")
    assert choice.stored == ("a", "b")
