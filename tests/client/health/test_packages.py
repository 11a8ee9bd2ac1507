from __future__ import annotations

import sys

import pytest

from parzen.client.health import packages
from parzen.client.health.packages import Requirement, requirement


def have(**versions):
    return {name.replace("_", "-"): version for name, version in versions.items()}.get


NUMPY = Requirement("numpy", ((">=", "1.24"),))
PANDAS = Requirement("pandas", ((">=", "2.0"),), "pandas")
LINT = Requirement("ruff", (), "dev")


def told(findings):
    return [(f.name, f.verdict.value) for f in findings]


def test_this_installation_is_whole():
    found = list(packages.check())
    assert found[0].name == "parzen"
    assert not [f for f in found if f.verdict.value == "problem"]
    assert {"required", "signing", "embedded"} <= {f.name for f in found}
    assert "pymongo 4." in next(f.said for f in found if f.name == "required")


def test_what_is_required_and_missing_or_too_old():
    assert told(packages.required([NUMPY], have(numpy="2.0"))) == [("required", "ok")]
    (old,) = packages.required([NUMPY], have(numpy="1.9.3"))
    assert (old.name, old.verdict.value) == ("numpy", "problem")
    assert old.said == "1.9.3 is installed, and parzen needs numpy>=1.24"
    assert old.advice == "run `pip install 'numpy>=1.24'`"
    (none,) = packages.required([NUMPY], have())
    assert "not installed" in none.said


def test_an_extra_may_be_missing():
    everything = [PANDAS, LINT]
    (missing,) = packages.optional(["pandas", "dev"], everything, have())
    assert (missing.verdict.value, missing.advice) == (
        "skipped", "`pip install 'parzen[pandas]'` adds it"
    )  # fmt: skip
    assert told(packages.optional(["pandas"], everything, have(pandas="2.1"))) == [("pandas", "ok")]
    assert told(packages.optional(["pandas"], everything, have(pandas="1.5"))) == [
        ("pandas", "warning")
    ]


def test_a_package_that_writes_over_pymongo():
    (shadow,) = packages.shadowing(have(bson="0.5.10"))
    assert "`pip uninstall bson`" in shadow.advice
    assert not list(packages.shadowing(have()))


def test_a_key_that_is_named_takes_the_extra():
    named = {"PARZEN_TRUST": "/keys"}
    assert told(packages.keys(named, have())) == [("signing", "problem")]
    assert not list(packages.keys(named, have(cryptography="42")))
    assert not list(packages.keys({}, have()))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("click>=8.1", Requirement("click", ((">=", "8.1"),))),
        ("ruff<0.18,>=0.17; extra == 'dev'",
         Requirement("ruff", (("<", "0.18"), (">=", "0.17")), "dev")),
        ('a (>=1) ; extra == "x"', Requirement("a", ((">=", "1"),), "x")),
        ("b[c]==2.*", Requirement("b", (("==", "2.*"),))),
        (f"d; (sys_platform == '{sys.platform}') and extra == 'all'", Requirement("d", (), "all")),
        (f"e; sys_platform != '{sys.platform}'", None),
        ("f>=6; python_version < '3.8'", None),
        ("g>=6; python_version >= '3.10'", Requirement("g", ((">=", "6"),))),
    ],
)  # fmt: skip
def test_lines_of_metadata(line, expected):
    assert requirement(line) == expected


@pytest.mark.parametrize(
    ("bounds", "good", "bad"),
    [
        ([(">=", "1.24")], ["1.24", "1.24.0rc1", "1.100", "2"], ["1.9", "1.23.9"]),
        ([(">=", "0.17"), ("<", "0.18")], ["0.17", "0.17.9"], ["0.18", "0.16.9"]),
        ([("==", "0.4.0")], ["0.4", "0.4.0"], ["0.4.1"]),
        ([("==", "2.*")], ["2.0", "2.9"], ["3.0"]),
        ([("~=", "2.1")], ["2.1", "2.9"], ["3.0", "2.0"]),
        ([("!=", "2.1"), (">", "1"), ("<=", "3")], ["2.0", "3.0"], ["2.1", "1.0", "3.1"]),
    ],
)
def test_versions_are_compared_as_numbers(bounds, good, bad):
    one = Requirement("x", tuple(bounds))
    assert all(map(one.met_by, good))
    assert not any(map(one.met_by, bad))
