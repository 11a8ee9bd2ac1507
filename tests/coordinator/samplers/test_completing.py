import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers.completing import Completing, moved
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space({"x": Float(0, 10), "n": Int(1, 4), "m": Choice({"a": {"y": Float(0, 1)}, "b": {}})})
NUMBERS = Space({"x": Float(0, 10), "n": Int(1, 4)})


def history(space, count):
    kept, sampler = History(space.dimensions), TPESampler(space.dimensions)
    for number in range(count):
        [params] = sampler.propose(kept, [number], 0)
        state = TrialState.COMPLETE
        kept.put(
            Trial(
                study="s",
                uid=Uid("u"),
                number=number,
                params=params,
                state=state,
                loss=abs(params["x"] - 3),
            )
        )
    return kept


def point(space, kept, u):
    completing = Completing(space.dimensions)
    shared = completing.round(kept, [kept.created], 0)
    return completing.point(Outlook(kept), kept.created, 0, shared, np.array(u))


def test_what_is_moved_takes_part_in_every_trial():
    assert [SPACE.dimensions[j].name for j in moved(History(SPACE.dimensions).cube)] == ["x", "n"]


def test_the_other_parameters_are_those_that_tpe_proposes():
    for count in (0, 20):
        kept = history(SPACE, count)
        [theirs] = TPESampler(SPACE.dimensions).propose(kept, [count], 0)
        found = point(SPACE, kept, [0.25, 0.9])
        assert found is not None
        assert found[1] == {**theirs, "x": 2.5, "n": 4}


def test_a_point_beyond_the_cube_is_taken_to_its_border():
    found = point(SPACE, history(SPACE, 3), [-0.5, 1.5])
    assert found is not None
    assert (found[1]["x"], found[1]["n"]) == (0.0, 4)


def test_a_known_point_is_none():
    kept = history(NUMBERS, 5)
    row = kept.rows([2])[0]
    assert point(NUMBERS, kept, row) is None
