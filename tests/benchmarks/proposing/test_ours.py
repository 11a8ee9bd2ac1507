import numpy as np
import pytest
from proposing import ours, space

from parzen.shared.lifecycle import TrialState


@pytest.fixture
def known():
    made = ours.Known(space.dimensions(8))
    made.complete(space.trials(made.history.cube, 30, np.random.default_rng(0)))
    return made


def test_a_step_tells_one_trial_and_proposes_one(known):
    subject = ours.Ours("tpe", known, pending=3)
    for _ in range(5):
        subject.step()
    assert known.history.counts[TrialState.COMPLETE] == 35
    assert len(known.history.pending()) == 4
    assert len(known.history.ended) == 35


def test_what_was_proposed_can_be_forgotten(known):
    subject = ours.Ours("random", known)
    subject.batch(5)
    subject.forget()
    assert not known.history.pending()
    assert len(subject.batch(5)) == 5


def test_the_samplers_measured_are_there():
    assert {"random", "tpe"} <= set(ours.offered())
