"""The distributions of Hyperopt's parameters, as SciPy has them."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

RARE = 8.0
"""Values that are expected less often are counted together."""

UNLIKELY = 1e-4
"""No test of a distribution may find what it sees less likely."""


class Continuous:
    """Follows a SciPy distribution."""

    def __init__(self, law):
        self._law = law

    def p_value(self, draws):
        return stats.kstest(draws, self._law.cdf).pvalue


class Masses:
    """Takes few values, each with its own probability."""

    def __init__(self, masses):
        self._masses = masses

    def p_value(self, draws):
        values = np.array(sorted(self._masses))
        nearest = np.abs(np.asarray(draws, dtype=float)[:, None] - values).argmin(axis=1)
        assert np.allclose(values[nearest], draws, rtol=1e-9, atol=1e-12)
        expected = np.array([self._masses[value] for value in values]) * len(draws)
        assert math.isclose(expected.sum(), len(draws), rel_tol=1e-6)
        seen = np.bincount(nearest, minlength=len(values))
        rare = expected < RARE
        assert not seen[expected == 0].any()
        groups = [(seen[~rare], expected[~rare]), ([seen[rare].sum()], [expected[rare].sum()])]
        found, wanted = (np.concatenate(parts) for parts in zip(*groups, strict=True))
        there = wanted > 0
        return stats.chisquare(found[there], wanted[there]).pvalue if there.sum() > 1 else 1.0


def rounded(law, q):
    """What ``law`` gives, rounded to multiples of q; the outer bins are cut where it ends."""
    low, high = law.ppf(1e-12), law.ppf(1 - 1e-12)
    steps = np.arange(math.floor(low / q) - 1, math.ceil(high / q) + 2)
    masses = law.cdf((steps + 0.5) * q) - law.cdf((steps - 0.5) * q)
    return Masses({float(k * q): m for k, m in zip(steps, masses / masses.sum(), strict=True)})


def whole(low, high):
    """Each number in [low, high) is as likely."""
    return Masses({float(k): 1 / (high - low) for k in range(low, high)})


def each(hp):
    """{label: (parameter, its law)}."""
    uniform, loguniform = stats.uniform(-2, 5), stats.loguniform(math.exp(-1), math.exp(2))
    normal, lognormal = stats.norm(1, 3), stats.lognorm(0.7, scale=math.exp(0.5))
    return {
        "uniform": (hp.uniform("uniform", -2, 3), Continuous(uniform)),
        "loguniform": (hp.loguniform("loguniform", -1, 2), Continuous(loguniform)),
        "normal": (hp.normal("normal", 1, 3), Continuous(normal)),
        "lognormal": (hp.lognormal("lognormal", 0.5, 0.7), Continuous(lognormal)),
        "quniform": (hp.quniform("quniform", -2, 3, 0.75), rounded(uniform, 0.75)),
        "quniform to its ends": (
            hp.quniform("quniform to its ends", 0, 10, 2.5),
            rounded(stats.uniform(0, 10), 2.5),
        ),
        "quniform of one value": (hp.quniform("quniform of one value", 4, 5, 10), Masses({0: 1.0})),
        "qloguniform": (hp.qloguniform("qloguniform", -1, 2, 0.5), rounded(loguniform, 0.5)),
        "qloguniform from 0": (
            hp.qloguniform("qloguniform from 0", -1, 2, 3),
            rounded(loguniform, 3),
        ),
        "qnormal": (hp.qnormal("qnormal", 1, 3, 2), rounded(normal, 2)),
        "qlognormal": (hp.qlognormal("qlognormal", 0.5, 0.7, 1.5), rounded(lognormal, 1.5)),
        "uniformint": (hp.uniformint("uniformint", 2, 6), rounded(stats.uniform(2, 4), 1)),
        "randint": (hp.randint("randint", 5), whole(0, 5)),
        "randint of two": (hp.randint("randint of two", -3, 4), whole(-3, 4)),
        "choice": (hp.choice("choice", [0, 1, 2]), whole(0, 3)),
        "pchoice": (
            hp.pchoice("pchoice", [(0.1, 0), (0.0, 1), (0.2, 2), (0.7, 3)]),
            Masses({0: 0.1, 1: 0.0, 2: 0.2, 3: 0.7}),
        ),
    }
