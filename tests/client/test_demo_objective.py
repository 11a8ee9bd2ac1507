from types import SimpleNamespace

import pytest

from parzen.client import demo_objective
from parzen.shared.space import Space

ONE_OF_EACH = {
    "logistic": {"model/logistic/C": 1.0},
    "svm": {"model/svm/C": 10.0, "model/svm/gamma": 1e-3},
    "forest": {
        "model/forest/trees": 5,
        "model/forest/max_depth": 4,
        "model/forest/max_features": 0.1,
    },
    "neighbours": {
        "model/neighbours/k": 3,
        "model/neighbours/weights": "uniform",
        "model/neighbours/p": 2,
    },
    "mlp": {"model/mlp/hidden": 8, "model/mlp/alpha": 1e-3, "model/mlp/learning_rate": 1e-2},
}


@pytest.fixture(scope="module")
def trial():
    return SimpleNamespace(shared=demo_objective.load())


def test_there_is_a_model_for_every_option():
    space = Space(demo_objective.SPACE)
    model = next(d for d in space.dimensions if d.name == "model")
    assert set(model.choices) == set(demo_objective.FAMILIES) == set(ONE_OF_EACH)


@pytest.mark.parametrize("family", list(ONE_OF_EACH))
def test_every_family_learns_something(trial, family):
    space = Space(demo_objective.SPACE)
    params = {"scale": False, "model": family, **ONE_OF_EACH[family]}
    space.check(params)
    found = demo_objective.accuracy(space.build(params), trial)
    assert 0.3 < found["worst_fold"] <= found["value"] <= 1.0


def test_the_same_parameters_give_the_same_accuracy(trial):
    params = {"scale": True, "model": {"mlp": {"hidden": 4, "alpha": 1e-3, "learning_rate": 0.01}}}
    first, again = (demo_objective.accuracy(params, trial) for _ in range(2))
    assert first == again
