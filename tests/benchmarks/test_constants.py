import subprocess
import sys
from pathlib import Path

import constants
import pytest

from parzen.coordinator.samplers import bins, parzen_estimator, rounds, search


def test_constants_are_replaced_for_a_block_and_come_back():
    with constants.replaced("auto@search.UNIFORM=0;rounds.BAD_FACTOR=1.5"):
        assert (search.UNIFORM, rounds.BAD_FACTOR) == (0, 1.5)
    assert (search.UNIFORM, rounds.BAD_FACTOR) == (64, 0.5)


def test_they_come_back_after_an_error():
    with pytest.raises(ZeroDivisionError), constants.replaced("auto@search.UNIFORM=0"):
        1 / 0  # noqa: B018
    assert search.UNIFORM == 64


def test_whoever_imported_one_sees_the_other_value_too():
    with constants.replaced("tpe@bins.NARROW=0.1"):
        assert bins.NARROW == parzen_estimator.NARROW == 0.1
    assert bins.NARROW == parzen_estimator.NARROW == 0.2


def test_a_module_loaded_for_the_block_does_not_keep_the_other_value():
    code = (
        "import constants\n"
        "with constants.replaced('tpe@bins.NARROW=0.1'):\n"
        "    from parzen.coordinator.samplers import parzen_estimator as late\n"
        "    print(late.NARROW)\n"
        "print(late.NARROW)\n"
    )
    folder = Path(constants.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0.1", "0.2"]


def test_a_sampler_without_constants_is_as_it_is():
    assert constants.parse("tpe:gamma=0.2") == {}


def test_a_whole_number_is_a_number_and_tuples_are_read():
    assert constants.parse("auto@rounds.BAD_FACTOR=1;search.NEAR_SD=(0.3,0.1)") == {
        "rounds.BAD_FACTOR": 1.0,
        "search.NEAR_SD": (0.3, 0.1),
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("auto@search.UNIFROM=0", "there is no constant 'search.UNIFROM'"),
        ("auto@serach.UNIFORM=0", "there is no constant 'serach.UNIFORM'"),
        ("auto@search.UNIFORM", "expected module.CONSTANT=value"),
        ("auto@UNIFORM=3", "expected module.CONSTANT=value"),
        ("auto@search.UNIFORM=many", "to 'many': expected one like 64"),
        ("auto@search.UNIFORM=0.5", "to '0.5': expected one like 64"),
        ("auto@search.NEAR_SD=0.5", "expected one like"),
        ("auto@search.NEAR_SD=(0.5,'a')", "expected one like"),
        ("auto@rounds.BAD_FACTOR=True", "to 'True': expected one like 0.5"),
        ("tpe@search.UNIFORM=0", "does not go by search.UNIFORM: expected a constant of a module"),
        ("optuna-tpe@tpe.MOST_GOOD=5", "does not go by tpe.MOST_GOOD"),
    ],
)
def test_a_mistake_is_named(text, says):
    with pytest.raises(ValueError, match=says):
        constants.parse(text)
