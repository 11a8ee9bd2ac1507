"""Conditional spaces with a formula for a loss, for choosing constants.

Each loss is an offset for the options taken plus squares, all of which vanish at one point of the
space, so that the optimum is known. The squares hold the interactions that tuning has: valleys
along which two parameters make up for each other, and an ideal value that moves with another.
"""

from __future__ import annotations

import math
from typing import Any

from problems.problem import TUNE, Problem

from parzen.shared.dimensions import Params
from parzen.shared.space import Choice, Float, Int, Space


def optimiser() -> Problem:
    """A choice of optimiser with one to five parameters of its own, nested two deep."""
    space = {
        "width": Int(8, 512, log=True),
        "decay": Float(1e-6, 1e-1, log=True),
        "optimiser": Choice(
            {
                "sgd": {
                    "rate": Float(1e-4, 1.0, log=True),
                    "momentum": Float(0.0, 0.99),
                    "schedule": Choice(
                        {
                            "constant": {},
                            "step": {"drop": Float(0.05, 0.9), "every": Int(1, 50)},
                            "cosine": {"warmup": Int(0, 20)},
                        }
                    ),
                },
                "adam": {
                    "rate": Float(1e-5, 1e-1, log=True),
                    "second": Float(1e-4, 0.5, log=True),
                    "amsgrad": Choice([False, True]),
                },
                "lbfgs": {
                    "history": Int(2, 60),
                    "tolerance": Float(1e-9, 1e-1, log=True),
                },
            }
        ),
    }
    losses = {"sgd": _sgd, "adam": _adam, "lbfgs": _lbfgs}

    def loss(params: Params) -> float:
        p: dict[str, Any] = dict(params)
        width = math.log2(p["width"]) - 7
        decay = math.log10(p["decay"]) + 3
        shared = 0.02 * width**2 + 0.03 * (decay + 0.5 * width) ** 2
        return shared + losses[p["optimiser"]](p, width)

    return Problem(
        name="optimiser-tree",
        family="conditional",
        half=TUNE,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=0.0,
    )


def _sgd(p: dict[str, Any], width: float) -> float:
    momentum = p["optimiser/sgd/momentum"]
    step = math.log10(p["optimiser/sgd/rate"] / (1 - momentum)) + 0.5 + 0.3 * width
    loss = 0.12 * min(step**2, 2.0) + 0.3 * (momentum - 0.9) ** 2
    schedule = p["optimiser/sgd/schedule"]
    if schedule == "constant":
        return float(loss + 0.12)
    if schedule == "cosine":
        return float(loss + 0.04 + 1e-3 * (p["optimiser/sgd/schedule/cosine/warmup"] - 5) ** 2)
    drop = p["optimiser/sgd/schedule/step/drop"]
    kept = drop ** (50 / p["optimiser/sgd/schedule/step/every"])  # of the rate, at the end
    return float(loss + 0.02 * (math.log10(kept) + 2) ** 2 / 2 + 0.1 * (drop - 0.1) ** 2)


def _adam(p: dict[str, Any], width: float) -> float:
    rate = math.log10(p["optimiser/adam/rate"]) + 3 + 0.4 * width
    second = math.log10(p["optimiser/adam/second"]) + 2.5
    amsgrad = 0.0 if p["optimiser/adam/amsgrad"] else 0.02
    return 0.05 + 0.1 * rate**2 + 0.02 * (second - 0.3 * rate) ** 2 + amsgrad


def _lbfgs(p: dict[str, Any], width: float) -> float:
    history = (p["optimiser/lbfgs/history"] - 20) / 20
    tolerance = max(0.0, math.log10(p["optimiser/lbfgs/tolerance"]) + 5)
    return float(0.1 + 0.05 * history**2 + 0.02 * tolerance**2 + 0.01 * max(0.0, width) ** 2)


STEPS = 60
"""Into so many levels, between 0 and 1, the plateaus cut the loss."""


