from __future__ import annotations

import pytest

from parzen.client import settings
from parzen.shared.errors import InvalidStudy
from parzen.shared.records import Direction, Image, Limits, Pull, Wish


def words(study, text):
    return settings.typed(study, dict(word.split("=", 1) for word in text.split()))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("priority=-3", "priority", -3),
        ("max_running=4", "max_running", 4),
        ("trial_timeout_s=1.5e2", "trial_timeout_s", 150.0),
        ("tags=a,b", "tags", ("a", "b")),
        ("owner=1234", "owner", "1234"),
        ("note=null-hypothesis", "note", "null-hypothesis"),
    ],
)
def test_settings_as_they_are_typed(a_study, text, field, value):
    study = a_study()
    assert settings.changes(study, words(study, text)).fields == {field: value}


def test_a_part_of_a_setting_leaves_its_other_parts(a_study):
    study = a_study()
    found = settings.changes(study, words(study, "retries.lost=none retries.exception=2")).fields
    assert (found["retries"].lost, found["retries"].exception) == (None, 2)
    assert found["retries"].out_of_memory == study.retries.out_of_memory
    wanted = words(study, "requires.gpus=2 requires.labels=a100")
    changes = settings.changes(study, wanted)
    requires = changes.fields["requires"]
    assert (requires.gpus, requires.labels) == (2, ("a100",))
    assert changes.said == (
        "requires.gpus is now 2, it was 0",
        "requires.labels is now a100, it was none",
    )


def test_the_parts_of_an_image_are_set_one_by_one_and_it_is_taken_away(a_study):
    study = a_study(image=Image(name="torch:2", cpus=2.0))
    changes = settings.changes(study, words(study, "image.memory_gb=8 image.pull=always"))
    image = Image(name="torch:2", cpus=2.0, memory_gb=8.0, pull=Pull.ALWAYS)
    assert changes.fields == {"image": image}
    assert changes.said == (
        "image.memory_gb is now 8.0, it was none",
        "image.pull is now always, it was missing",
    )
    assert settings.changes(study, words(study, "image=none")).fields == {"image": None}


def test_an_image_given_by_its_name_keeps_the_limits_of_the_one_before(a_study):
    study = a_study(image=Image(name="torch:2", cpus=2.0))
    renamed = Image(name="torch:3", cpus=2.0)
    assert settings.changes(study, words(study, "image=torch:3")).fields == {"image": renamed}
    assert settings.changes(study, words(study, "image.name=torch:3")).fields == {"image": renamed}
    both = settings.changes(a_study(), words(a_study(), "image=12 image.network=7")).fields
    assert both == {"image": Image(name="12", network="7")}


def test_an_image_without_a_name_is_none(a_study):
    with pytest.raises(InvalidStudy, match="image has no name"):
        settings.changes(a_study(), words(a_study(), "image.memory_gb=8"))


def test_limits_are_told_in_the_objectives_own_units(a_study):
    study = a_study(direction=Direction.MAXIMIZE)
    found = settings.changes(study, words(study, "target=0.9 max_trials=none"))
    assert (found.limits.target_loss, found.limits.max_trials) == (-0.9, None)
    assert found.said == ("max_trials is now none, it was 10", "target is now 0.9, it was none")


def test_what_was_asked_for_and_waits_is_what_a_change_goes_from(a_study):
    study = a_study(wish=Wish(serial=1, limits=Limits(max_trials=50, patience=5)))
    found = settings.changes(study, {"max_trials": 60})
    assert (found.limits.max_trials, found.limits.patience) == (60, 5)
    assert found.said == ("max_trials is now 60, it was 50",)


def test_what_stands_so_already_is_no_change(a_study):
    found = settings.changes(a_study(priority=2), {"priority": 2, "max_trials": 10})
    assert (found.limits, found.fields, found.said) == (None, {}, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_trails=4", "no setting 'max_trails': did you mean max_trials?"),
        ("zzz=1", "no setting 'zzz': expected one of max_trials, "),
        ("retries.bored=1", "no setting 'retries.bored'"),
        ("max_trials=0", "max_trials=0 is not usable: give an integer of at least 1, or None"),
        ("priority=high", "priority='high' is not usable"),
        ("target=nan", "target='nan' is not usable"),
        ("retries.lost=-1", r"retries\['lost'\]=-1 is not usable"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(a_study, text, message):
    study = a_study()
    with pytest.raises(InvalidStudy, match=message):
        settings.changes(study, words(study, text))


@pytest.mark.parametrize("value", ["", "  ", 3, "x" * 10_001])
def test_what_is_no_note(value):
    with pytest.raises(InvalidStudy, match=r"note=.* is not usable: give a text"):
        settings.note(value)
