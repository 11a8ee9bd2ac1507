from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest

from parzen.hyperopt.substitution import pose_as_hyperopt
from parzen.shared.errors import Conflict

SCRIPT = """
import importlib, json, pickle, sys
import parzen.hyperopt
from parzen.hyperopt.substitution import pose_as_hyperopt

pose_as_hyperopt()
pose_as_hyperopt()

import hyperopt
import hyperopt.rand
from hyperopt import hp
from hyperopt.fmin import fmin, generate_trials_to_calculate
from hyperopt.pyll import Apply, scope
import hyperopt.mongo_worker as worker

def refused(module):
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        return [error.name, str(error)]

seen = {
    "same": hyperopt is parzen.hyperopt and scope is parzen.hyperopt.pyll.scope,
    "late": worker is importlib.import_module("parzen.hyperopt.mongo_worker"),
    "instance": isinstance(parzen.hyperopt.hp.uniform("x", 0, 1), Apply),
    "function": hyperopt.fmin is fmin,
    "names": [module.__spec__.name for module in (hyperopt, hyperopt.rand, worker)],
    "pickled": type(pickle.loads(pickle.dumps(hyperopt.Trials()))) is parzen.hyperopt.Trials,
    "spark": refused("hyperopt.spark"),
    "deeper": refused("hyperopt.pyll.nothing"),
    "other": refused("hyperopt_of_others"),
}
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_modules_are_the_same_objects_under_both_names(seen):
    assert seen["same"]
    assert seen["instance"]
    assert seen["late"], "a module that parzen loads only when it is asked for"
    assert seen["function"], "hyperopt.fmin is the function, also once its module was imported"
    assert seen["pickled"]


def test_modules_keep_the_names_that_they_have(seen):
    assert seen["names"] == [
        "parzen.hyperopt",
        "parzen.hyperopt.rand",
        "parzen.hyperopt.mongo_worker",
    ]


def test_what_parzen_lacks_is_named(seen):
    name, message = seen["spark"]
    assert name == "hyperopt.spark"
    assert message == (
        "no module hyperopt.spark: parzen.hyperopt stands in hyperopt's place here "
        "(pose_as_hyperopt was called), and it has no spark"
    )
    assert seen["deeper"][0] == "hyperopt.pyll.nothing"
    assert "no pyll.nothing" in seen["deeper"][1]


def test_other_packages_are_left_alone(seen):
    assert seen["other"] == ["hyperopt_of_others", "No module named 'hyperopt_of_others'"]


def test_it_comes_too_late_after_hyperopt(monkeypatch):
    real = ModuleType("hyperopt")
    real.__file__ = "/site-packages/hyperopt/__init__.py"
    monkeypatch.setitem(sys.modules, "hyperopt", real)
    before = list(sys.meta_path)
    with pytest.raises(Conflict, match=r"imported already, from /site-.*top of the script, before"):
        pose_as_hyperopt()
    assert sys.meta_path == before
    assert sys.modules["hyperopt"] is real
