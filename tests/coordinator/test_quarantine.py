from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count

import pytest

from parzen.coordinator.conduct import Conduct
from parzen.coordinator.quarantine import MOST, Rules, changes, decide
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import (
    Attempt,
    ClaimStamp,
    Failure,
    Requires,
    SetAside,
    Study,
    Trial,
    Uid,
    Worker,
)

START = datetime(2026, 11, 1, tzinfo=timezone.utc)
STUDY = Study(name="s", uid=Uid("u"), dimensions=())
ALIVE = [Worker(id=name, host="h", pid=1, slots=4) for name in ("bad", "good", "other")]
RULES = Rules(after=5, first_s=600.0)


def at(seconds):
    return START + timedelta(seconds=seconds)


class Story:
    """What workers did to one study's trials, told second by second."""

    def __init__(self):
        self.conduct = Conduct()
        self._numbers = count()

    def ends(self, worker, began, ended, kind=None, *, outcome=None):
        error = kind and Failure(kind=kind, type="RuntimeError", message="no device")
        attempt = Attempt(
            n=1,
            token="t",
            worker=worker,
            host="h",
            started_at=at(began),
            ended_at=at(ended),
            outcome=outcome or ("failed" if kind else "complete"),
            error=error,
        )
        state = TrialState.FAILED if kind else TrialState.COMPLETE
        self.conduct.take([self._trial(state, attempts=(attempt,), attempt=1)])

    def fails(self, worker, times, began=0.0, each=1.0, kind=FailureKind.EXCEPTION):
        for n in range(times):
            self.ends(worker, began + n * each, began + (n + 1) * each, kind)

    def runs(self, worker, began):
        claim = ClaimStamp(worker=worker, token="t", expires_at=at(began + 60))
        running = {"attempt": 1, "claim": claim, "started_at": at(began)}
        self.conduct.take([self._trial(TrialState.RUNNING, **running)])

    def _trial(self, state, **fields):
        number = next(self._numbers)
        return Trial(study="s", uid=Uid("u"), number=number, params={}, state=state, **fields)

    def quarantine(self, now, study=STUDY, workers=ALIVE, rules=RULES):
        return decide(study, self.conduct, workers, at(now), rules)


@pytest.fixture
def story():
    return Story()


def others_succeed(story, times, began=0.0):
    for n in range(times):
        story.ends("good", began + n, began + n + 1)


def test_a_worker_that_fails_what_others_can_do_is_set_aside(story):
    story.fails("bad", 1)
    others_succeed(story, 5)
    story.fails("bad", 3, began=1)
    assert story.quarantine(6) == ()
    story.fails("bad", 1, began=4)
    assert story.quarantine(6) == (
        SetAside(
            worker="bad",
            until=at(606),
            times=1,
            reason="its last 5 attempts failed, others' did not (RuntimeError: no device)",
        ),
    )


def test_an_objective_that_fails_everywhere_sets_nobody_aside(story):
    for n in range(40):
        for worker in ("bad", "good", "other"):
            story.ends(worker, n, n + 1, FailureKind.EXCEPTION)
    assert story.quarantine(41) == ()


def test_one_that_fails_more_often_than_not_everywhere_sets_nobody_aside(story):
    story.fails("bad", 1)
    for n in range(12):
        kind = None if n % 3 == 0 else FailureKind.EXCEPTION
        story.ends("good", n, n + 1, kind)
    story.fails("bad", 6, began=12)
    assert story.quarantine(20) == ()


def test_the_more_often_others_fail_the_more_failures_it_takes(story):
    took = {}
    for every in (2, 3, 10):
        story = Story()
        story.fails("bad", 1)
        for n in range(60):
            story.ends("good", n, n + 1, FailureKind.EXCEPTION if n % every == 0 else None)
        took[every] = 1
        while not story.quarantine(60):
            story.fails("bad", 1, began=60)
            took[every] += 1
    assert took == {2: 10, 3: 7, 10: 5}


def test_one_that_fails_far_faster_than_others_end_is_still_found(story):
    for n in range(12):  # a hundred failures for each of the others' trials
        story.fails("bad", 4, began=n, each=0.01)
        story.ends("good", n, n + 0.1)
    assert [entry.worker for entry in story.quarantine(12)] == ["bad"]


def test_many_that_fail_all_the_time_do_not_hide_each_other(story):
    broken = [f"bad-{n}" for n in range(40)]
    for second in range(12):
        for name in broken:
            story.fails(name, 5, began=second, each=0.2)
        others_succeed(story, 1, began=second)
    alive = [Worker(id=name, host="h", pid=1, slots=1) for name in [*broken, "good"]]
    assert {entry.worker for entry in story.quarantine(12, workers=alive)} == set(broken)


