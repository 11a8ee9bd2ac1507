import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


def history(*memos):
    kept = History(SPACE.dimensions)
    for number, memo in enumerate(memos, start=1):
        made = Proposed(sampler="pso", memo=memo)
        kept.put(Trial(study="s", uid=Uid("u"), number=number, params={"x": 0.1}, proposed=made))
    return kept


def test_an_outlook_adds_pending_without_touching_the_history():
    kept = history(None)
    outlook = Outlook(kept)
    outlook.add(0, np.array([0.9]))
    assert outlook.pending()[:, 0].tolist() == [0.9, 0.1]
    assert outlook.holds(np.array([0.9]))
    assert not Outlook(kept).holds(np.array([0.9]))
    assert kept.counts[TrialState.WAITING] == 1


def test_memos_of_the_batch_stand_among_those_that_are_pending():
    outlook = Outlook(history({"by": "pso", "member": 4}, {"by": "de"}, None))
    outlook.add(0, np.array([0.5]), {"by": "pso", "member": 3})
    outlook.add(9, np.array([0.6]), {"by": "de"})
    assert [(n, memo["member"]) for n, memo in outlook.pending_memos("pso")] == [(0, 3), (1, 4)]
