import pytest

from parzen.client.importing.limits import room
from parzen.client.invocation import Invocation
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import Limits

CALL = Invocation()


@pytest.mark.parametrize(
    ("created", "keep", "limit", "raised", "said"),
    [
        (0, False, 110, True, "max_trials goes from 10 to 110, so that 10 are still to be run"),
        (4, False, 110, True, "max_trials goes from 10 to 110, so that 6 are still to be run"),
        (0, True, 10, False, "max_trials stays 10, of which 0 are still to be run"),
    ],
)
def test_as_many_are_still_to_be_run_as_before(a_study, created, keep, limit, raised, said):
    found = room(a_study(), created, 100, CALL, keep=keep)
    assert (found.limit, found.raised, found.said) == (limit, raised, said)


def test_a_study_without_the_limit_keeps_none(a_study):
    found = room(a_study(limits=Limits()), 0, 100, CALL, keep=False)
    assert (found.limit, found.raised, found.said) == (None, False, None)


@pytest.mark.parametrize(
    ("limits", "command"),
    [(Limits(max_trials=10), "parzen set s max_trials=120"), (Limits(), "parzen resume s")],
)
def test_a_study_that_has_ended_is_not_set_going(a_study, limits, command):
    ended = a_study(status=StudyStatus.COMPLETE, limits=limits)
    found = room(ended, 10, 100, CALL, keep=False)
    assert not found.raised
    assert found.limit == limits.max_trials
    assert found.said == f"study 's' is complete, and counts them once it goes on: `{command}`"
