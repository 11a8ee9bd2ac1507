"""Names of functions, and which of them may be called where nothing is unpickled."""

from __future__ import annotations

import itertools
import sys

import pytest

from parzen.shared import entries
from parzen.shared.entries import Importable
from parzen.shared.errors import Untrusted

LAB = """
import functools
import os
import subprocess
from os import system
from {deep} import also

def f(params): return 1.0

class Model:
    def __call__(self, params): return 2.0
    def method(self, params): return 3.0

model = Model()
method = model.method
part = functools.partial(functools.partial(f))
cached = functools.lru_cache(f)
shell = functools.partial(subprocess.call, shell=True)
join = "".join
"""
COUNT = itertools.count()


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A package of the worker's own; its name."""
    name = f"lab{next(COUNT)}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "deep.py").write_text("def also(params): return 4.0\n")
    (tmp_path / name / "objectives.py").write_text(LAB.format(deep=f"{name}.deep"))
    monkeypatch.syspath_prepend(tmp_path)
    return name


@pytest.mark.parametrize("name", ["f", "model", "method", "part", "cached", "Model.method"])
@pytest.mark.parametrize("prefixes", [(), ("{}",), ("{}.objectives",), ("other", "{}.objectives")])
def test_what_an_allowed_module_defines_may_be_called(lab, name, prefixes):
    only = Importable(tuple(p.format(lab) for p in prefixes))
    found = entries.resolve(f"{lab}.objectives:{name}", "objective", only)
    assert callable(found)


@pytest.mark.parametrize(
    "entry",
    [
        "os:system",
        "subprocess:call",
        "builtins:exec",
        "runpy:run_path",
        "posix:system",
        "ctypes.util:find_library",
        "{}.objectives:system",
        "{}.objectives:os.system",
        "{}.objectives:subprocess.call",
        "{}.objectives:shell",
        "{}.objectives:join",
        "{}.objectives:f.__globals__",
        "{}.objectives:Model.__init__",
        "{}.objectives:__builtins__",
        "{}.__main__:f",
        "__main__:f",
        "pickle",
        "not an entry",
        "{}.objectives:f:g",
    ],
)
def test_a_name_is_no_way_to_the_standard_library(lab, entry):
    with pytest.raises(Untrusted) as refused:
        entries.resolve(entry.format(lab), "objective", Importable())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("prefix", ["{}.deep", "{}.object", "other", "{}.objectives.f"])
def test_what_no_prefix_allows_is_not_even_imported(lab, prefix):
    only = Importable((prefix.format(lab),))
    with pytest.raises(Untrusted, match=r"calls only functions of .*--allow-entry"):
        entries.resolve(f"{lab}.objectives:f", "objective", only)
    assert f"{lab}.objectives" not in sys.modules


def test_a_function_counts_where_it_is_defined(lab):
    only = Importable((f"{lab}.objectives",))
    with pytest.raises(Untrusted, match=rf"is defined in '{lab}\.deep'"):
        entries.resolve(f"{lab}.objectives:also", "objective", only)
    entries.resolve(f"{lab}.objectives:also", "objective", Importable((lab,)))


def test_without_a_limit_any_name_is_resolved(lab):
    import os  # noqa: PLC0415 - only to compare

    assert entries.resolve(f"{lab}.objectives:os.system", "objective") is os.system
