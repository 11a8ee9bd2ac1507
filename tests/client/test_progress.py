import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from rich.console import Console

from parzen.client import progress
from parzen.shared.course import Ended
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Limits

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
COUNTS = {
    TrialState.WAITING: 2,
    TrialState.RUNNING: 3,
    TrialState.COMPLETE: 4,
    TrialState.FAILED: 1,
}


@pytest.fixture
def shown(a_study, a_trial, a_worker, a_coordinator):
    def make(**changes):
        look = progress.Look(
            study=a_study(**{"counts": COUNTS, **changes}),
            best=a_trial(7, 0.125, params={"x": 0.25, "opt": "sgd"}),
            live=[a_worker(), a_coordinator()],
            ends=[Ended(NOW - timedelta(seconds=s), 2.0) for s in (2, 4, 6)],
            now=NOW,
        )
        return progress.view(look, elapsed_s=65.0)

    return make


def test_the_line_says_all_there_is_to_see(shown):
    assert progress.line(shown()) == (
        "s: 5/10 done, 3 running, 1 failed, best 0.125 (#7), "
        "0.5 trials/s, 1:05 elapsed, 0:10 left, 1 worker"
    )


def test_before_the_first_result(a_study):
    new = progress.view(progress.Look(study=a_study(), now=NOW), elapsed_s=0.0)
    assert progress.line(new) == (
        "s: 0/10 done, 0 running, 0 failed, no result yet, 0:00 elapsed, 0 workers"
    )
    assert progress.best_line(new) == "best  none yet"


def test_workers_that_cannot_run_it_are_counted(a_study, a_worker):
    live = [a_worker(str(n), quarantined={"u1": "no"}) for n in range(3)]
    look = progress.Look(study=a_study(), live=live, now=NOW)
    view = progress.view(look, elapsed_s=0.0)
    assert progress.line(view).endswith("0:00 elapsed, 3 workers, none can run it")


def test_without_a_number_of_trials_there_is_no_share(shown):
    view = shown(limits=Limits(patience=3))
    assert view.share is None
    assert progress.tallies(view)[0] == "5 done"


@pytest.mark.parametrize(("timeout_s", "left"), [(100.0, 10.0), (63.0, 3.0), (10.0, 0.0)])
def test_the_time_left_is_that_of_the_nearer_limit(shown, timeout_s, left):
    limits = Limits(max_trials=10, timeout_s=timeout_s)
    view = shown(limits=limits, active_since=NOW - timedelta(seconds=60))
    assert view.left_s == left


def test_nobody_knows_the_time_left_of_a_study_without_limits(shown):
    assert shown(limits=Limits()).left_s is None


def test_cancelled_trials_are_not_done_and_yet_none_are_left_for_their_numbers(shown):
    counts = {TrialState.COMPLETE: 4, TrialState.CANCELLED: 4, TrialState.RUNNING: 2}
    view = shown(counts=counts)
    assert progress.tallies(view) == ["4/10 done", "2 running", "0 failed", "4 cancelled"]
    assert view.share == 0.4
    assert view.left_s == 4.0  # 2 at 0.5 trials/s


def drawn(view, width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, no_color=True)
    console.print(progress.picture(view, width))
    return console.file.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_picture_is_three_lines_that_fit_any_terminal(shown, width):
    plain = Console(file=io.StringIO(), width=width, no_color=True)
    plain.print(progress.picture(shown(name="a-rather-long-name-of-a-study"), width))
    lines = plain.file.getvalue().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= width


def test_a_wide_picture_has_a_bar_and_everything_else(shown):
    text = drawn(shown(), 120)
    assert "━" in text
    for piece in ("5/10 done", "best  0.125  #7  x=0.25 opt=sgd", "0.5 trials/s", "1 worker"):
        assert piece in text


def test_a_log_gets_whole_lines_without_colours(a_study, a_trial):
    console = Console(file=io.StringIO(), width=20)
    with progress.Display(console) as display:
        look = progress.Look(study=a_study(counts=COUNTS), best=a_trial(1, 0.5), now=NOW)
        display.show(look)
        display.show(look)
        display.say("note: [bold] is not markup")
        display.show(replace(look, study=a_study(status=StudyStatus.COMPLETE)))
    first, note, last = console.file.getvalue().splitlines()
    assert first.startswith("s: 5/10 done, 3 running")
    assert first.endswith("0 workers")
    assert note == "note: [bold] is not markup"
    assert last.startswith("s: 0/10 done")


def test_a_terminal_is_redrawn_and_left_with_the_last_picture(a_study, a_trial):
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    with progress.Display(console) as display:
        display.show(progress.Look(study=a_study(counts=COUNTS), best=a_trial(1, 0.5), now=NOW))
        display.say("note: something")
        later = a_study(counts={TrialState.COMPLETE: 9})
        display.show(progress.Look(study=later, best=a_trial(2, 0.25), now=NOW))
    text = console.file.getvalue()
    assert "note: something" in text
    assert "9/10 done" in text.rpartition("note: something")[2]
