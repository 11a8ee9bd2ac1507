import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import sobol, starting
from parzen.coordinator.samplers.sobol import SobolSampler
from parzen.coordinator.samplers.starting import Start
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def test_it_begins_with_the_studys_sobol_sequence():
    history = History(SPACE.dimensions)
    found = [Start(SPACE.dimensions).one(Outlook(history), n, 3)[1] for n in range(4)]
    assert found == SobolSampler(SPACE.dimensions).propose(history, range(4), 3)


def test_a_space_too_wide_for_a_sequence_is_drawn_from(monkeypatch):
    monkeypatch.setattr(starting, "WIDEST", 1)
    start, outlook = Start(SPACE.dimensions), Outlook(History(SPACE.dimensions))
    rows = np.array([start.one(outlook, n, 3)[0] for n in range(50)])
    assert ((rows > 0) & (rows < 1)).all()
    assert sobol.WIDEST > 1
    assert 0.3 < rows.mean() < 0.7
    assert start.one(outlook, 7, 3)[1] == start.one(outlook, 7, 3)[1]
