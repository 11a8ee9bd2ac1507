"""Conditional spaces with a formula for a loss, for reporting.

Built like those of :mod:`problems.trees_tune` (an offset for the options taken plus terms that all
vanish at one point) of other parts: ridges and kinks beside squares, a plateau that most of the
space lies on, and noise in a tree.
"""

from __future__ import annotations

import math
from typing import Any

from problems.problem import HELD, Problem

from parzen.shared.dimensions import Params
from parzen.shared.space import Choice, Float, Int, Space


def pipeline() -> Problem:
    """Scaling, features and a model, each a choice, with a parameter that two kernels share."""
    gamma = Float(1e-5, 10.0, log=True, name="gamma")
    space = {
        "scale": Choice(["none", "standard", "rank", "robust"]),
        "features": Choice(
            {
                "all": {},
                "pca": {"kept": Int(2, 64, log=True), "whiten": Choice([False, True])},
                "select": {"share": Float(0.05, 1.0)},
            }
        ),
        "model": Choice(
            {
                "neighbours": {
                    "count": Int(1, 100, log=True),
                    "power": Float(1.0, 4.0),
                },
                "svm": {
                    "cost": Float(1e-3, 1e3, log=True),
                    "kernel": Choice(
                        {
                            "linear": {},
                            "rbf": {"gamma": gamma},
                            "poly": {"degree": Int(2, 6), "gamma": gamma},
                        }
                    ),
                },
                "trees": {
                    "count": Int(10, 1000, log=True),
                    "depth": Int(1, 30),
                    "share": Float(0.1, 1.0),
                },
            }
        ),
    }
    models = {"neighbours": _neighbours, "svm": _svm, "trees": _trees}

    def loss(params: Params) -> float:
        p: dict[str, Any] = dict(params)
        kept = _kept(p)
        return models[p["model"]](p, kept) + _features(p)

    return Problem(
        name="pipeline-tree",
        family="conditional",
        half=HELD,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=0.0,
    )


def _kept(p: dict[str, Any]) -> float:
    """How much is left of 64 features, in octaves below 16 (positive: more than 16)."""
    if p["features"] == "all":
        return 2.0
    if p["features"] == "pca":
        return math.log2(p["features/pca/kept"] / 16)
    return math.log2(64 * p["features/select/share"] / 16)


def _features(p: dict[str, Any]) -> float:
    if p["features"] == "pca":
        return 0.0 if p["features/pca/whiten"] else 0.03
    return 0.05


def _neighbours(p: dict[str, Any], kept: float) -> float:
    count = math.log2(p["model/neighbours/count"]) - 3
    scale = {"none": 0.2, "standard": 0.02, "rank": 0.0, "robust": 0.05}[p["scale"]]
    own = 0.03 * abs(count) + 0.04 * abs(p["model/neighbours/power"] - 1.5)
    return float(0.08 + scale + own + 0.05 * max(0.0, kept) + 0.08 * max(0.0, -kept))


def _svm(p: dict[str, Any], kept: float) -> float:
    cost = math.log10(p["model/svm/cost"])
    scale = {"none": 0.15, "standard": 0.0, "rank": 0.03, "robust": 0.02}[p["scale"]]
    kernel = p["model/svm/kernel"]
    if kernel == "linear":
        return float(0.12 + scale + 0.02 * (cost + 1) ** 2 + 0.03 * abs(kept - 1))
    gamma = math.log10(p["gamma"])
    if kernel == "rbf":
        ridge = 0.06 * abs(gamma + cost + 1) + 0.04 * (gamma - cost + 3) ** 2 / 4
        return float(scale + ridge + 0.03 * (kept - 0.25 * (cost - 1)) ** 2)
    degree = p["model/svm/kernel/poly/degree"]
    ridge = 0.03 * (degree * (gamma + 1.5) + cost) ** 2 / degree + 0.02 * (degree - 3) ** 2
    return float(0.04 + scale + ridge + 0.03 * kept**2)


def _trees(p: dict[str, Any], kept: float) -> float:
    count = max(0.0, math.log10(500 / p["model/trees/count"]))
    depth = (p["model/trees/depth"] - 12) / 6
    share = p["model/trees/share"] - 0.4
    own = 0.06 * count + 0.03 * max(0.0, -depth) ** 2 + 0.01 * max(0.0, depth)
    return float(0.06 + own + 0.3 * (share + 0.1 * depth) ** 2 + 0.03 * max(0.0, 1.5 - kept))


FAILED = 1.0
"""The loss wherever a design does not stand: most of the space."""


