from __future__ import annotations

from parzen.coordinator.losses import gone, told
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Attempt, Trial, Uid


def lost(number, worker="w1", state=TrialState.WAITING):
    attempts = (
        Attempt(n=1, token="a", worker="before", host="h", outcome="lost"),
        Attempt(n=2, token="b", worker=worker, host="h", outcome="lost"),
    )
    return Trial(
        study="wine", uid=Uid("u"), number=number, params={}, state=state, attempts=attempts
    )


def test_the_last_worker_and_what_becomes_of_its_trials_are_named():
    said = told("wine", [16, 15], [lost(15), lost(16)])
    assert said == "trials 15, 16 of 'wine' were lost by worker w1: waiting again"


def test_each_worker_and_fate_has_its_clause_in_one_line():
    trials = [lost(1), lost(2, state=TrialState.FAILED), lost(3, "w2", TrialState.CANCELLED)]
    assert told("wine", [1, 2, 3], trials) == (
        "trial 1 of 'wine' was lost by worker w1: waiting again; "
        "trial 2 of 'wine' was lost by worker w1: failed; "
        "trial 3 of 'wine' was lost by worker w2: cancelled"
    )


def test_a_trial_that_could_not_be_read_again_is_named_all_the_same():
    assert told("wine", [4], []) == "trial 4 of 'wine' was lost by a worker"


def test_of_many_the_first_are_named():
    said = told("wine", range(12), [lost(n) for n in range(12)])
    assert said.startswith("trials 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more of 'wine' were lost")


def test_a_trial_that_is_gone_itself_is_named():
    assert gone("wine", [7]).startswith("trial 7 of 'wine' was deleted before the end")
