"""What Hyperopt's users rely on, tried on Hyperopt itself and on what takes its place.

A fact stands here when both must show it. Where parzen differs on purpose, the tests beside the
source say so.
"""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest


@pytest.fixture(params=["hyperopt", "parzen.hyperopt"], ids=["theirs", "ours"])
def hyperopt(request):
    return import_module(request.param)


@pytest.fixture
def module(hyperopt):
    """Import a module of the implementation under test: ``module("early_stop")``."""
    return lambda name: import_module(f"{hyperopt.__name__}.{name}")


@pytest.fixture
def hp(hyperopt):
    return hyperopt.hp


@pytest.fixture
def scope(hyperopt):
    return import_module(f"{hyperopt.__name__}.pyll").scope


@pytest.fixture
def pyll(hyperopt):
    return import_module(f"{hyperopt.__name__}.pyll")


@pytest.fixture
def search(hyperopt):
    """``fmin`` at random, seeded and silent, unless it is told otherwise."""

    def run(fn, space, **options):
        given = {
            "algo": hyperopt.rand.suggest,
            "max_evals": 5,
            "rstate": np.random.default_rng(1),
            "verbose": False,
            **options,
        }
        return hyperopt.fmin(fn, space, **given)

    return run
