"""What a proposal costs: CPU on one thread, against the length of history and the dimensions.

    python benchmarks/propose.py           # 100 to 100,000 trials, 5, 20 and 50 dimensions
    python benchmarks/propose.py --quick   # a part of that, in under 2 minutes
    python benchmarks/propose.py --dims 20 # these dimensions only
    python benchmarks/propose.py --methods # each of parzen's samplers, 20 dimensions
    python benchmarks/propose.py --dims 20 --only hyperopt parzen.hyperopt parzen.hyperopt.atpe

A step is what a running service does again and again: one trial is told, one is proposed and put.
Optuna's default sampler, Hyperopt's tpe and parzen's module of Hyperopt's names (its tpe and atpe,
called as its fmin does) do the same beside it, on up to 10,000 trials. Then a batch of 100 against
100 proposals (in steps, and one call after another with no result between), and a step while 100
trials run. Every figure is the median of several, in milliseconds of CPU time, after a warm-up. The
last line is JSON.

The trials known are random ones; a sampler that keeps memos with its trials has proposed its own,
up to 10,000.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from statistics import median

import classes
import numpy as np
from proposing import ours, space
from proposing.subject import Subject
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table as Grid

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidStudy

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
OWN = ("random", "tpe", "auto")
PEERS = ("optuna", "hyperopt")
AS_HYPEROPT = ("parzen.hyperopt", "parzen.hyperopt.atpe")
SUBJECTS = tuple(dict.fromkeys((*OWN, *ours.offered(), *PEERS, *AS_HYPEROPT)))
METHODS = tuple(name for name in (classes.BASE, *classes.METHODS) if name in SUBJECTS)
BATCH = 100
WIDTH = 200
"""Columns of text."""
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: sizes, and for each cell repetitions within seconds of CPU."""

    histories: Sequence[int] = (100, 1_000, 10_000, 100_000)
    widths: Sequence[int] = (5, 20, 50)
    peers_histories: Sequence[int] = (100, 1_000, 10_000)
    repeats: int = 60
    peers_repeats: int = 5
    seconds: float = 10.0


