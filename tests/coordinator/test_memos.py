import math

import pytest

from parzen.coordinator import memos
from parzen.coordinator.history import History
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


def trial(number, memo, loss=None, state=TrialState.COMPLETE, x=0.5):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params={"x": x},
        state=state,
        loss=loss,
        proposed=Proposed(sampler="pso", memo=memo),
    )


def history(*trials):
    kept = History(SPACE.dimensions)
    for one in trials:
        kept.put(one)
    return kept


def test_a_sampler_finds_its_own_trials_and_those_of_a_member():
    swarm, other = {"by": "pso", "member": 1}, {"by": "pso", "member": 2}
    kept = history(
        trial(0, swarm, 3.0),
        trial(1, other, 1.0),
        trial(2, swarm, 2.0),
        trial(3, swarm, state=TrialState.FAILED),
        trial(4, swarm, state=TrialState.RUNNING),
        trial(5, swarm, state=TrialState.CANCELLED),
        trial(6, {"by": "de", "member": 1}, 0.0),
        trial(7, None, 0.0),
        trial(8, swarm, 0.0, x="edited"),
    )
    mine = kept.series("pso", 1)
    assert (list(mine.ranked), list(mine.ended), list(mine.pending)) == ([2, 0], [0, 2, 3], [4])
    assert list(kept.series("pso").ranked) == [1, 2, 0]
    assert kept.memo(1) == other
    assert kept.memo(7) is None


def test_a_series_follows_its_trials_and_forgets_what_is_dropped():
    kept = history(trial(0, {"by": "pso"}, state=TrialState.RUNNING))
    kept.put(trial(0, {"by": "pso"}, 1.0))
    assert list(kept.series("pso").pending) == []
    assert list(kept.series("pso").ended) == [0]
    kept.drop(0)
    assert list(kept.series("pso").ended) == []
    assert list(kept.series("nobody").ranked) == []


@pytest.mark.parametrize("memo", ["pso", {}, {"by": 3}, {"member": 1}, [1]])
def test_what_somebody_made_of_a_memo_by_hand_is_none(memo):
    kept = history(trial(0, memo, 1.0))
    assert kept.memo(0) is None


@pytest.mark.parametrize("found", [True, "1", 1.0, None, [1]])
def test_a_member_is_a_whole_number(found):
    assert memos.member({"by": "pso", "member": found}) is None
    assert memos.member({"by": "pso", "member": 3}) == 3


def test_a_vector_is_read_where_it_is_one():
    memo = {"x": [0.5, 1], "short": [1.0], "nan": [0.5, math.nan], "odd": ["a", 1.0], "no": 3}
    found = memos.vector(memo, "x", 2)
    assert found is not None
    assert found.tolist() == [0.5, 1.0]
    for name in ("short", "nan", "odd", "no", "missing"):
        assert memos.vector(memo, name, 2) is None