def blocks() -> Problem:
    """A choice of block, one parameter shared by two of them, and a loss that comes in steps."""
    dropout = Float(0.0, 0.7, name="dropout")
    space = {
        "depth": Int(1, 12),
        "norm": Choice(["none", "batch", "layer", "group"]),
        "block": Choice(
            {
                "dense": {"width": Int(16, 1024, log=True)},
                "conv": {"kernel": Int(1, 11, step=2), "stride": Int(1, 4), "dropout": dropout},
                "attention": {
                    "heads": Choice([1, 2, 4, 8, 16]),
                    "ratio": Float(0.5, 8.0, log=True),
                    "dropout": dropout,
                },
            }
        ),
        "smoothing": Float(0.0, 0.5),
    }

    def loss(params: Params) -> float:
        p: dict[str, Any] = dict(params)
        exact = _block(p) + 0.6 * (p["smoothing"] - 0.1) ** 2
        return float(math.ceil(min(exact, 1.0) * STEPS - 1e-9) / STEPS)

    return Problem(
        name="blocks-tree",
        family="conditional",
        half=TUNE,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=math.ceil(0.05 * STEPS - 1e-9) / STEPS,
    )


def _block(p: dict[str, Any]) -> float:
    """At least 0.05, which six layers of attention with ``layer`` reach."""
    depth, norm, block = p["depth"], p["norm"], p["block"]
    if block == "dense":
        width = math.log2(p["block/dense/width"]) + 0.4 * depth - 9
        fit = {"none": 0.05, "batch": 0.0, "layer": 0.03, "group": 0.12}[norm]
        return float(0.15 + fit + 0.015 * width**2 + 0.008 * (depth - 3) ** 2)
    dropout = p["dropout"]
    if block == "conv":
        field = p["block/conv/kernel"] * p["block/conv/stride"] + 1.5 * depth - 18
        fit = {"none": 0.15, "batch": 0.0, "layer": 0.08, "group": 0.02}[norm]
        own = 0.0012 * field**2 + 0.02 * (p["block/conv/stride"] - 2) ** 2
        return float(0.09 + fit + own + 0.5 * (dropout - 0.15) ** 2)
    heads = math.log2(p["block/attention/heads"]) - 2
    ratio = math.log2(p["block/attention/ratio"]) - 2
    fit = {"none": 0.25, "batch": 0.1, "layer": 0.0, "group": 0.04}[norm]
    own = 0.02 * (heads + 0.5 * ratio) ** 2 + 0.02 * ratio**2 + 0.006 * (depth - 6) ** 2
    return float(0.05 + fit + own + 0.8 * (dropout - 0.03 * (depth - 6) - 0.2) ** 2)


def crop() -> Problem:
    """Seven numbers and choices of all kinds, without conditions, and with a noisy loss."""
    space = {
        "nitrogen": Float(1.0, 300.0, log=True),
        "water": Float(0.0, 10.0),
        "spacing": Int(5, 80, log=True),
        "sowing": Int(60, 180),
        "variety": Choice(["early", "middle", "late", "hardy", "dwarf"]),
        "tillage": Choice([False, True]),
        "acidity": Float(4.0, 9.0, step=0.25),
    }
    ideal = {"early": 95, "middle": 115, "late": 135, "hardy": 80, "dwarf": 120}
    poorer = {"early": 1.0, "middle": 0.0, "late": 0.4, "hardy": 1.6, "dwarf": 0.7}

    def loss(params: Params) -> float:
        p: dict[str, Any] = dict(params)
        nitrogen, water = math.log2(p["nitrogen"] / 64), p["water"] - 5
        spacing = math.log2(p["spacing"] / 20)
        sowing = (p["sowing"] - ideal[p["variety"]]) / 15
        ridge = (nitrogen - 0.8 * water) ** 2 * 0.25 + 0.08 * (nitrogen + water) ** 2
        dense = 0.8 * (spacing - (0.6 if p["variety"] == "dwarf" else 0.0) * nitrogen) ** 2
        untilled = 0.0 if p["tillage"] else 0.5 + 0.2 * abs(water)
        rest = 0.5 * (p["acidity"] - 6.5) ** 2 + untilled + poorer[p["variety"]]
        return float(ridge + dense + 0.4 * sowing**2 + rest)

    return Problem(
        name="crop-noisy",
        family="noisy",
        half=TUNE,
        dimensions=Space(space).dimensions,
        loss=loss,
        best=0.0,
        noise=0.6,
    )
