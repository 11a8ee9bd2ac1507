"""A suite of two problems, cheap, with known answers."""

from __future__ import annotations

import math

from problems.problem import HELD, TUNE, Problem

from parzen.shared.dimensions import Condition, Dimension, Kind

BOWL_SPACE = (
    Dimension(name="x", kind=Kind.FLOAT, low=-1.0, high=3.0),
    Dimension(name="rate", kind=Kind.FLOAT, low=1e-4, high=1.0, log=True),
    Dimension(name="share", kind=Kind.FLOAT, low=0.0, high=1.0, step=0.25),
    Dimension(name="width", kind=Kind.INT, low=1, high=64, log=True),
    Dimension(name="even", kind=Kind.INT, low=3, high=9, step=2),
)
TREE_SPACE = (
    Dimension(name="model", kind=Kind.CHOICE, choices=("tree", "kernel", None)),
    Dimension(
        name="depth",
        kind=Kind.INT,
        low=1,
        high=9,
        active_when=(Condition("model", "tree"), Condition("model", None)),
    ),
    Dimension(
        name="kind",
        kind=Kind.CHOICE,
        choices=(1, True, (2, 3)),
        active_when=(Condition("model", "kernel"),),
    ),
    Dimension(
        name="gamma",
        kind=Kind.FLOAT,
        low=1e-3,
        high=10.0,
        log=True,
        active_when=(Condition("kind", True), Condition("model", "tree")),
    ),
    Dimension(name="fixed", kind=Kind.INT, low=4, high=4),
    Dimension(name="offset", kind=Kind.FLOAT, low=-1.0, high=1.0),
)


def bowl(params):
    return (params["x"] - 1) ** 2 + math.log10(params["rate"] / 0.01) ** 2 + params["share"]


def tree(params):
    return params["offset"] ** 2 + abs(params.get("depth", 0) - 5) / 5


PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            name="bowl",
            family="smooth",
            half=TUNE,
            dimensions=BOWL_SPACE,
            loss=bowl,
            best=0.0,
            noise=0.1,
        ),
        Problem(
            name="tree",
            family="conditional",
            half=HELD,
            dimensions=TREE_SPACE,
            loss=tree,
            best=0.0,
        ),
    )
}


def names(half=None):
    return [name for name, problem in PROBLEMS.items() if half in (None, problem.half)]


def load(name):
    return PROBLEMS[name]
