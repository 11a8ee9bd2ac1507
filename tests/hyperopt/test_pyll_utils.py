"""Parameters that make no sense are refused where they are written."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
import pytest

from parzen.hyperopt import fmin, hp, rand, tpe
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.pyll import as_apply, stochastic
from parzen.hyperopt.pyll.base import Literal
from parzen.hyperopt.trials import Trials

INF, NAN = math.inf, math.nan

WRONG = [
    ("uniform", (0, -1), "low should be less than high"),
    ("uniform", (1, 0), "low should be less than high"),
    ("uniform", (1, 1), "low should be less than high"),
    ("quniform", (0, -1, 1), "low should be less than high"),
    ("uniformint", (0, -1), "low should be less than high"),
    ("loguniform", (0, -1), "low should be less than high"),
    ("qloguniform", (1, 0, 1), "low should be less than high"),
    ("uniform", (0, INF), "high must be a finite number"),
    ("uniform", (-INF, 0), "low must be a finite number"),
    ("uniform", (NAN, 1), "low must be a finite number"),
    ("uniform", (-1.7e308, 1.7e308), "a float holds no such range"),
    ("uniform", ("0", 1), "low must be a finite number"),
    ("uniform", (False, True), "low must be a finite number"),
    ("normal", (0, INF), "sigma must be a finite number"),
    ("normal", (NAN, 1), "mu must be a finite number"),
    ("normal", (0, 0), "sigma must be positive"),
    ("lognormal", (0, -1), "sigma must be positive"),
    ("quniform", (0, 1, 0), "q must be positive"),
    ("quniform", (0, 1, -1), "q must be positive"),
    ("quniform", (0, 1, NAN), "q must be a finite number"),
    ("qnormal", (0, 1, 0), "q must be positive"),
    ("qlognormal", (0, 1, 0), "q must be positive"),
    ("qloguniform", (0, 1, 0), "q must be positive"),
    ("uniformint", (0, 5, 2), "use hp.quniform"),
    ("loguniform", (1, 1000), "it is the logarithm of what comes out"),
    ("lognormal", (1e5, 1), "it is the logarithm of what comes out"),
    ("randint", (0,), "upper=0: low must be below high"),
    ("randint", (-3,), "upper=-3"),
    ("randint", (0, -1), "low=0, high=-1: low must be below high"),
    ("randint", (1, 0), "low=1, high=0"),
    ("randint", (2.5,), "give whole numbers"),
    ("randint", (1, INF), "give whole numbers"),
    ("randint", (True,), "give whole numbers"),
    ("choice", ([],), "at least one"),
    ("choice", ((),), "at least one"),
    ("choice", ("abc",), "give a list of options"),
    ("choice", ({"a": 1},), "give a list of options"),
    ("choice", (5,), "give a list of options"),
    ("pchoice", ([],), "at least one"),
    ("pchoice", ([0.5, 0.5],), "give pairs"),
    ("pchoice", ([(0.5, "a"), (0.6, "b")],), "sum to 1.1: they must sum to 1"),
    ("pchoice", ([(-0.5, "a"), (1.5, "b")],), "the probability -0.5: give numbers from 0 to 1"),
    ("pchoice", ([(NAN, "a"), (1.0, "b")],), "the probability nan"),
    ("pchoice", ([("a", 0.5), ("b", 0.5)],), "the probability 'a'"),
]


@pytest.mark.parametrize(("kind", "args", "said"), WRONG)
def test_what_makes_no_sense_is_refused(kind, args, said):
    with pytest.raises(ValueError) as caught:
        getattr(hp, kind)("my label", *args)
    assert f"hp.{kind}('my label'" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("label", [3, None, ("a",), as_apply(3)])
def test_a_label_is_text(label):
    with pytest.raises(TypeError, match=r"the label is .*expected a text"):
        hp.uniform(label, 0, 1)


def test_a_label_may_be_bytes_or_a_constant():
    labels = [b"a", Literal("b")]
    assert set(Domain(len, [hp.uniform(label, 0, 1) for label in labels]).params) == {"a", "b"}


def test_numbers_may_be_numpys_and_floats_without_a_fraction():
    space = [
        hp.uniform("u", np.float32(0), np.int64(1)),
        hp.randint("r", 1e3),
        hp.randint("s", np.int64(2), 5.0),
        hp.uniformint("i", 0, 3, q=1.0),
        hp.choice("c", np.arange(3)),
        hp.choice("d", range(2)),
        hp.choice("e", as_apply((1, 2))),
    ]
    for algo in (rand.suggest, tpe.suggest):
        (doc,) = algo([0], Domain(len, space), Trials(), 0)
        assert all(len(found) == 1 for found in doc["misc"]["vals"].values())


def test_what_is_wrong_is_found_where_bounds_were_reckoned_too():
    space = hp.uniform("x", as_apply(1) + 1, 0)
    with pytest.raises(ValueError, match="low should be less than high"):
        Domain(len, space).translation  # noqa: B018 - it raises


def test_a_label_may_be_a_text_of_an_enum():
    class Name(str, Enum):
        RATE = "rate"

    best = fmin(abs, hp.uniform(Name.RATE, -1, 1), rand.suggest, 2, verbose=False)
    assert list(best) == ["rate"]
    assert best[Name.RATE] == best["rate"]


def test_probabilities_may_be_rounded():
    drawn = stochastic.sample(hp.pchoice("c", [(0.33, 1), (0.33, 2), (0.33, 3)]), 0)
    assert drawn in (1, 2, 3)