def test_a_worker_that_is_alone_is_not_set_aside(story):
    others_succeed(story, 9)
    story.fails("bad", 9)
    others_succeed(story, 9, began=9)
    assert story.quarantine(20, workers=ALIVE[:1]) == ()
    [entry] = story.quarantine(20)
    away = replace(STUDY, quarantine=(replace(entry, worker="good"),))
    assert [e.worker for e in story.quarantine(20, away, ALIVE[:2])] == ["good"]


@pytest.mark.parametrize(
    "able",
    [
        {"quarantined": {STUDY.uid: "it runs Python 3.9"}},
        {"labels": ()},
        {"studies": ("another",)},
        {"role": "coordinator"},
    ],
)
def test_others_that_cannot_run_the_study_are_no_company(story, able):
    story.fails("bad", 1)
    others_succeed(story, 9)
    story.fails("bad", 5, began=2)
    study = replace(STUDY, requires=Requires(labels=("a100",)))
    bad, good, _ = (replace(worker, labels=("a100",)) for worker in ALIVE)
    assert story.quarantine(20, study, [bad, good]) != ()
    assert story.quarantine(20, study, [bad, replace(good, **able)]) == ()


def test_a_success_in_between_starts_the_count_again(story):
    story.fails("bad", 4)
    story.ends("bad", 4, 5)
    others_succeed(story, 20)
    story.fails("bad", 4, began=5)
    assert story.quarantine(20) == ()


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        (kind, kind not in {"preempted", "incompatible", "untrusted"})
        for kind in (k.value for k in FailureKind)
    ],
)
def test_which_failures_speak_against_a_worker(story, kind, counts):
    story.fails("bad", 1, kind=FailureKind(kind))
    others_succeed(story, 9)
    story.fails("bad", 4, began=2, kind=FailureKind(kind))
    assert bool(story.quarantine(20)) is counts


def test_a_cancelled_attempt_speaks_neither_for_nor_against(story):
    story.fails("bad", 1)
    others_succeed(story, 9)
    story.fails("bad", 2, began=2)
    story.ends("bad", 5, 6, outcome="cancelled")
    story.fails("bad", 2, began=6)
    assert [entry.worker for entry in story.quarantine(20)] == ["bad"]


def test_one_that_fails_at_once_is_set_aside_while_others_are_at_their_first_trials(story):
    story.runs("good", 0)
    story.fails("bad", 6, began=0.5)
    assert story.quarantine(7) == ()
    story.fails("bad", 1, began=6.5)
    assert [entry.worker for entry in story.quarantine(8)] == ["bad"]


def test_trials_that_have_run_as_long_as_the_failing_ones_do_not_vouch_for_anything(story):
    story.runs("good", 0)
    for _ in range(8):  # on eight slots at once
        story.ends("bad", 0.5, 60.5, FailureKind.EXCEPTION)
    assert story.quarantine(61) == ()
    assert story.quarantine(121) != ()


def test_trials_that_run_do_not_vouch_where_others_fail_as_often(story):
    story.runs("good", 0)
    story.fails("bad", 1, began=1)
    story.fails("bad", 9, began=2)
    story.fails("other", 2, began=11)
    assert story.quarantine(30) == ()


def test_a_trial_that_ended_no_longer_runs(story):
    story.runs("good", 0)
    story.conduct.take(
        [Trial(study="s", uid=Uid("u"), number=0, params={}, state=TrialState.CANCELLED, attempt=1)]
    )
    story.fails("bad", 9, began=1)
    assert story.quarantine(30) == ()


def test_when_its_time_is_over_it_is_on_probation(story):
    entry = SetAside(worker="bad", until=at(10), reason="r", times=2)
    study = replace(STUDY, quarantine=(entry,))
    assert story.quarantine(9, study) == (entry,)
    assert story.quarantine(10, study) == (replace(entry, probation=True),)
    assert story.quarantine(10, study, ALIVE[1:]) == ()  # it is gone


def on_probation(times=1):
    entry = SetAside(worker="bad", until=at(10), reason="r", times=times, probation=True)
    return replace(STUDY, quarantine=(entry,))


def test_on_probation_a_success_frees_it(story):
    story.ends("bad", 11, 12)
    assert story.quarantine(12, on_probation()) == ()


@pytest.mark.parametrize(("times", "seconds"), [(1, 1200.0), (2, 2400.0), (4, 9600.0)])
def test_on_probation_a_failure_sets_it_aside_for_twice_as_long(story, times, seconds):
    story.ends("bad", 11, 12, FailureKind.KILLED)
    [entry] = story.quarantine(12, on_probation(times))
    assert (entry.times, entry.until, entry.probation) == (times + 1, at(12 + seconds), False)
    assert "failed again" in entry.reason


