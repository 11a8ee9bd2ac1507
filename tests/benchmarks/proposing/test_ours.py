import numpy as np
from proposing import ours, space

from parzen.coordinator import gradients
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import Remembered
from parzen.shared.lifecycle import TrialState

DIMENSIONS = space.dimensions(8)


def make(name, trials=60):
    subject = ours.Ours(name, DIMENSIONS)
    cube = subject.history.cube
    subject.fill(space.trials(cube, trials, np.random.default_rng(0)))
    return subject


class Keeping:
    """A sampler that writes down the numbers that it is asked for."""

    def propose(self, history, numbers, seed):
        rows = history.cube.from_uniform(
            np.random.default_rng(numbers[0]).random((len(numbers), 8))
        )
        return [
            Remembered(history.cube.params(row), {"by": "keeping", "member": number})
            for row, number in zip(rows, numbers, strict=True)
        ]


def test_a_step_tells_one_trial_and_proposes_one():
    subject = make("tpe")
    subject.crowd(3)
    for _ in range(5):
        subject.step()
    assert subject.history.counts[TrialState.COMPLETE] == 65
    assert len(subject.history.pending()) == 4
    assert len(subject.history.ended) == 65


def test_what_was_proposed_can_be_forgotten():
    subject = make("random")
    subject.batch(5)
    subject.forget()
    assert not subject.history.pending()
    assert len(subject.batch(5)) == 5


def test_a_sampler_that_keeps_memos_sees_trials_of_its_own(monkeypatch):
    monkeypatch.setattr(registry, "make", lambda spec, dimensions: Keeping())
    monkeypatch.setattr(ours, "MOST_OWN", 50)
    subject = make("keeping")
    memos = [subject.history.memo(number) for number in subject.history.ended]
    assert [memo["member"] for memo in memos[:50]] == list(subject.history.ended[:50])
    assert memos[50:] == [None] * 10


def test_one_that_keeps_none_soon_sees_random_trials():
    history = make("random").history
    given = [seen.params for seen in space.trials(history.cube, 60, np.random.default_rng(0))]
    assert [history.trial(number).params for number in history.ended[30:]] == given[30:]


def test_gradients_are_told_to_whom_they_are_for():
    def told(name):
        history = make(name, 40).history
        return [gradients.told(history.trial(number).result) for number in history.ended]

    if "gradient" in registry.BUILT_IN:
        assert all(told("gradient"))
    assert not any(told("tpe"))


def test_the_samplers_measured_are_all_that_propose():
    assert {"random", "anneal", "tpe"} <= set(ours.offered())
    assert "enqueued" not in ours.offered()
