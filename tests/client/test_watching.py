import io
import logging
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from rich.console import Console

from parzen.client.invocation import Invocation
from parzen.client.progress import Display
from parzen.client.watching import Attention, Watcher
from parzen.shared.course import Ended, Silent
from parzen.shared.errors import StoreUnreachable, StudyFailed
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState
from parzen.shared.records import Attempt, Failure, Want, Wish


class Scripted:
    """A catalog in which each look finds the next of some moments: (study, live processes)."""

    def __init__(self, moments):
        self.moments = iter(moments)
        self.best_read, self.silent_s = 0, 20.0

    def study(self, _):
        moment = next(self.moments)
        if isinstance(moment, Exception):
            raise moment
        self.found, self.live = moment
        return self.found

    def workers(self):
        return self.live

    def now(self):
        return datetime(2026, 1, 1, tzinfo=timezone.utc)

    def silent(self, _):
        self.silent_s += 1.0
        return [Silent(worker="gone", trials=2, seconds=self.silent_s)]

    def ends(self, _):
        return [Ended(self.now() - timedelta(seconds=s), 2.0) for s in (4, 2, 0)]

    def trial(self, _, number):
        self.best_read += 1
        return SimpleNamespace(number=number)

    def trials(self, _, **wanted):
        assert wanted["states"] == [TrialState.FAILED]
        error = Failure(kind=FailureKind.EXCEPTION, type="NameError", message="no such name")
        attempt = Attempt(n=1, token="t", worker="w", host="h", error=error)
        return iter([SimpleNamespace(number=3, attempts=(attempt,))])

    def watch_study(self, _):
        return SimpleNamespace(wait=lambda _: True, close=lambda: None)


@pytest.fixture
def watch(monkeypatch, caplog):
    """Watch some moments without waiting between them; what was said."""
    monkeypatch.setattr("parzen.client.watching.LOOK_EVERY_S", 1e-9)
    monkeypatch.setattr("parzen.client.watching.LIVE_EVERY_S", 0.0)

    def run(moments, **attention):
        catalog = Scripted(moments)
        watcher = Watcher(catalog, Invocation(), Attention(progress=False, **attention))
        with caplog.at_level(logging.WARNING):
            found = watcher.wait(moments[0][0])
        return found, caplog.messages, catalog

    return run


def test_what_went_missing_again_is_said_again(watch, a_study, a_worker, a_coordinator):
    all_there, no_worker = [a_worker(), a_coordinator()], [a_coordinator()]
    run, end = a_study(), a_study(status=StudyStatus.COMPLETE)
    moments = [(run, no_worker), (run, no_worker), (run, all_there), (run, no_worker), (end, [])]
    _, said, _ = watch(moments, patience_s=0.0)
    assert len(said) == 2
    assert all("no live worker" in sentence for sentence in said)


def test_a_cancel_that_waits_is_said_though_the_coordinator_was_missed_before(watch, a_study):
    run, end = a_study(), a_study(status=StudyStatus.CANCELLED)
    asked = a_study(wish=Wish(want=Want.CANCEL, serial=1))
    _, said, _ = watch([(run, []), (asked, []), (asked, []), (end, [])], patience_s=0.0)
    assert ["the cancel waits" in sentence for sentence in said] == [False, False, True]


def test_what_is_missing_for_a_moment_only_is_not_said(watch, a_study, a_worker, a_coordinator):
    run, end = a_study(), a_study(status=StudyStatus.COMPLETE)
    moments = [(run, []), (run, [a_worker(), a_coordinator()]), (end, [])]
    assert watch(moments, patience_s=60.0)[1] == []


def test_the_best_trial_is_read_when_it_is_another_one(watch, a_study):
    numbers = [None, 3, 3, 5]
    moments = [(a_study(best_number=n), []) for n in numbers]
    moments.append((a_study(best_number=5, status=StudyStatus.COMPLETE), []))
    found, _, catalog = watch(moments, patience_s=60.0)
    assert found.status is StudyStatus.COMPLETE
    assert catalog.best_read == 2


def test_a_store_that_is_away_is_waited_for_and_spoken_of_once(watch, a_study):
    away = StoreUnreachable("no MongoDB answered")
    run, end = a_study(), a_study(status=StudyStatus.COMPLETE)

    found, said, _ = watch([(run, []), away, away, away, (run, []), (end, [])], patience_s=9.0)

    assert found is end
    assert said == [
        "the store does not answer and is waited for: no MongoDB answered",
        "the store answers again",
    ]


def test_what_must_end_a_wait_ends_it_while_the_store_is_away_too(watch, a_study):
    looks = []

    def check(*_):
        looks.append(1)
        if len(looks) == 2:
            raise StudyFailed("the coordinator ended")

    with pytest.raises(StudyFailed):
        watch([(a_study(), []), StoreUnreachable("gone")], check=check)


def test_silent_workers_are_said_once_however_long_they_are(
    watch, a_study, a_worker, a_coordinator
):
    run, there = a_study(counts={TrialState.RUNNING: 2}), [a_worker(), a_coordinator()]
    end = a_study(status=StudyStatus.COMPLETE)
    _, said, _ = watch([*[(run, there)] * 3, (end, there)], patience_s=0.0)
    assert len(said) == 1
    assert said[0].startswith("2 trials run on a worker that has been silent for ")


def test_who_waits_is_shown_how_fast_trials_end(monkeypatch, a_study):
    monkeypatch.setattr("parzen.client.watching.LOOK_EVERY_S", 1e-9)
    monkeypatch.setattr("parzen.client.watching.LIVE_EVERY_S", 0.0)
    shown = io.StringIO()
    display = Display(Console(file=shown, width=200))
    monkeypatch.setattr("parzen.client.watching._display", lambda: display)
    run = a_study(counts={TrialState.COMPLETE: 3, TrialState.RUNNING: 1})
    catalog = Scripted([(run, []), (a_study(status=StudyStatus.COMPLETE), [])])
    Watcher(catalog, Invocation(), Attention(patience_s=60.0)).wait(run)
    assert "0.5 trials/s" in shown.getvalue().splitlines()[0]


def test_why_the_first_trial_failed_is_said_once(watch, a_study, a_worker, a_coordinator):
    there = [a_worker(), a_coordinator()]
    counts = [{TrialState.FAILED: n} for n in (2, 2, 3, 5)]
    moments = [(a_study(counts=c), there) for c in counts]
    end = a_study(status=StudyStatus.COMPLETE, counts={TrialState.FAILED: 5})
    _, said, _ = watch([*moments, (end, there)])
    assert said == ["trial 3 failed: NameError: no such name (`parzen logs s 3` shows more)"]