def test_nobody_is_set_aside_for_longer_than_a_day_at_a_time(story):
    story.ends("bad", 11, 12, FailureKind.KILLED)
    [entry] = story.quarantine(12, on_probation(times=5000))
    assert entry.until == at(12 + 86_400)


def test_what_it_began_before_does_not_decide_its_probation(story):
    story.ends("bad", 9, 12, FailureKind.TIMEOUT)
    study = on_probation()
    assert story.quarantine(12, study) == study.quarantine
    story.ends("bad", 12, 13, FailureKind.PREEMPTED)
    assert story.quarantine(14, study) == study.quarantine


def test_the_rules_can_be_set(story):
    story.fails("bad", 1)
    others_succeed(story, 9)
    story.fails("bad", 5, began=2)
    [entry] = story.quarantine(20, rules=replace(RULES, first_s=30.0))
    assert entry.until == at(50)
    study = replace(STUDY, quarantine=(entry,))
    assert story.quarantine(20, study, rules=replace(RULES, after=0)) == ()


def test_each_attempt_counts_once_however_often_it_is_seen(story):
    attempts = []
    for n in range(1, 4):
        error = Failure(kind=FailureKind.EXCEPTION, message="no")
        attempts.append(
            Attempt(
                n=n,
                token=f"t{n}",
                worker="bad",
                host="h",
                started_at=at(n),
                ended_at=at(n + 1),
                outcome="failed",
                error=error,
            )
        )
        trial = Trial(
            study="s", uid=Uid("u"), number=7, params={}, attempt=n, attempts=tuple(attempts)
        )
        story.conduct.take([trial, trial])
    assert len(story.conduct.failed("bad")) == 3


def test_what_happened_before_this_leader_looked_is_passed_over(story):
    past = Trial(study="s", uid=Uid("u"), number=7, params={}, attempt=3)  # without its attempts
    story.conduct.take([past])
    error = Failure(kind=FailureKind.EXCEPTION, message="no")
    attempts = tuple(
        Attempt(
            n=n, token="t", worker="bad", host="h", ended_at=at(n), outcome="failed", error=error
        )
        for n in range(1, 5)
    )
    story.conduct.take([replace(past, attempt=4, attempts=attempts)])
    assert len(story.conduct.failed("bad")) == 1


def test_the_list_is_bounded():
    story = Story()
    names = [f"bad-{n}" for n in range(MOST + 20)]
    for name in names:
        story.fails(name, 10)
    others_succeed(story, 9)
    alive = [Worker(id=name, host="h", pid=1, slots=1) for name in [*names, "good"]]
    assert len(story.quarantine(500, workers=alive)) == MOST


def test_a_log_tells_what_has_changed_and_nothing_else():
    one = SetAside(worker="n1", until=at(600), reason="it fails")
    two = SetAside(worker="n2", until=at(600), reason="it fails")
    assert changes((), (one,)) == ["worker n1 is set aside until 2026-11-01 00:10:00 UTC: it fails"]
    assert changes((one, two), (replace(one, probation=True),)) == [
        "worker n1 is on probation",
        "worker n2 is not set aside any more",
    ]
    assert changes((one,), (one,)) == []


def test_a_trial_of_a_worker_that_was_killed_outlasts_nobody():
    story = Story()
    story.runs("good", 0.0)
    story.fails("bad", 9, 1.0, each=0.3)
    killed = [replace(worker, seen_at=at(0.5 if worker.id == "good" else 9)) for worker in ALIVE]
    assert story.quarantine(10, workers=killed) == ()
    assert story.quarantine(20, workers=[w for w in killed if w.id != "good"]) == ()
    alive = [replace(worker, seen_at=at(9)) for worker in ALIVE]
    assert [entry.worker for entry in story.quarantine(10, workers=alive)] == ["bad"]


def test_the_only_worker_that_is_left_is_on_probation_at_once():
    story = Story()
    entry = SetAside(worker="bad", until=at(600), reason="its last 9 attempts failed")
    later = SetAside(worker="other", until=at(700), reason="so did its")
    study = replace(STUDY, quarantine=(later, entry))
    assert story.quarantine(10, study) == (later, entry)
    left = [worker for worker in ALIVE if worker.id != "good"]
    first = replace(entry, probation=True, until=at(10))
    assert story.quarantine(10, study, workers=left) == (later, first)
    assert story.quarantine(11, replace(study, quarantine=(later, first)), workers=left) == (
        later, first
    )  # fmt: skip
