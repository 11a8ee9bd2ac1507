import math
from datetime import datetime, timezone

import pytest

from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import (
    Image,
    ObjectiveRef,
    Requires,
    SetAside,
    Study,
    Uid,
    Want,
    Wish,
    Worker,
)
from parzen.worker.choosing import AT_ONCE, claimable, rounds, shares, wanted, what_runs


def an_agent(name="me", **fields):
    return Worker(id=name, host="h", pid=1, slots=1, **fields)


NONE = an_agent()


def a_study(name="s", **fields):
    ref = ObjectiveRef(
        file="f", digest="d1", bytes=1, python="3.11", cloudpickle="3", entry="pickle"
    )
    return Study(name=name, uid=Uid(name), dimensions=(), **{"objective": ref, **fields})


def test_an_active_study_is_claimable():
    assert claimable(a_study(), NONE, {})


@pytest.mark.parametrize(
    "fields",
    [
        {"status": StudyStatus.PAUSED},
        {"status": StudyStatus.STOPPING},
        {"status": StudyStatus.COMPLETE},
        {"wish": Wish(want=Want.PAUSE, serial=1)},
        {"wish": Wish(want=Want.CANCEL, serial=1)},
        {"requires": Requires(labels=("big", "fast"))},
        {"requires": Requires(gpus=1)},
        {"objective": None},
    ],
)
def test_a_study_that_rests_or_asks_for_more_is_not(fields):
    assert not claimable(a_study(**fields), an_agent(labels=("big",)), {})


def test_labels_must_include_what_is_required():
    study = a_study(requires=Requires(labels=("big",)))
    assert claimable(study, an_agent(labels=("big", "fast")), {})


def test_a_quarantine_holds_for_one_objective_only():
    assert not claimable(a_study(), NONE, {Uid("s"): ("d1", "why")})
    assert claimable(a_study(), NONE, {Uid("s"): ("an older one", "why")})


def test_a_study_with_an_image_is_for_workers_with_an_engine_and_so_is_its_quarantine():
    study = a_study(image=Image(name="torch:2"))
    assert not claimable(study, NONE, {})
    assert claimable(study, an_agent(containers=True), {})
    held = {study.uid: (what_runs(study), "why")}
    assert not claimable(study, an_agent(containers=True), held)
    assert claimable(a_study(image=Image(name="torch:3")), an_agent(containers=True), held)
    assert claimable(a_study(), NONE, held)


def a_study_without(worker, *, probation=False, **fields):
    until = datetime(2026, 11, 1, tzinfo=timezone.utc)
    entry = SetAside(worker=worker, until=until, reason="it fails", probation=probation)
    return a_study(quarantine=(entry,), **fields)


def test_who_is_set_aside_takes_nothing_until_it_is_on_probation():
    assert not claimable(a_study_without("me"), NONE, {})
    assert claimable(a_study_without("me", probation=True), NONE, {})
    assert claimable(a_study_without("another"), NONE, {})


def test_on_probation_one_trial_is_asked_for_at_a_time_after_all_else():
    on_trial = a_study_without("me", probation=True, name="a", priority=9)
    studies = [on_trial, a_study("b"), a_study_without("another", name="c")]
    asked = [("".join(s.name for s in one.studies), one.most) for one in rounds(studies, 0, "me")]
    assert asked == [("bc", math.inf), ("a", 1)]
    asked = list(rounds(studies, 0, "me", {on_trial.uid}))
    assert [len(one.studies) for one in asked] == [2]
    assert [one.most for one in rounds([on_trial], 3, "me")] == [1]


@pytest.mark.parametrize(
    ("fields", "goes_on"),
    [
        ({}, True),
        ({"status": StudyStatus.PAUSED}, True),
        ({"status": StudyStatus.STOPPING}, False),
        ({"wish": Wish(want=Want.PAUSE, serial=1)}, True),
        ({"wish": Wish(want=Want.CANCEL, serial=1)}, False),
        ({"wish": Wish(want=Want.CANCEL, serial=1), "wish_done": 1}, True),
    ],
)
def test_running_trials_go_on_unless_their_study_ends(fields, goes_on):
    assert wanted(a_study(**fields)) is goes_on


def names(studies, turn):
    return ["".join(s.name for s in asked.studies) for asked in rounds(studies, turn)]


