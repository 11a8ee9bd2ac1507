"""Samplers that other packages install, and what becomes of a study whose sampler is rubbish."""

import numpy as np
import pytest

from parzen.coordinator.samplers import Remembered, registry
from parzen.coordinator.service import Coordinator
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import SamplerSpec


class Theirs:
    """Proposes half, with a memo, until trial 2; there it returns what the test wants."""

    returned: object = None

    def __init__(self, dimensions, *, raises=None):
        self.raises = raises

    def propose(self, history, numbers, seed):
        if numbers[0] < 2:
            memo = {"by": "theirs", "scale": np.float64(0.5), "past": [1, "a", None]}
            return [Remembered({"x": np.float64(0.5)}, memo) for _ in numbers]
        if self.raises:
            raise RuntimeError(self.raises)
        return self.returned


class Entry:
    name, value = "theirs", "their_package:Theirs"
    made: object = Theirs

    def load(self):
        if isinstance(self.made, BaseException):
            raise self.made
        return self.made


@pytest.fixture
def entry(monkeypatch):
    made = Entry()
    monkeypatch.setattr(
        registry.metadata,
        "entry_points",
        lambda *, group, name="theirs": [made] if name == "theirs" else [],
    )
    return made


@pytest.fixture
def ended(store, new_study, new_hand, entry):
    """Let a study with their sampler end, beside another, which must not be harmed."""

    def run(**options):
        theirs = new_study("theirs", sampler=SamplerSpec(name="theirs", options=options))
        sound = new_study("sound", max_trials=12)
        hand, coordinator = new_hand(slots=1), Coordinator(store)
        for _ in range(40):
            coordinator.step()
            hand.work(theirs)
            hand.work(sound)
        coordinator.close()
        assert store.catalog.study("sound").status is StudyStatus.COMPLETE
        return store.catalog.study("theirs")

    return run


RETURNED = {
    "nothing": (None, "the sampler 'theirs' returned None: expected a list of dicts"),
    "a dict": ({"x": 0.5}, "the sampler 'theirs' returned {'x': 0.5}: expected a list of dicts"),
    "a list of numbers": ([0.5], "params must be a dict {name: value}, not 0.5"),
    "off the space": ([{"x": 7}], "the parameter 'x' is 7; it must be a number from 0 to 1"),
    "too few keys": ([{}], "the parameter 'x' is missing; it must be a number from 0 to 1"),
    "too many keys": ([{"x": 0.5, "y": 1}], "there is no parameter 'y'"),
    "too many": ([{"x": 0.5}] * 50, "the sampler 'theirs' returned more than the "),
    "a memo with an array": (
        [Remembered({"x": 0.5}, {"by": "theirs", "at": np.zeros(2)})],
        "cannot be stored: memo['at'] is array([0., 0.]), a ndarray; a memo holds None, bool,",
    ),
    "a memo of 2 MB": (
        [Remembered({"x": 0.5}, {"by": "theirs", "at": b"x" * 2**21})],
        "cannot be stored: memo['at'] makes it larger than 1,048,576 bytes",
    ),
}


@pytest.mark.parametrize("case", RETURNED)
def test_rubbish_fails_its_study_with_one_sentence_and_no_other(ended, monkeypatch, case):
    returned, said = RETURNED[case]
    monkeypatch.setattr(Theirs, "returned", returned)
    study = ended()
    assert study.status is StudyStatus.FAILED
    assert said in study.status_reason
    assert "'theirs'" in study.status_reason
    assert sum(study.counts.values()) == 2


def test_what_it_raises_fails_its_study_with_one_line(ended):
    study = ended(raises="no\nidea")
    assert study.status_reason == "the sampler 'theirs' raised RuntimeError: no idea"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (ImportError("No module named 'torch'"), "it raised ImportError: No module named 'torch'"),
        (SystemExit(1), "it raised SystemExit: 1"),
        (dict, "sampler 'theirs': it is {}, expected an object with propose("),
        ("text", "is not a callable object"),
    ],
)
def test_a_broken_entry_point_fails_its_study_with_one_sentence(ended, entry, made, said):
    entry.made = made if made is not dict else lambda dimensions: {}
    study = ended()
    assert study.status is StudyStatus.FAILED
    assert said in study.status_reason


def test_a_sound_one_is_stored_with_its_memo(ended, store, monkeypatch):
    monkeypatch.setattr(Theirs, "returned", ())
    study = ended()
    assert study.status_reason == "every point that the sampler has was proposed"
    memo = {"by": "theirs", "scale": 0.5, "past": [1, "a", None]}
    assert [t.proposed.memo for t in store.catalog.trials(study)] == [memo, memo]
