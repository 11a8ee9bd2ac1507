"""Search spaces of every kind, the most awkward ones included, for Hypothesis to draw."""

from __future__ import annotations

import math
from functools import cache

from hypothesis import strategies as st

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

AWKWARD = (
    Float(1e-308, 1e308),
    Float(1e-308, 1e308, log=True),
    Float(5e-324, 1.0, log=True),
    Float(-8e307, 8e307),
    Float(0, 1e-300),
    Float(1, 1 + 1e-11),
    Float(1, 1 + 1e-9, log=True),
    Float(-1, 1, step=1),
    Float(0, 2.0**52, step=1),
    Float(1e9, 1e9 + 1, step=0.1),
    Int(-(2**63), 2**63 - 1),
    Int(1, 2**63 - 1, log=True),
    Int(2**62, 2**62 + 3, log=True),
    Int(2**62, 2**62 + 5),
    Int(-(2**62), 2**62, step=2**61),
    Int(0, 1),
    Int(1, 2, log=True),
    Normal(0, 1e-300),
    Normal(1e300, 1e300),
    Normal(1e12, 1),
    Normal(0, 1, low=4.7),
    Normal(0, 1, high=-4.7),
    Normal(0, 1e4, low=0, high=1),
    Normal(0, 1, step=0.25),
    Normal(1e6, 1, step=1),
    Normal(0, 3, high=2, step=0.5),
    LogNormal(600, 1),
    LogNormal(-600, 1),
    LogNormal(600, 1000),
    LogNormal(0, 1e-11),
    LogNormal(0, 2, step=1),
    LogNormal(0, 2, low=0, high=3, step=0.5),
    LogNormal(0, 1, low=100),
    LogNormal(0, 1, high=0.01),
    Choice(["alone"]),
    Choice([None, True, 2, 2.5, "x", b"y", (1, (2, "z"))]),
    Choice(["common", "rare", "never seen"], weights=[1, 1e-9, 1e-300]),
    Choice(list(range(1000))),
    Choice([str(n) for n in range(1000)], weights=[*range(1, 1001)]),
)
"""What a user may write."""

BY_HAND = (
    {"kind": Kind.INT, "low": 3, "high": 3},
    {"kind": Kind.FLOAT, "low": 0.1, "high": 0.1},
    {"kind": Kind.FLOAT, "low": 1.0, "high": 1.0, "log": True},
    {"kind": Kind.FLOAT, "low": 0.0, "high": 1.0, "step": 2.0},
    {"kind": Kind.NORMAL, "mu": 0.0, "sigma": 1.0, "low": 2.0, "high": 2.0},
    {"kind": Kind.FLOAT, "low": -1.7e308, "high": 1.7e308},
    {"kind": Kind.FLOAT, "low": 0.5, "high": 64.0, "step": 0.5, "log": True},
    {"kind": Kind.INT, "low": 1, "high": 100, "step": 3, "log": True},
    {"kind": Kind.INT, "low": 0.0, "high": 9.0, "step": 3.0},
    {"kind": Kind.INT, "low": 0, "high": 2**80},
    {"kind": Kind.NORMAL, "mu": 0.0, "sigma": 1.0, "low": 40.0, "high": 41.0},
    {"kind": Kind.NORMAL, "mu": 0.0, "sigma": 1e-300, "low": 1.0, "high": 2.0},
    {"kind": Kind.NORMAL, "mu": 5.0, "sigma": 1e-200, "low": 1.0, "high": 2.0},
    {"kind": Kind.NORMAL, "mu": 0.0, "sigma": 1.0, "low": 30.0, "high": 33.0, "step": 1.0},
    {"kind": Kind.NORMAL, "mu": 1e308, "sigma": 1e308, "low": -1e308},
    {"kind": Kind.NORMAL, "mu": 700.0, "sigma": 50.0, "log": True},
    {"kind": Kind.FLOAT, "low": 0.0, "high": 9.0, "step": 3.0, "rounds": (0.0, 10.0)},
    {"kind": Kind.FLOAT, "low": 2.0, "high": 2.0, "step": 2.0, "rounds": (1.5, 1.7)},
    {"kind": Kind.FLOAT, "low": 0.0, "high": 0.0, "step": 2.0, "rounds": (0.1, 0.2), "log": True},
    {"kind": Kind.FLOAT, "low": 0.0, "high": 1.0, "step": 1.0, "rounds": (1e-300, 1), "log": True},
    {
        "kind": Kind.FLOAT,
        "low": 0.0,
        "high": 1e15,
        "step": 1.0,
        "rounds": (1e-9, 1e15),
        "log": True,
    },
    {"kind": Kind.INT, "low": -3, "high": 2**60, "rounds": (-2.6, 2.0**60)},
    {"kind": Kind.CHOICE, "choices": ("a", "never", "b"), "weights": (0.5, 0.0, 0.5)},
    {"kind": Kind.CHOICE, "choices": ("a", "b"), "weights": (1e308, 1e308)},
    {"kind": Kind.CHOICE, "choices": ("a", "b", "c"), "weights": (5e-324, 5e-324, 1e-323)},
)
"""What only an edited document, or another program's, may hold."""


