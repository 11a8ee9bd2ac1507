"""What cannot travel is refused by name, before anything large is copied."""

from __future__ import annotations

import functools
import threading

import numpy as np
import pytest

from parzen.shared import archive, bundle
from parzen.shared.errors import InvalidObjective, InvalidSpace
from parzen.shared.packing import submitted_file
from parzen.shared.plain import to_plain
from parzen.shared.space import Choice, Float, Space

SPACE = Space({"x": Float(0, 1)})
LOCK = threading.Lock()


class Rude:
    def __reduce__(self):
        raise OSError("not today")


class Untouchable(np.ndarray):
    """2 GiB of address space, which must not be read: pickling it would copy it."""

    def __reduce_ex__(self, protocol):
        raise AssertionError("a huge array was pickled")


def test_a_huge_array_is_refused_by_name_without_being_pickled():
    images = np.empty(2**28).view(Untouchable)

    def objective(params):
        return images[0]

    with pytest.raises(InvalidObjective, match=r"'images' \(2\.0 GiB of Untouchable\).*setup\(\)"):
        bundle.build(objective, SPACE)


def test_over_the_limit_the_largest_are_named_in_order():
    small, large = np.zeros(20_000), np.zeros(60_000)

    def objective(params):
        return small[0] + large[0]

    with pytest.raises(InvalidObjective, match=r"larger than 195\.3 KiB.*'large'.*'small'"):
        bundle.build(objective, SPACE, limit_bytes=200_000)
    assert bundle.build(objective, SPACE).manifest.entry == "pickle"


def test_a_pickle_that_nobody_could_measure_stops_at_the_limit():
    class Hidden:
        def __reduce__(self):
            return bytes, (b"x" * 10_000_000,)

    with pytest.raises(InvalidObjective, match=r"larger than 1\.0 MiB"):
        bundle.build(functools.partial(lambda h, params: 0, Hidden()), SPACE, limit_bytes=2**20)


def _opened(path):
    with path.open("w") as file:
        return lambda params: file


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: lambda params: LOCK, "'LOCK' .*lock.*cannot travel.*setup"),
        (_opened, r"'file' \(TextIOWrapper\)"),
        (lambda path: functools.partial(lambda params, rows: 0, rows=(i for i in [])), "'rows'"),
        (lambda path: functools.partial(lambda rude, params: 0, Rude()), "argument 0.*not today"),
    ],
)
def test_what_cannot_be_pickled_is_named(tmp_path, make, why):
    with pytest.raises(InvalidObjective, match=why):
        bundle.build(make(tmp_path / "file"), SPACE)


def test_an_instance_attribute_that_cannot_travel_is_named():
    class Model:
        def __init__(self):
            self.guard = threading.Lock()

        def __call__(self, params):
            return 0.0

    with pytest.raises(InvalidObjective, match=r"'self\.guard'"):
        bundle.build(Model(), SPACE)


def test_a_space_that_cannot_travel_is_the_spaces_fault():
    with pytest.raises(InvalidSpace, match="cannot be pickled"):
        bundle.build(len, Space({"x": Float(0, 1), "lock": LOCK}))
    with pytest.raises(InvalidSpace, match="larger than"):
        bundle.build(len, Space({"x": Float(0, 1), "b": b"x" * 9000}), limit_bytes=4000)


def test_what_the_space_holds_counts_as_needed():
    space = Space({"f": Choice([np.sin, np.cos], labels=["sin", "cos"])})
    assert "numpy" in bundle.build(len, space).manifest.packages


def test_the_submitted_file_is_where_the_objective_stands(tmp_path):
    assert submitted_file(None, [lambda params: 0]).name == "test_packing.py"
    assert submitted_file(None, [functools.partial(Rude.__reduce__)]).name == "test_packing.py"
    given = tmp_path / "study.py"
    with pytest.raises(InvalidObjective, match="there is no file"):
        submitted_file(given, [])
    given.write_text("")
    assert submitted_file(given, [len]) == given


def test_files_over_the_limit_are_refused_by_name(tmp_path):
    (tmp_path / "table.py").write_text("X = '" + "x" * 50_000 + "'\n")
    (tmp_path / "main.py").write_text("import table\n")
    with pytest.raises(InvalidObjective, match=r"largest is 'table\.py'"):
        bundle.build(len, SPACE, main_file=tmp_path / "main.py", limit_bytes=20_000)


def test_parzens_own_functions_travel_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = bundle.build(to_plain, SPACE)
    assert made.manifest.modules == ()
    assert b"to_plain" in archive.read(made.data, "payload.pkl")
    assert len(archive.read(made.data, "payload.pkl")) < 2000
