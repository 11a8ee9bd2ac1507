from parzen.coordinator.history import History
from parzen.coordinator.samplers.enqueued import EnqueuedSampler
from parzen.shared.space import Float, Space


def test_it_proposes_nothing():
    dimensions = Space({"x": Float(0, 1)}).dimensions
    assert list(EnqueuedSampler(dimensions).propose(History(dimensions), [0, 1], 0)) == []