@st.composite
def parameters(draw):
    """One parameter: any kind, any bounds."""
    kind = draw(st.sampled_from(sorted(_DRAWN)))
    return draw(_DRAWN[kind])


@st.composite
def spaces(draw):
    """A space: flat, a tree, one of edited documents, or a wide one."""
    shape = draw(
        st.sampled_from(["flat", "tree", "flat", "tree", "by hand", "flat", "tree"] * 2 + ["wide"])
    )
    if shape == "wide":
        return _wide(draw(st.sampled_from(sorted(_WIDE))))
    if shape == "by hand":
        one = st.sampled_from(BY_HAND) | rounded()
        chosen = draw(st.lists(one, min_size=1, max_size=4))
        flat = tuple(Dimension(name=f"h{i}", **facts) for i, facts in enumerate(chosen))
        return by_hand(*flat)
    if shape == "flat":
        chosen = draw(st.lists(parameters(), min_size=1, max_size=6))
        return Space({f"p{i}": parameter for i, parameter in enumerate(chosen)})
    return Space({"tree": draw(_trees()), "beside": draw(parameters())})


def by_hand(*dimensions):
    """A space of just these dimensions, which nobody checked."""
    return Space.compiled(None, dimensions)


@st.composite
def rounded(draw):
    """What a grid holds that is a rounded continuum, of up to some 5000 values."""
    log, q = draw(st.booleans()), draw(st.sampled_from([0.1, 0.25, 3.0]))
    low = draw(st.floats(1e-6, 10) if log else st.floats(-100, 100))
    return rounding(low, low + q * draw(st.floats(1e-3, 5000)), q, log=log)


def rounding(low, high, q, *, log=False):
    """What the multiples of q hold to which [low, high] is rounded."""
    first, last = math.floor(low / q + 0.5), math.ceil(high / q - 0.5)
    return {
        "kind": Kind.FLOAT,
        "low": q * first,
        "high": q * max(first, last),
        "step": q,
        "log": log,
        "rounds": (low, high),
    }


@st.composite
def _trees(draw, depth=2):
    shared = Float(0, 1, name="shared")
    options = {}
    for label in "abc"[: draw(st.integers(1, 3))]:
        below = {"x": draw(parameters())} if draw(st.booleans()) else {}
        if draw(st.booleans()):
            below["s"] = shared
        if depth and draw(st.booleans()):
            below["deeper"] = draw(_trees(depth - 1))
        options[label] = below
    weights = draw(st.sampled_from([None, [1, 1e-6, 3]]))
    return Choice(options, weights=weights[: len(options)] if weights else None)


@st.composite
def _floats(draw, *, log):
    if log:
        low = draw(st.floats(1e-300, 1e10))
        return Float(low, low * draw(st.floats(1 + 1e-9, 1e6)) + 1e-290, log=True)
    low = draw(st.floats(-1e12, 1e12))
    return Float(low, low + draw(st.floats(max(1e-3, 1e-11 * abs(low)), 1e15)))


@st.composite
def _stepped(draw):
    low, step = draw(st.floats(-100, 100)), draw(st.sampled_from([0.1, 0.25, 3.0]))
    return Float(low, low + step * draw(st.integers(1, 5000)), step=step)


@st.composite
def _ints(draw, *, log):
    low = draw(st.integers(1, 2**60) if log else st.integers(-(2**62), 2**62))
    return Int(low, low + draw(st.integers(1, 2**61)), log=log)


@st.composite
def _small_ints(draw, *, log):
    low = draw(st.integers(1, 5))
    return Int(low, low + draw(st.integers(1, 40)), log=log)


@st.composite
def _normals(draw, *, law):
    bounds = {"low": 0.5, "high": 9.5} if draw(st.booleans()) else {}
    step = draw(st.sampled_from([None, 0.5]))
    return law(draw(st.floats(0, 2)), draw(st.floats(0.3, 5)), step=step, **bounds)


NUMBERS = (
    _floats(log=False)
    | _floats(log=True)
    | _stepped()
    | _ints(log=False)
    | _ints(log=True)
    | _small_ints(log=False)
    | _small_ints(log=True)
    | _normals(law=Normal)
    | _normals(law=LogNormal)
)
"""One numeric parameter."""

_DRAWN = {
    "a number": NUMBERS,
    "awkward": st.sampled_from(AWKWARD),
    "a choice": st.integers(1, 8).map(lambda n: Choice(list(range(n)))),
}

_WIDE = {
    "500 floats": lambda: {f"x{i}": Float(0, 1) for i in range(500)},
    "500 of any kind": lambda: {f"p{i}": AWKWARD[i % len(AWKWARD)] for i in range(500)},
    "500 choices": lambda: {f"c{i}": Choice(list(range(10))) for i in range(500)},
    "500 grids": lambda: {f"n{i}": Int(0, 9 + i) for i in range(500)},
    "500 of which one takes part": lambda: {
        "m": Choice({f"o{i}": {"x": Float(0, 1)} for i in range(499)})
    },
    "20 thousands of options": lambda: {f"c{i}": Choice(list(range(1000))) for i in range(20)},
}


@cache
def _wide(kind):
    return Space(_WIDE[kind]())
