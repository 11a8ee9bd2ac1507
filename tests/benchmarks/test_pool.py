from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from types import SimpleNamespace

import pool
import pytest
from units import Run

UNIT = Run("bowl", "random", 1, 30, 0, "version")


def test_nothing_to_do_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "ProcessPoolExecutor", None)
    assert pool.carry_out("benchmarks.toys", tmp_path, [], ["random"], 1) == 0


def test_a_failed_unit_is_told_with_its_traceback(capsys):
    future = Future()
    with pytest.raises(ZeroDivisionError) as raised:
        1 / 0  # noqa: B018 - the traceback shows this line
    future.set_exception(raised.value)
    assert pool._report(UNIT, future)
    told = capsys.readouterr().err
    assert "failed: Run(problem='bowl'" in told
    assert "1 / 0" in told


def test_a_process_that_was_killed_ends_it_all():
    future = Future()
    future.set_exception(BrokenProcessPool("a process died"))
    with pytest.raises(BrokenProcessPool):
        pool._report(UNIT, future)


def test_where_nobody_sees_a_bar_progress_is_told_in_lines(capsys, monkeypatch):
    clock = iter([0.0, 10.0, 70.0, 75.0, 80.0])
    # a clock of its own: other threads of this process go on to look at the real one
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with pool._display(4) as display:
        for _ in range(4):
            display.advance()
    assert capsys.readouterr().err.splitlines() == [
        "2/4 done, about 0:01:10 left",
        "4/4 done, about 0:00:00 left",
    ]
