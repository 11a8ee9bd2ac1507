import gc
import itertools
import time
from datetime import datetime, timezone

import pytest

from parzen.coordinator import loading
from parzen.coordinator.serving import LostLead
from parzen.shared import codec
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Limits, Proposed, Trial
from parzen.shared.store import Proposal

LATER = datetime(2100, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def long(store, new_study):
    """A study of three chunks of trials: most are complete, of the last few each is otherwise."""
    study = new_study(limits=Limits(max_trials=None))
    numbers = range(2 * loading.LOAD_CHUNK + 10)
    states = itertools.chain(
        itertools.repeat(TrialState.COMPLETE, len(numbers) - 3),
        (TrialState.FAILED, TrialState.RUNNING, TrialState.WAITING),
    )
    trials = [
        Trial(
            study=study.name,
            uid=study.uid,
            number=number,
            params={"x": (number + 0.5) / len(numbers)},
            state=state,
            loss=float(number) if state is TrialState.COMPLETE else None,
            proposed=Proposed(sampler="random", term=number % 5),
            finished_at=LATER if state.finished else None,
        )
        for number, state in zip(numbers, states, strict=True)
    ]
    store.db.jobs.insert_many(map(codec.trial_document, trials), ordered=False)
    return study


def loaded(store, study, renew=lambda led: None):
    lead = store.ledger.lead(study.uid, "me", 30.0)
    return loading.remember(store.ledger, lead, time.monotonic(), 30.0, renew)


def test_a_long_history_is_what_the_database_holds(store, long):
    led = loaded(store, long)
    trials = list(store.ledger.history(long.uid))
    assert led.history.count == len(trials) == led.top
    assert led.history.ranked_numbers == list(range(len(trials) - 3))
    assert led.history.params(17) == trials[17].params
    assert led.history.unfinished() == {
        TrialState.WAITING: [len(trials) - 1],
        TrialState.RUNNING: [len(trials) - 2],
    }
    assert led.failures.count == 1
    assert led.upto == 4
    assert led.stale_counts, "nobody had counted them"
    assert led.free_numbers(2) == [len(trials), len(trials) + 1]


def test_the_lease_is_looked_at_between_its_chunks(store, long):
    seen = []
    loaded(store, long, lambda led: seen.append(led.history.count))
    assert seen == sorted(set(seen))
    assert len(seen) == 3
    assert seen[0] == loading.LOAD_CHUNK


def test_what_is_loaded_under_a_lease_that_was_lost_is_given_up(store, long):
    def lose(led):
        raise LostLead

    with pytest.raises(LostLead):
        loaded(store, long, lose)
    assert gc.isenabled(), "garbage is collected again"


def test_an_empty_study_is_loaded_and_can_be_proposed_for(store, new_study):
    study = new_study()
    led = loaded(store, study)
    assert led.free_numbers(1) == [0]
    assert not led.stale_counts
    late = Proposal(number=0, params={"x": 0.5}, proposed=Proposed(sampler="random", term=1))
    assert store.ledger.insert(led.lead, [late]) == [0]
    assert loaded(store, study).history.pending() == [0]
