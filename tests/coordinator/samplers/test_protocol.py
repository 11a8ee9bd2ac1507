from parzen.coordinator.history import History
from parzen.coordinator.samplers.protocol import Remembered, explained, memo_of, with_memo
from parzen.shared.space import Float, Space

HISTORY = History(Space({"x": Float(0, 1)}).dimensions)


class Silent:
    def propose(self, history, numbers, seed):
        return []


class Telling(Silent):
    def explain(self, history):
        return f"nothing seen of {history.cube.width} parameter"


def test_parameters_with_a_memo_are_parameters():
    noted = Remembered({"x": 0.5}, {"by": "pso"})
    assert noted == {"x": 0.5}
    assert memo_of(noted) == {"by": "pso"}
    assert memo_of({"x": 0.5}) is None
    assert memo_of(with_memo({"x": 0.5}, None)) is None


def test_a_sampler_may_say_what_it_does():
    assert explained(Telling(), HISTORY) == "nothing seen of 1 parameter"
    assert explained(Silent(), HISTORY) is None
    assert explained(None, HISTORY) is None
