from dataclasses import replace
from datetime import datetime, timedelta, timezone

from parzen.client.importing.known import fingerprint, numbers
from parzen.shared.lifecycle import TrialState

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_a_trial_is_known_by_its_point_its_outcome_and_its_time(a_study, a_trial):
    dimensions = a_study().dimensions
    trial = a_trial(3, 0.5, started_at=BEGAN)
    have = numbers(dimensions, [trial])
    assert have[fingerprint(dimensions, replace(trial, number=9, attempt=7))] == 3
    stored = replace(trial, started_at=BEGAN + timedelta(microseconds=700))
    assert fingerprint(dimensions, stored) in have
    for other in (
        replace(trial, value=0.6),
        replace(trial, params={"x": 0.6}),
        replace(trial, state=TrialState.FAILED),
        replace(trial, started_at=None),
    ):
        assert fingerprint(dimensions, other) not in have


def test_a_trial_that_is_not_over_is_no_earlier_one(a_study, a_trial):
    assert numbers(a_study().dimensions, [a_trial()]) == {}