def bridge() -> Problem:
    """A choice of bridge; most designs fall down, all with the same loss."""
    space = {
        "span": Float(5.0, 50.0, log=True),
        "material": Choice(["wood", "steel", "concrete"]),
        "kind": Choice(
            {
                "beam": {"height": Float(0.1, 5.0, log=True)},
                "arch": {"rise": Float(0.05, 1.0), "ribs": Int(1, 8)},
                "cable": {
                    "tower": Float(0.05, 0.6),
                    "cables": Int(2, 64, log=True),
                    "anchor": Choice({"earth": {"mass": Float(1.0, 1e3, log=True)}, "self": {}}),
                },
            }
        ),
    }
    kinds = {"beam": _beam, "arch": _arch, "cable": _cable}

    def loss(params: Params) -> float:
        p: dict[str, Any] = dict(params)
        span = math.log(p["span"] / 20)
        return min(FAILED, kinds[p["kind"]](p, span))

    return Problem(
        name="bridge-tree",
        family="conditional",
        half=HELD,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=0.0,
    )


def _beam(p: dict[str, Any], span: float) -> float:
    height = math.log(p["kind/beam/height"]) - 0.5 * span
    material = {"wood": 0.25, "steel": 0.0, "concrete": 0.1}[p["material"]]
    return 0.3 + material + 2 * height**2 + 1.5 * (span + 0.6) ** 2


def _arch(p: dict[str, Any], span: float) -> float:
    rise = p["kind/arch/rise"] - 0.35 + 0.1 * span
    ribs = (p["kind/arch/ribs"] - 4) / 2
    material = {"wood": 0.1, "steel": 0.15, "concrete": 0.0}[p["material"]]
    return float(0.12 + material + 12 * rise**2 + 0.2 * (ribs - span) ** 2 + 1.2 * span**2)


def _cable(p: dict[str, Any], span: float) -> float:
    tower = p["kind/cable/tower"] - 0.25
    cables = math.log2(p["kind/cable/cables"]) - 4
    material = {"wood": 0.5, "steel": 0.0, "concrete": 0.35}[p["material"]]
    loss = material + 0.6 * (span - 0.5) ** 2 + 20 * tower**2 + 0.12 * (cables + 6 * tower) ** 2
    if p["kind/cable/anchor"] == "self":
        return float(loss + 0.06)
    mass = math.log10(p["kind/cable/anchor/earth/mass"]) - 2
    return float(loss + 0.5 * (mass - 0.5 * (span - 0.5)) ** 2)


def recipe() -> Problem:
    """A tree of ways to bake, tasted with noise."""
    space = {
        "flour": Choice(["wheat", "rye", "spelt"]),
        "water": Float(0.5, 0.95),
        "leaven": Choice(
            {
                "yeast": {"grams": Float(0.5, 50.0, log=True), "hours": Int(1, 48, log=True)},
                "sour": {"share": Float(0.02, 0.6, log=True), "warmth": Int(15, 38)},
                "soda": {"acid": Choice(["milk", "lemon", "none"])},
            }
        ),
        "oven": Int(160, 300, step=5),
        "minutes": Int(10, 120, log=True),
    }

    def loss(params: Params) -> float:
        p: dict[str, Any] = dict(params)
        water = {"wheat": 0.68, "rye": 0.85, "spelt": 0.62}[p["flour"]]
        heat, time = (p["oven"] - 230) / 20, math.log2(p["minutes"] / 40)
        baked = 0.5 * abs(heat + 2.5 * time) + 0.1 * heat**2
        wet = 60 * (p["water"] - water) ** 2
        return float(baked + wet + _leaven(p))

    return Problem(
        name="recipe-noisy",
        family="noisy",
        half=HELD,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=0.0,
        noise=0.3,
    )


def _leaven(p: dict[str, Any]) -> float:
    rye = p["flour"] == "rye"
    if p["leaven"] == "soda":
        acid = {"milk": 0.0, "lemon": 0.2, "none": 1.0}[p["leaven/soda/acid"]]
        return 1.2 + acid
    if p["leaven"] == "sour":
        share = math.log2(p["leaven/sour/share"] / 0.2)
        warmth = (p["leaven/sour/warmth"] - 26) / 4
        return float((0.0 if rye else 0.4) + 0.2 * abs(share + warmth) + 0.2 * warmth**2)
    grams = math.log2(p["leaven/yeast/grams"] / 5)
    hours = math.log2(p["leaven/yeast/hours"] / 12)
    return float((1.0 if rye else 0.15) + 0.1 * (grams + hours) ** 2 + 0.04 * hours**2)
