from __future__ import annotations

import pytest
from plan import Plan, Setting, own_settings, settings
from units import Reference, Run

SUITE = "benchmarks.toys"


def plan(**changes):
    known = {
        "suite": SUITE,
        "problems": ["bowl", "tree"],
        "samplers": ["random", "tpe"],
        "settings": settings("1x30,8x50"),
        "seeds": 2,
    }
    return Plan(**{**known, **changes})


def test_settings_are_workers_times_trials():
    assert settings("1x200,128x512") == (Setting(1, 200), Setting(128, 512))
    assert str(Setting(8, 50)) == "8x50"


@pytest.mark.parametrize("text", ["", "8", "8x", "0x5", "8*5", "1x30,", "1 x 30"])
def test_what_is_no_setting_is_said(text):
    with pytest.raises(ValueError, match="is not workers x trials: expected one like 8x200"):
        settings(text)


def test_single_samplers_have_settings_of_their_own():
    own = own_settings(["optuna-gp=1x50", "tpe:gamma=0.2=8x30,1x30"])
    assert own == {
        "optuna-gp": (Setting(1, 50),),
        "tpe:gamma=0.2": (Setting(8, 30), Setting(1, 30)),
    }
    with pytest.raises(ValueError, match="'1x50' is not sampler=settings"):
        own_settings(["1x50"])


def test_it_holds_every_run_once_and_seed_after_seed():
    wanted = list(plan().wanted())
    references = [unit for unit in wanted if isinstance(unit, Reference)]
    runs = [unit for unit in wanted if isinstance(unit, Run)]
    assert [unit.problem for unit in references] == ["bowl", "tree"]
    assert len(set(runs)) == len(runs) == 2 * 2 * 2 * 2
    assert [unit.seed for unit in runs] == [0] * 8 + [1] * 8


def test_of_settings_that_differ_in_length_the_longest_is_run():
    both = plan(settings=settings("1x30,1x50,8x40"), own=own_settings(["tpe=1x20"]))
    assert both.settings_of("random") == [Setting(1, 50), Setting(8, 40)]
    assert both.settings_of("tpe") == [Setting(1, 20)]


def test_a_run_goes_by_its_problem_and_sampler():
    versions = {unit.version for unit in plan(seeds=1).wanted()}
    assert len(versions) == 2 + 2 * 2
