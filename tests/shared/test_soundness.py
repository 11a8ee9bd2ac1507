from __future__ import annotations

import math
from dataclasses import replace

import pytest

from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.lifecycle import FailureKind, Retries
from parzen.shared.reading import Fault
from parzen.shared.records import Image, Limits, Requires, Study, Trial, Uid, Wish
from parzen.shared.soundness import sound_study, sound_trial

LINE = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)
PICK = Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"))
BELL = Dimension(name="n", kind=Kind.NORMAL, mu=0.0, sigma=1.0)
BELOW = replace(LINE, name="c/a/y", active_when=(Condition("c", "a"),))
GRID = replace(LINE, name="g", high=9.0, step=3.0, rounds=(0.1, 10.5), log=True)
RARE = replace(PICK, name="r", weights=(0.0, 1.0))
STUDY = Study(name="s", uid=Uid("u"), dimensions=(LINE, PICK, BELL, BELOW, GRID, RARE))
TRIAL = Trial(study="s", uid=Uid("u"), number=0, params={"x": 0.5})


def test_what_parzen_writes_is_sound():
    assert sound_study(STUDY) is STUDY
    assert sound_trial(TRIAL) is TRIAL


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("uid", "", "uid: expected a study's identity, not ''"),
        ("limits", Limits(max_trials=0), "limits.max_trials: expected at least 1, not 0"),
        ("limits", Limits(timeout_s=0.0), "limits.timeout_s: expected a positive number, not 0.0"),
        ("limits", Limits(target_loss=math.nan), "limits.target_loss: expected a number, not nan"),
        ("retries", Retries(lost=-1), "retries.lost: expected at least 0, not -1"),
        ("image", Image(name=""), "image.name: expected the name of an image, not ''"),
        ("image", Image(name="a", cpus=0.0), "image.cpus: expected a positive number, not 0.0"),
        (
            "image",
            Image(name="a", network="container:db"),
            "image.network: expected a network's name, not 'container:db'",
        ),
        ("requires", Requires(gpus=-1), "requires.gpus: expected at least 0, not -1"),
        (
            "requires",
            Requires(gpus=1, gpu_memory_gb=float("inf")),
            "requires.gpu_memory_gb: expected a finite number, not inf",
        ),
        ("max_running", 0, "max_running: expected at least 1, not 0"),
        ("wish", Wish(serial=-1), "wish.serial: expected at least 0, not -1"),
        ("wish", Wish(limits=Limits(patience=0)), "wish.limits.patience: expected at least 1"),
        ("wish_done", 4, "wish_done: expected at most wish.serial = 0, not 4"),
        ("dimensions", (), "dimensions: expected at least one parameter"),
    ],
)
def test_a_study_that_nobody_could_have_asked_for_names_the_field(field, value, said):
    with pytest.raises(Fault) as caught:
        sound_study(replace(STUDY, **{field: value}))
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("dimension", "said"),
    [
        (replace(LINE, low=2.0), "expected low below high, not low=2.0, high=1.0"),
        (replace(LINE, high=None), "expected finite bounds, not low=0.0, high=None"),
        (replace(LINE, high=math.inf), "expected finite bounds, not low=0.0, high=inf"),
        (replace(LINE, step=0.0), "expected a positive step, not 0.0"),
        (replace(LINE, log=True), "log needs a positive low, not 0.0"),
        (replace(LINE, name=""), "expected a name of its own, not ''"),
        (replace(PICK, choices=()), "expected at least one option"),
        (replace(PICK, weights=(1.0,)), "expected one weight for each option"),
        (replace(PICK, weights=(1.0, -0.5)), "expected one weight for each option, none negative"),
        (replace(PICK, weights=(1.0, math.nan)), "expected one weight for each option"),
        (replace(PICK, weights=(0.0, 0.0)), "expected a positive weight for one option at least"),
        (replace(GRID, step=None), "rounds needs an int, or a float with a step"),
        (replace(BELL, step=1.0, rounds=(0.0, 1.0)), "rounds needs an int, or a float with a step"),
        (replace(GRID, rounds=(3.0, 2.0)), "expected two ends in rounds, the lower first, not"),
        (
            replace(GRID, rounds=(0.1, math.inf)),
            "expected two ends in rounds, the lower first, not",
        ),
        (replace(GRID, rounds=(0.1, 10.6)), "expected rounds within half a step of low=0.0 and"),
        (replace(GRID, rounds=(0.0, 10.0)), "log needs positive rounds, not [0.0, 10.0]"),
        (replace(BELL, sigma=0.0), "expected a mean and a positive sigma"),
        (replace(BELOW, active_when=(Condition("c", "z"),)), "no parameter above it is 'c'"),
    ],
)
def test_a_parameter_that_cannot_be_searched_is_told_by_its_place(dimension, said):
    with pytest.raises(Fault) as caught:
        sound_study(replace(STUDY, dimensions=(dimension,)))
    assert str(caught.value).startswith(f"dimensions[0]: {said}")


def test_two_parameters_of_one_name_are_told():
    with pytest.raises(Fault, match=r"dimensions\[1\]: expected a name of its own, not 'x'"):
        sound_study(replace(STUDY, dimensions=(LINE, LINE)))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("number", -1, "number: expected at least 0, not -1"),
        ("attempt", -1, "attempt: expected at least 0, not -1"),
        ("failures", {FailureKind.LOST: -1}, "failures.lost: expected at least 0, not -1"),
        ("order", math.nan, "order: expected a finite number, not nan"),
    ],
)
def test_a_trial_that_parzen_never_writes_names_the_field(field, value, said):
    with pytest.raises(Fault) as caught:
        sound_trial(replace(TRIAL, **{field: value}))
    assert str(caught.value) == said
