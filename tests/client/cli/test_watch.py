import contextlib
import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from parzen.client.cli import watch
from parzen.client.cli.report import Report
from parzen.client.invocation import Invocation
from parzen.shared.errors import NotFound, StoreUnreachable
from parzen.shared.lifecycle import StudyStatus, TrialState


@pytest.fixture
def a_report(a_study):
    def make(done=0, status=StudyStatus.ACTIVE, **changes):
        study = a_study(counts={TrialState.COMPLETE: done}, status=status)
        given = dict.fromkeys(("best", "rate", "running_s", "left_s", "last_failure"))
        given |= {"slots": 0, "busy": 0, "quarantined": {}, "failures": {}, "study": study}
        lists = ("improvements", "coordinators", "workers", "shorter", "lacks")
        return Report(**{**dict.fromkeys(lists, ()), **given, **changes})

    return make


@pytest.fixture
def looks(monkeypatch):
    """Watch a study of which each look finds the next of some reports, or an error."""

    def run(*found, interval=1e-9, as_json=False):
        script = iter(found)

        def report(*_):
            one = next(script)
            if isinstance(one, Exception):
                raise one
            return one

        monkeypatch.setattr(watch, "report", report)
        stream = SimpleNamespace(wait=lambda _: True, close=lambda: None)
        handle = SimpleNamespace(watch=lambda: stream)
        watch.watch(handle, list, Invocation(), interval, as_json=as_json)

    return run


def test_each_look_is_a_line_and_the_last_one_the_end(looks, a_report, capsys):
    looks(a_report(1), a_report(2), a_report(2, StudyStatus.COMPLETE))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(", ")[0] for line in lines] == ["s: active", "s: active", "s: complete"]
    assert [line.split(", ")[1] for line in lines] == ["1/10 done", "2/10 done", "2/10 done"]


def test_what_holds_is_said_when_it_begins_whatever_its_numbers(looks, a_report, capsys):
    told = [
        ("failures took 7% of it",),
        ("failures took 8% of it",),
        (),
        ("failures took 9% of it",),
    ]
    end = a_report(status=StudyStatus.COMPLETE)
    looks(*(a_report(shorter=said, lacks=("no worker",)) for said in told), end)
    assert capsys.readouterr().err.splitlines() == [
        "note: no worker",
        "note: failures took 7% of it",
        "note: failures took 9% of it",
    ]


def test_a_look_may_be_an_object(looks, a_report, capsys):
    looks(a_report(1), a_report(2, StudyStatus.FAILED), as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["items"][0]["study"]["status"] for line in lines] == ["active", "failed"]


def test_a_store_that_is_away_is_waited_for_and_spoken_of_once(looks, a_report, capsys):
    away = StoreUnreachable("nobody answered")
    looks(a_report(), away, away, a_report(status=StudyStatus.COMPLETE))
    captured = capsys.readouterr()
    assert captured.err == ("note: the store does not answer and is waited for: nobody answered\n")
    assert len(captured.out.splitlines()) == 2


def test_a_store_that_was_never_there_is_not_waited_for(looks):
    with pytest.raises(StoreUnreachable):
        looks(StoreUnreachable("nobody answered"))


def test_a_study_that_is_deleted_ends_it(looks, a_report):
    with pytest.raises(NotFound):
        looks(a_report(), NotFound("it was deleted"))


def test_a_terminal_is_redrawn_and_left_with_the_last_picture(
    looks, a_report, terminal, monkeypatch
):
    drawn = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    monkeypatch.setattr(watch, "console", lambda: drawn)
    monkeypatch.setenv("TERM", "xterm")
    looks(a_report(1), StoreUnreachable("gone"), a_report(5, StudyStatus.COMPLETE))
    text = drawn.file.getvalue()
    assert "note: the store does not answer" in text
    last = text.rpartition("note: ")[2]
    assert "5/10 done" in last
    assert "complete" in last


def test_a_dumb_terminal_gets_lines(looks, a_report, terminal, monkeypatch, capsys):
    monkeypatch.setenv("TERM", "dumb")
    dumb = Console(file=io.StringIO(), force_terminal=True)
    monkeypatch.setattr(watch, "console", lambda: dumb)
    looks(a_report(5, StudyStatus.COMPLETE))
    assert capsys.readouterr().out.startswith("s: complete, 5/10 done")


def test_a_costly_look_is_followed_by_a_long_rest(looks, a_report, monkeypatch):
    rests = []
    clock = iter(range(0, 1000, 2))  # each look at the clock comes two seconds later
    monkeypatch.setattr(
        watch, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=rests.append)
    )
    with contextlib.suppress(StopIteration):
        looks(a_report(), a_report(status=StudyStatus.COMPLETE))
    assert max(rests) > 10