def test_each_study_has_its_turn():
    studies = [a_study(name) for name in "abc"]
    assert [names(studies, turn)[0] for turn in range(4)] == ["abc", "bca", "cab", "abc"]
    assert names([], 3) == []


def test_the_higher_priority_goes_first_and_equals_take_turns():
    studies = [a_study("a"), a_study("b", priority=1), a_study("c"), a_study("d", priority=1)]
    assert names(studies, 0) == ["bdac"]
    assert names(studies, 2) == ["dbca"]


def test_many_studies_are_asked_for_in_bounded_rounds():
    studies = [a_study(str(n)) for n in range(AT_ONCE * 2 + 1)]
    found = [list(asked.studies) for asked in rounds(studies, 5)]
    assert [len(some) for some in found] == [AT_ONCE, AT_ONCE, 1]
    assert {s.name for some in found for s in some} == {s.name for s in studies}


def test_among_equals_that_of_which_fewer_trials_run_goes_first():
    studies = [
        a_study("a", counts={TrialState.RUNNING: 3}),
        a_study("b", counts={TrialState.RUNNING: 1, TrialState.WAITING: 9}),
        a_study("c", counts={TrialState.RUNNING: 7}, priority=1),
        a_study("d"),
    ]
    assert [names(studies, turn)[0] for turn in range(3)] == ["cdba"] * 3


def test_time_that_is_left_must_be_enough_for_a_trial():
    study = a_study(requires=Requires(time_s=600.0))
    assert claimable(study, an_agent(), {})
    assert claimable(study, an_agent(time_left_s=600.0), {})
    assert not claimable(study, an_agent(time_left_s=599.0), {})
    assert claimable(a_study(), an_agent(time_left_s=1.0), {})


def test_among_equals_a_study_whose_child_is_warm_goes_first():
    studies = [a_study("a"), a_study("b"), a_study("c", priority=1), a_study("d")]

    def order(turn, *warm):
        [asked] = rounds(studies, turn, warm=[Uid(name) for name in warm])
        return [study.name for study in asked.studies]

    assert order(0) == ["c", "a", "b", "d"]
    assert order(0, "d") == ["c", "d", "a", "b"]
    assert order(2, "b", "a") == ["c", "b", "a", "d"]


def crowd(name, waiting, running=0, **fields):
    counts = {TrialState.WAITING: waiting, TrialState.RUNNING: running}
    return a_study(name, counts=counts, **fields)


@pytest.mark.parametrize(
    ("studies", "slots", "given"),
    [
        ([crowd("a", 9), crowd("b", 9), crowd("c", 9)], 6, {"a": 2, "b": 2, "c": 2}),
        ([crowd("a", 9, 3), crowd("b", 9), crowd("c", 9, 1)], 4, {"b": 3, "c": 1}),
        ([crowd("a", 1), crowd("b", 9)], 4, {"a": 1, "b": 3}),
        ([crowd("a", 1, priority=1), crowd("b", 9), crowd("c", 9)], 3, {"a": 1, "b": 1, "c": 1}),
        ([crowd("a", 9, priority=1), crowd("b", 9)], 3, {"a": 3}),
        ([crowd("a", 9, requires=Requires(gpus=2)), crowd("b", 9)], 4, {"a": 1, "b": 2}),
        ([crowd("a", 1), crowd("b", 1)], 4, {"a": 1, "b": 1}),
    ],
)
def test_equals_fill_free_slots_alike(studies, slots, given):
    assert shares(studies, slots) == given


@pytest.mark.parametrize(
    ("studies", "slots"),
    [([crowd("a", 9), crowd("b", 9)], 1), ([crowd("a", 9), crowd("b", 0)], 4), ([], 4)],
)
def test_where_nobody_need_share_whoever_comes_has_the_slots(studies, slots):
    assert shares(studies, slots) is None


def test_what_was_taken_and_ended_since_the_counts_is_reckoned_with():
    a, b = crowd("a", 9, running=2), crowd("b", 9)
    since = {a.uid: -2, b.uid: 1}
    assert shares([a, b], 3, since) == {"a": 2, "b": 1}
    [asked] = rounds([b, a], 0, since=since)
    assert [study.name for study in asked.studies] == ["a", "b"]