METHODS_EFFORT = Effort(histories=(100, 1_000, 10_000), widths=(20,), repeats=20, seconds=5.0)
QUICK = Effort(
    histories=(100, 1_000, 10_000),
    widths=(5, 20),
    peers_histories=(1_000,),
    repeats=20,
    peers_repeats=3,
    seconds=2.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure. ``what`` is "step", "pending" (while 100 run), "batch" or "singles" (100)."""

    sampler: str
    width: int
    history: int
    what: str
    ms: float


@dataclass(slots=True)
class Table:
    """All figures, and what they come to."""

    cells: list[Cell] = field(default_factory=list)

    def add(self, sampler: str, width: int, history: int, what: str, ms: float) -> None:
        """Add a figure and show it."""
        self.cells.append(Cell(sampler=sampler, width=width, history=history, what=what, ms=ms))
        print(f"{width:>4} {history:>8,} {sampler:<20} {what:<8} {ms:>10.2f}", flush=True)

    def get(self, sampler: str, width: int, history: int, what: str = "step") -> float | None:
        """The figure of a cell, None where it was not measured."""
        for c in self.cells:
            if (c.sampler, c.width, c.history, c.what) == (sampler, width, history, what):
                return c.ms
        return None

    def ratios(self) -> Mapping[str, float]:
        """How flat each of ours is, what a batch saves, and how much more the peers take."""
        found: dict[str, float] = {}
        mine = [name for name in SUBJECTS if name not in PEERS and self._steps(name)]
        for name, width in product(mine, sorted({c.width for c in self.cells})):
            steps = [c.ms for c in self._steps(name) if c.width == width]
            found[f"{name}.{width}.longest_over_shortest"] = max(steps) / min(steps)
            for history in sorted({c.history for c in self.cells}):
                at = f"{name}.{width}.{history}"
                step = self.get(name, width, history)
                for peer in PEERS:
                    theirs = self.get(peer, width, history)
                    if step and theirs:
                        found[f"{at}.{peer}_over_it"] = theirs / step
                batch, singles = (self.get(name, width, history, w) for w in ("batch", "singles"))
                if batch and singles:
                    found[f"{at}.batch_over_singles"] = batch / singles
                if batch and step:
                    found[f"{at}.batch_over_steps"] = batch / (BATCH * step)
        return {key: round(value, 3) for key, value in found.items()}

    def _steps(self, name: str) -> Sequence[Cell]:
        return [c for c in self.cells if c.sampler == name and c.what == "step"]


def main() -> None:
    """Measure and print."""
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):  # read when numpy is imported
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})  # noqa: S606 - ourselves again
    options = _options()
    effort = QUICK if options.quick else METHODS_EFFORT if options.methods else Effort()
    if options.dims:
        effort = replace(effort, widths=options.dims)
    table = Table()
    print(f"{'dims':>4} {'trials':>8} {'sampler':<20} {'what':<8} {'ms of CPU':>10}")
    for width in effort.widths:
        dimensions = space.dimensions(width)
        _ours(table, dimensions, effort, options.only)
        for history in effort.peers_histories:
            _peers(table, dimensions, history, effort, options.only)
    print()
    _show(table)
    cells = [asdict(cell) | {"ms": round(cell.ms, 4)} for cell in table.cells]
    print(json.dumps({"benchmark": "propose", "cells": cells, "ratios": table.ratios()}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer sizes and repetitions")
    parser.add_argument("--dims", type=int, nargs="+", help="these dimensions only")
    parser.add_argument("--no-peers", action="store_true", help="random, tpe and auto only")
    parser.add_argument("--methods", action="store_true", help="each of parzen's samplers")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help=f"these of {', '.join(SUBJECTS)}; else all"
    )
    options = parser.parse_args()
    usual = OWN if options.no_peers else (*OWN, *PEERS, *AS_HYPEROPT)
    options.only = options.only or (METHODS if options.methods else usual)
    for name in options.only:
        if name not in SUBJECTS:
            parser.error(f"--only has {name!r}: expected some of {', '.join(SUBJECTS)}")
    if options.dims and min(options.dims) < 1:
        parser.error(f"--dims has {min(options.dims)}: expected whole numbers, at least 1")
    return options


def _ours(
    table: Table, dimensions: Sequence[Dimension], effort: Effort, only: Sequence[str]
) -> None:
    """All histories of one width: each sampler has one, which grows."""
    width = len(dimensions)
    for name in (name for name in ours.offered() if name in only):
        try:
            subject, rng = ours.Ours(name, dimensions), np.random.default_rng(0)
        except InvalidStudy as error:
            print(f"{width} parameters are not for {name}: {error}", file=sys.stderr)
            continue
        for history in effort.histories:
            missing = history - subject.history.created
            subject.fill(space.trials(subject.history.cube, missing, rng))
            subject.crowd(0)
            table.add(name, width, history, "step", cost(subject.step, effort.repeats, effort))
            if name != classes.BASE:
                _together(table, name, subject, history, effort)


def _together(table: Table, name: str, subject: ours.Ours, history: int, effort: Effort) -> None:
    """A step while others run, a batch, and as many proposals one after another."""
    width, few = subject.history.cube.width, max(3, effort.repeats // 10)
    subject.crowd(BATCH)
    table.add(name, width, history, "pending", cost(subject.step, effort.repeats, effort))

    def singles() -> None:
        for _ in range(BATCH):
            subject.ask()

    for what, whole in (("batch", lambda: subject.batch(BATCH)), ("singles", singles)):
        ms = cost(whole, few, effort, before=subject.forget, warm_up=subject.ask)
        table.add(name, width, history, what, ms)


def _peers(
    table: Table,
    dimensions: Sequence[Dimension],
    history: int,
    effort: Effort,
    only: Sequence[str],
) -> None:
    for name in (name for name in (*PEERS, *AS_HYPEROPT) if name in only):
        subject = _subject(name, dimensions)
        rng = np.random.default_rng(0)
        subject.fill(space.trials(UnitCube(dimensions), history, rng))
        repeats = effort.peers_repeats if name in PEERS else effort.repeats
        ms = cost(subject.step, repeats, effort)
        table.add(name, len(dimensions), history, "step", ms)


def _subject(name: str, dimensions: Sequence[Dimension]) -> Subject:
    # imported here, so that whoever is measured needs none of the others
    if name == "optuna":
        from proposing.optuna_study import OptunaStudy  # noqa: PLC0415

        return OptunaStudy(dimensions)
    from proposing.hyperopt_study import HyperoptStudy  # noqa: PLC0415

    if name == "hyperopt":
        return HyperoptStudy(dimensions)
    _, _, algo = name.partition("parzen.hyperopt")
    return HyperoptStudy(dimensions, "parzen.hyperopt", algo.removeprefix(".") or "tpe")


def cost(
    step: Callable[[], object],
    repeats: int,
    effort: Effort,
    *,
    before: Callable[[], object] = lambda: None,
    warm_up: Callable[[], object] | None = None,
) -> float:
    """The median CPU time of ``step`` in ms; repetitions end where the seconds are used up.

    ``before`` is called before each, and not measured; ``warm_up``, or else the step itself, once.
    """
    gc.collect()
    before()
    (warm_up or step)()
    taken: list[float] = []
    while len(taken) < repeats and (sum(taken) < effort.seconds or not taken):
        before()
        began = time.process_time()
        step()
        taken.append(time.process_time() - began)
    return 1e3 * median(taken)


def _show(table: Table) -> None:
    """For readers: a table for each width, its rows the samplers."""
    console = Console(highlight=False, width=WIDTH)
    histories = sorted({c.history for c in table.cells})
    for width in sorted({c.width for c in table.cells}):
        print(
            f"{width} parameters: ms of CPU for a step / while {BATCH} run / in a batch of {BATCH}"
        )
        grid = Grid("sampler", *(f"{history:,} trials" for history in histories), box=MARKDOWN)
        for name in dict.fromkeys(c.sampler for c in table.cells if c.width == width):
            grid.add_row(name, *(_figures(table, name, width, history) for history in histories))
        console.print(grid)


def _figures(table: Table, name: str, width: int, history: int) -> str:
    batch = table.get(name, width, history, "batch")
    figures = (
        table.get(name, width, history),
        table.get(name, width, history, "pending"),
        None if batch is None else batch / BATCH,
    )
    return " / ".join(f"{ms:.1f}" for ms in figures if ms is not None) or NOTHING


if __name__ == "__main__":
    main()
