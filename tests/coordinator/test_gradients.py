import math

import pytest

from parzen.coordinator import gradients
from parzen.coordinator.history import History
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction, Trial, Uid
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


def history(direction, gradient, state=TrialState.COMPLETE):
    kept = History(SPACE.dimensions, direction)
    kept.put(
        Trial(
            study="s",
            uid=Uid("u"),
            number=0,
            params={"x": 0.5},
            state=state,
            loss=1.0,
            result={"gradient": gradient},
        )
    )
    return kept


def test_a_gradient_is_the_losss_whichever_way_is_better():
    assert history(Direction.MINIMIZE, {"x": 2.0}).gradient(0) == {"x": 2.0}
    assert history(Direction.MAXIMIZE, {"x": 2.0}).gradient(0) == {"x": -2.0}


def test_only_a_trial_with_a_loss_has_one():
    assert history(Direction.MINIMIZE, {"x": 2.0}, TrialState.RUNNING).gradient(0) is None


@pytest.mark.parametrize(
    "told", [None, 3.0, {}, [1.0], {"x": "steep"}, {"x": 1.0, "y": math.nan}, {"x": True}]
)
def test_one_that_is_not_all_finite_numbers_is_none(told):
    assert gradients.told({"gradient": told}) is None
    assert gradients.told({}) is None
