"""Every parameter is distributed as in Hyperopt, whoever draws it."""

from __future__ import annotations

import numpy as np
import pytest
from models import laws

from parzen.coordinator.unit import UnitCube
from parzen.hyperopt import Domain, Trials, hp, rand
from parzen.hyperopt.pyll.stochastic import sample

COUNT = 1200
LAWS = laws.each(hp)
SPACE = {label: node for label, (node, _) in LAWS.items()}


def by_suggest():
    trials = Trials()
    docs = rand.suggest(range(COUNT), Domain(len, SPACE), trials, 7)
    return [{label: v[0] for label, v in doc["misc"]["vals"].items()} for doc in docs]


def by_sample():
    rng = np.random.default_rng(7)
    return [sample(SPACE, rng) for _ in range(COUNT)]


def by_engine():
    translation = Domain(len, SPACE).translation
    cube = UnitCube(translation.dimensions)
    rows = cube.from_uniform(np.random.default_rng(7).random((COUNT, cube.width)))
    return [translation.values(cube.params(row)) for row in rows]


@pytest.fixture(scope="module", params=[by_suggest, by_sample, by_engine], ids=lambda f: f.__name__)
def draws(request):
    return request.param()


@pytest.mark.parametrize("label", LAWS)
def test_a_parameter_follows_its_law(draws, label):
    _, law = LAWS[label]
    assert law.p_value([point[label] for point in draws]) > laws.UNLIKELY


def test_parameters_are_independent(draws):
    columns = np.array([[point[label] for label in ("uniform", "normal")] for point in draws])
    assert abs(np.corrcoef(columns.T)[0, 1]) < 0.12
