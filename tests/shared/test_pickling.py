"""Cloudpickle with a limit, for functions of the submitted file and their caches."""

from __future__ import annotations

import functools
import sys

import cloudpickle
import pytest

from parzen.shared.pickling import TooLarge, by_value_modules, dumps


@functools.lru_cache(maxsize=7)
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@functools.lru_cache
def of_the_library():
    return 1


def test_a_cached_function_of_the_submitted_file_travels_whole(monkeypatch):
    with by_value_modules(frozenset({__name__})):
        data = dumps(fibonacci, 10_000)
    monkeypatch.delattr(sys.modules[__name__], "fibonacci")
    again = cloudpickle.loads(data)
    assert again(20) == 6765
    assert again.cache_parameters()["maxsize"] == 7


def test_a_cached_function_of_a_library_travels_by_name():
    assert cloudpickle.loads(dumps(of_the_library, 10_000)) is of_the_library


def test_what_outgrows_the_limit_stops():
    with pytest.raises(TooLarge):
        dumps(b"x" * 1001, 1000)


def test_modules_are_by_value_only_for_as_long_as_it_takes():
    name = "parzen.shared.captured"
    with by_value_modules(frozenset({name})):
        assert name in cloudpickle.list_registry_pickle_by_value()
    assert name not in cloudpickle.list_registry_pickle_by_value()
    cloudpickle.register_pickle_by_value(sys.modules[name])
    try:
        with by_value_modules(frozenset({name})):
            pass
        assert name in cloudpickle.list_registry_pickle_by_value()  # the user's own registration
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[name])


def test_dumps_gives_what_cloudpickle_gives():
    assert cloudpickle.loads(dumps({"a": (1, "b")}, 1000)) == {"a": (1, "b")}


def test_code_says_which_file_it_is_from():
    with by_value_modules(frozenset({__name__})):
        data = dumps(fibonacci, 10_000)
    assert cloudpickle.loads(data).__wrapped__.__code__.co_filename == "<test_pickling.py>"


def test_code_that_was_typed_has_no_file_and_the_same_bytes_each_time():
    found = []
    for cell in ("/tmp/ipykernel_1/11.py", "/tmp/ipykernel_2/22.py"):
        space = {}
        exec(compile("def typed(): return 1", cell, "exec"), space)
        found.append(dumps(space["typed"], 10_000))
    assert found[0] == found[1]
