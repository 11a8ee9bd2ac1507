from __future__ import annotations

import pickle
import subprocess
import sys

import cloudpickle
import pytest

from parzen.hyperopt import Ctrl, Domain, Trials, hp, tpe
from parzen.hyperopt.exceptions import BadSearchSpace, DuplicateLabel
from parzen.hyperopt.pyll import scope


@pytest.fixture
def doubled():
    def doubled(x):
        return 2 * x

    yield scope.define(doubled)
    scope.undefine("doubled")


def ctrl():
    return Ctrl(Trials(), current_trial={"tid": 0})


SCRIPT = """
import pickle, sys
from parzen.hyperopt import Ctrl, Trials, tpe
domain = pickle.load(sys.stdin.buffer)
trials = Trials()
(doc,) = tpe.suggest([0], domain, trials, 1)
print(domain.evaluate({"x": 3, "c": 1}, Ctrl(trials, doc))["loss"], sorted(doc["misc"]["vals"]))
"""


def test_a_domain_works_where_its_script_is_not(doubled):
    factor = 10
    space = {"x": scope.doubled(hp.randint("x", 5)), "c": hp.choice("c", [1, lambda: 2])}
    domain = Domain(lambda point: factor * point["x"] + point["c"](), space)
    tpe.suggest([0], domain, Trials(), 1)
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=cloudpickle.dumps(domain), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert ran.stdout.decode() == "62.0 ['c', 'x']\n"


def test_a_value_that_is_missing_is_named():
    domain = Domain(len, {"x": hp.uniform("x", 0, 1)})
    with pytest.raises(ValueError, match="needs the value of 'x', which the trial does not have"):
        domain.evaluate({"y": 1}, ctrl())


def test_attachments_may_stay():
    returned = {"status": "ok", "loss": 1, "attachments": {"a": 1}}
    domain = Domain(lambda _: returned, 5)
    assert domain.evaluate({}, ctrl(), attach_attachments=False) == returned
    found = ctrl()
    assert domain.evaluate({}, found) == {"status": "ok", "loss": 1}
    assert found.attachments["a"] == 1


def test_a_space_that_is_wrong_is_told():
    twice = [hp.uniform("x", 0, 1), hp.choice("c", [1, hp.normal("x", 0, 1)])]
    with pytest.raises(DuplicateLabel, match="'x'"):
        Domain(len, twice)
    loop = scope.add(1, 2)
    loop.pos_args[0] = loop
    with pytest.raises(BadSearchSpace, match="uses its own 'add'"):
        Domain(len, loop)


def test_it_says_what_it_is():
    domain = Domain(len, 1, workdir="/w", name="n", loss_target=0.5)
    assert "len" in domain.short_str()
    assert (domain.workdir, domain.name, domain.loss_target) == ("/w", "n", 0.5)
    assert pickle.loads(pickle.dumps(domain)).name == "n"


def test_no_attachments_may_be_none():
    returned = {"status": "ok", "loss": 1, "attachments": None}
    assert Domain(lambda _: returned, {}).evaluate({}, ctrl()) == {"status": "ok", "loss": 1.0}
    with pytest.raises(TypeError, match="expected a dict"):
        Domain(lambda _: {**returned, "attachments": [1]}, {}).evaluate({}, ctrl())
