from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from parzen.coordinator.conduct import Conduct
from parzen.coordinator.depth import Cluster
from parzen.coordinator.failures import FailureStreak
from parzen.coordinator.history import History
from parzen.coordinator.leading import QUIET_COUNTS_S, UPKEEP_S, Led, Throttle
from parzen.coordinator.plan import UNSURE
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.places import HELD
from parzen.shared.records import Study, Trial, Uid, Worker
from parzen.shared.store import Leadership

NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)
X = Dimension(name="x", kind=Kind.FLOAT, low=0, high=1)
FOUR = [Worker(id="w", host="h", pid=1, slots=4)]
FIFTY = [Worker(id="w", host="h", pid=1, slots=50)]


def trial(number, state=TrialState.WAITING, **rest):
    return Trial(study="s", uid=Uid("u"), number=number, params={"x": 0.5}, state=state, **rest)


@pytest.fixture
def led():
    study = Study(name="s", uid=Uid("u"), dimensions=(X,))
    return Led(
        lead=Leadership(study=study, term=1, now=NOW),
        asked_at=100.0,
        lease_s=10.0,
        history=History((X,)),
        failures=FailureStreak(None),
        conduct=Conduct(),
    )


def test_a_lease_is_renewed_early_and_not_relied_on_to_the_last(led):
    assert not led.renewal_due(103.0)
    assert led.renewal_due(103.5)
    assert led.holds(107.9)
    assert not led.holds(108.1)
    led.renewed(led.lead, 105.0)
    assert led.holds(112.9)


def test_the_servers_clock_is_carried_on_by_this_machines(led):
    assert led.server_now(102.5) == NOW + timedelta(seconds=2.5)


@pytest.mark.parametrize(
    ("known", "hidden", "free"),
    [
        ([], [], [0, 1, 2]),
        ([0, 1], [], [2, 3, 4]),
        ([0, 3], [], [1, 2, 4]),
        ([0, 2], [1], [3, 4, 5]),
        ([0, 1], [2], [3, 4, 5]),
        ([], [1], [0, 2, 3]),
    ],
)
def test_new_numbers_are_the_smallest_that_are_free(led, known, hidden, free):
    led.take([trial(number) for number in known])
    led.hide(hidden)
    assert led.free_numbers(3) == free


def test_hidden_trials_count_as_created(led):
    led.take([trial(0, TrialState.COMPLETE, loss=1.0)])
    led.hide([1])
    assert led.facts(Cluster(), 100.0).created == 2


def test_trials_that_rest_make_room_for_others_until_they_are_due(led):
    led.take([trial(n, due_at=NOW + timedelta(seconds=30)) for n in range(5)])
    assert led.facts(Cluster(workers=FOUR), 100.0).capacity == 5
    assert led.facts(Cluster(workers=FOUR), 131.0).capacity == 0


def test_a_flow_of_results_deepens_the_queue(led):
    led.take([trial(n) for n in range(5)])
    led.observe([], 100.0)
    assert led.facts(Cluster(workers=FOUR), 100.0).capacity == 0
    led.observe([trial(n, TrialState.COMPLETE, loss=0.1) for n in range(5)], 100.1)
    led.note_turn(0.5)
    assert led.facts(Cluster(workers=FOUR), 100.1).capacity > 5


def test_slow_proposals_come_in_small_batches(led):
    assert led.facts(Cluster(workers=FIFTY), 100.0).capacity == 51
    led.note_cost(1, 0.1)
    assert led.facts(Cluster(workers=FIFTY), 100.0).capacity == 3


def test_a_throttle_says_yes_once_in_a_while():
    throttle = Throttle(1.0)
    assert [throttle.due(at) for at in (0.0, 0.5, 1.0, 1.9, 2.0)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_a_sampler_that_had_nothing_left_is_asked_again_after_a_result(led):
    led.take([trial(0, TrialState.RUNNING)])
    led.exhausted = True
    led.observe([], 101.0)
    assert led.exhausted
    led.observe([trial(0, TrialState.COMPLETE, loss=1.0)], 102.0)
    assert not led.exhausted


def test_a_turn_is_due_where_something_has_changed_or_the_time_has_come(led):
    assert led.wants_turn(100.0, changed=False)  # it was never looked at
    led.unsettled = False
    assert led.upkeep.due(100.0)
    assert not led.wants_turn(100.5, changed=False)
    assert led.wants_turn(100.5, changed=True)
    assert led.wants_turn(100.0 + UPKEEP_S, changed=False)
    led.stale_counts = True
    assert led.counts_kept.due(100.4)
    assert not led.wants_turn(100.5, changed=False)
    assert led.wants_turn(100.4 + QUIET_COUNTS_S, changed=False)


def test_a_turn_is_due_when_the_studys_time_is_over(led):
    led.unsettled = False
    assert led.upkeep.due(100.0)
    limits = replace(led.study.limits, timeout_s=0.25)
    led.lead = replace(led.lead, study=replace(led.study, limits=limits, active_since=NOW))
    assert not led.wants_turn(100.1, changed=False)
    assert led.wants_turn(100.3, changed=False)


def test_among_many_studies_each_is_looked_after_less_often(led):
    led.among(3)
    assert led.upkeep.every_s == UPKEEP_S
    led.among(200)
    assert (led.upkeep.every_s, led.search.every_s) == (4.0, 40.0)


def test_idle_slots_are_shared_with_the_other_studies(led):
    alone = led.facts(Cluster(workers=FIFTY), 100.0).capacity
    shared = led.facts(Cluster(workers=FIFTY, running=10, proposing=4), 100.0).capacity
    assert (alone, shared) == (51, 11)


def test_a_queue_that_runs_dry_between_two_looks_is_made_deeper(led):
    def wanted():
        facts = led.facts(Cluster(workers=FOUR, running=4), 100.0)
        return facts.capacity + led.history.counts[TrialState.WAITING]

    led.history.load([[trial(n, TrialState.COMPLETE) for n in range(100, 300)]])
    led.note_turn(0.1)
    led.take([trial(n) for n in range(4)])
    at = 100.0
    led.observe([], at)
    lasting = []
    for number in range(4, 24, 4):  # all that wait are claimed, and four end, before each look
        at += 0.1
        ended = [trial(n, TrialState.COMPLETE) for n in range(number - 4, number)]
        led.observe(ended, at)
        lasting.append(wanted())
        led.take([trial(n) for n in range(number, number + 4)])
    assert lasting[-1] > 2 * lasting[0]
    led.observe([trial(20, TrialState.RUNNING)], at + 5.0)
    led.observe([], at + 10.0)
    assert led.scarcity.factor < 1.1


def bounded(led, **fields):
    study = replace(led.study, max_running=4, **fields)
    led.lead = replace(led.lead, study=study)
    return led


def test_what_may_be_claimed_is_looked_at_anew_when_trials_come_that_may_be_held_back(led):
    led.note([trial(0, order=0)])
    assert led.bound is None
    led.note([trial(0, order=0 - HELD)])
    assert led.bound == UNSURE
    bounded(led).bound = 3
    led.note([trial(1, TrialState.COMPLETE)])
    assert led.bound == 3
    led.note([trial(1, order=1)])
    assert led.bound == UNSURE


def test_what_is_held_back_does_not_count_as_claimable(led):
    led.take([trial(n) for n in range(9)] + [trial(9, TrialState.RUNNING)])
    assert led.queue(Cluster(workers=FOUR), 100.0)[1] == 9
    assert bounded(led).queue(Cluster(workers=FOUR), 100.0)[1] == 3
