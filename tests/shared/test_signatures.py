"""How users' functions are called is found out, or refused, when they are given."""

from __future__ import annotations

import functools
import sys

import pytest

from parzen.shared.errors import InvalidObjective, InvalidStudy
from parzen.shared.signatures import (
    check_entry,
    check_sampler,
    check_setup,
    full_name,
    takes_trial,
)


class Model:
    def __call__(self, params, trial):
        return 0.0

    def method(self, params):
        return 0.0

    @staticmethod
    def static(params, trial):
        return 0.0


class Generating:
    def __call__(self, params):
        yield 0.0


async def asynchronous(params):
    return 0.0


def generating(params):
    yield 0.0


def three(a, b, c):
    return 0.0


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (lambda params: 0, False),
        (lambda params, trial: 0, True),
        (lambda a, b: 0, True),
        (lambda params, seed=0: 0, False),
        (lambda params, trial=None: 0, True),
        (lambda params=None: 0, False),
        (lambda params, *, seed=0: 0, False),
        (lambda *args, **kwargs: 0, False),
        (Model(), True),
        (Model().method, False),
        (Model.static, True),
        (functools.partial(three, 1), True),
        (functools.partial(three, 1, 2), False),
        (functools.partial(three, b=1, c=2), False),
        (max, False),
        (len, False),
    ],
)
def test_the_trial_is_given_to_those_who_take_it(objective, expected):
    assert takes_trial(objective) is expected


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        (lambda: 0, r"must take \(params\) or \(params, trial\)"),
        (three, r"'three' has the signature \(a, b, c\)"),
        (lambda params, *, seed: 0, "must take"),
        (lambda *, params: 0, "must take"),
        (functools.partial(three, a=1), "must take"),
        (asynchronous, "asynchronous"),
        (functools.partial(asynchronous), "asynchronous"),
        (generating, "generator function"),
        (Generating(), "generator function"),
        (Model, "is a class"),
        (3.0, "cannot be called"),
        (None, "cannot be called"),
    ],
)
def test_what_cannot_be_called_with_params_is_refused(objective, why):
    with pytest.raises(InvalidObjective, match=why):
        takes_trial(objective)


def test_setup_takes_nothing():
    check_setup(lambda: 1)
    check_setup(lambda path="x": 1)
    check_setup(dict)
    with pytest.raises(InvalidObjective, match="without arguments: missing a required argument"):
        check_setup(lambda path: 1)
    with pytest.raises(InvalidObjective, match="the setup 3 cannot be called"):
        check_setup(3)


def test_an_entry_names_a_module_and_something_in_it():
    assert check_entry("package.module:function") == ("package.module", "function")
    assert check_entry("m:Class.method") == ("m", "Class.method")


@pytest.mark.parametrize(
    "entry", ["", "m", "m:", ":f", "m:f:g", "a b:f", "m.py:1", "a/b:f", "m:def"]
)
def test_an_entry_of_another_form_is_refused(entry):
    with pytest.raises(InvalidObjective, match=r"'package\.module:function'"):
        check_entry(entry)


class Chooser:
    def __call__(self, seen, rng, width=0.1):
        return {}

    async def later(self, seen, rng):
        return {}


@pytest.mark.parametrize(
    "given", [Chooser(), functools.partial(Chooser(), width=1), lambda seen, rng: {}, max]
)
def test_a_sampler_takes_what_is_seen_and_a_generator(given):
    check_sampler(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda seen: {}, r"signature \(seen\); it must take \(seen, rng\)"),
        (lambda seen, rng, width: {}, r"it must take \(seen, rng\), and a default for whatever"),
        (lambda seen, *, rng: {}, r"it must take \(seen, rng\)"),
        (Chooser, "the sampler 'Chooser' is a class; give a function"),
        (Chooser().later, "is asynchronous"),
    ],
)
def test_a_sampler_that_takes_something_else_is_refused(given, said):
    with pytest.raises(InvalidStudy, match=said):
        check_sampler(given)


def test_a_function_has_a_full_name_also_where_it_is_an_instance():
    here = __name__
    assert full_name(takes_trial) == "parzen.shared.signatures.takes_trial"
    assert full_name(Chooser()) == f"{here}.Chooser"
    assert full_name(functools.partial(Chooser(), width=1)) == f"{here}.Chooser"
    assert full_name(Chooser().later) == f"{here}.Chooser.later"


def test_the_script_that_runs_is_called_by_its_file(monkeypatch):
    def choose(seen, rng):
        return {}

    choose.__module__, choose.__qualname__ = "__main__", "choose"
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", "/somewhere/tune.py", raising=False)
    assert full_name(choose) == "tune.choose"
    monkeypatch.delattr(main, "__file__")
    assert full_name(choose) == "__main__.choose"
