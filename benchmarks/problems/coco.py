"""COCO's BBOB and mixed-integer functions, each in one half only; needs the package cocoex.

Sources: Hansen et al. 2009, "Real-parameter black-box optimization benchmarking: noiseless
functions definitions"; Tušar et al. 2019, "Mixed-integer benchmark problems for single- and
bi-objective optimization"; Hansen et al. 2021, "COCO: a platform for comparing continuous
optimizers in a black-box setting".
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from problems.problem import HELD, TUNE, Problem

from parzen.shared.dimensions import Dimension, Params
from parzen.shared.space import Float, Int, Parameter, Space

INSTANCE = 3
"""Which shift and rotation of each function."""

# (function, dimensions). Both halves have separable (f1-f5), moderately (f6-f9) and badly
# conditioned (f10-f14), multi-modal (f15-f19) and weakly structured (f20-f24) functions. f17 and
# f23 are in neither: f18 is f17 with a worse condition, and f23 is too rugged to be learnt from a
# few hundred trials.
BBOB = {
    TUNE: ((1, 20), (5, 10), (6, 10), (13, 5), (16, 5), (18, 10), (22, 5)),
    HELD: ((2, 10), (7, 10), (11, 5), (14, 20), (15, 10), (21, 5), (24, 5)),
}
MIXINT = {
    TUNE: ((4, 5), (9, 10), (10, 20), (20, 10)),
    HELD: ((3, 5), (8, 10), (12, 20), (19, 10)),
}


def loaders(half: str) -> dict[str, Callable[[], Problem]]:
    """What loads each problem of ``half``, by name, in order."""
    return {
        f"{family}-f{function:02d}-d{size:02d}": _loader(family, function, size, half)
        for family, listed in (("bbob", BBOB), ("mixint", MIXINT))
        for function, size in listed[half]
    }


def _loader(family: str, function: int, size: int, half: str) -> Callable[[], Problem]:
    return lambda: _load(family, function, size, half)


def _load(family: str, function: int, size: int, half: str) -> Problem:
    import cocoex  # noqa: PLC0415  # costs time, and may not be installed: the others need none

    # A suite of one problem each: several problems kept from one suite crash the interpreter, and
    # so does a problem that outlives its suite, which is why the loss holds on to both.
    suite = cocoex.Suite(
        "bbob-mixint" if family == "mixint" else "bbob",
        "instances:1-15",
        f"dimensions:{size} function_indices:{function} instance_indices:{INSTANCE}",
    )
    function_of = suite.get_problem(0)
    dimensions = _dimensions(function_of)
    names = [d.name for d in dimensions]

    def loss(params: Params, _alive: object = suite) -> float:
        return float(function_of([params[name] for name in names]))

    return Problem(
        name=f"{family}-f{function:02d}-d{size:02d}",
        family=family,
        half=half,
        dimensions=dimensions,
        loss=loss,
        best=float(function_of(_optimum(function_of))),
    )


def _dimensions(function_of: Any) -> tuple[Dimension, ...]:
    """Whole numbers first, as in the suite."""
    whole = function_of.number_of_integer_variables
    space: dict[str, Parameter] = {}
    bounds = zip(function_of.lower_bounds, function_of.upper_bounds, strict=True)
    for index, (low, high) in enumerate(bounds):
        name = f"x{index:02d}"
        space[name] = Int(int(low), int(high)) if index < whole else Float(float(low), float(high))
    return Space(space).dimensions


def _optimum(function_of: Any) -> list[float]:
    """Where the function is lowest; COCO tells it only by a file in the current folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            function_of._best_parameter("print")  # noqa: SLF001  # the only way to learn it
            return [float(x) for x in Path("._bbob_problem_best_parameter.txt").read_text().split()]
        finally:
            os.chdir(before)
