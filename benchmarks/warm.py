"""What a warm start is worth: the score with trials of an earlier study, less the score without.

    python benchmarks/warm.py           # the held half, an hour or two; interrupt at will
    python benchmarks/warm.py --quick   # four problems with `tpe`, two minutes
    python benchmarks/warm.py --report  # from what was kept, without running

The earlier studies stand in earlier.py: of the same problem, of its kin, misleading and unrelated
ones. One worker; scores as in quality.py, by random search at the same number of trials. Every run
is kept. A Markdown table comes on stdout, with JSON as the last line.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import importlib
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import earlier
import numpy as np
import pool
import scores
import simulation
import units
from peers import registry
from peers.ours import Ours
from problems.problem import HELD

from parzen.coordinator.unit import UnitCube

CACHE = Path(".benchmarks/warm")
BUDGETS = (10, 20, 30, 50, 100)
"""The numbers of ended trials at which runs are looked at."""
REFERENCES = 100
"""So many random searches score 0 in the median."""
COLD = "cold"
QUICK = ("wine-boosting", "digits-svm", "crop-noisy", "landscape")


@dataclass(frozen=True, slots=True)
class Run:
    """One search.

    Attributes:
        suite: the module that the problem comes from.
        problem: its name.
        sampler: who proposes, alone or wrapped in ``warm``.
        kind: of the earlier study, or ``COLD``.
        seed: of everything.
    """

    suite: str
    problem: str
    sampler: str
    kind: str
    seed: int

    def path(self, cache: Path) -> Path:
        """Where its result is kept, which goes by the source of all that makes it."""
        version = [units.problem_version(self.suite, self.problem), registry.version(self.sampler)]
        if self.kind != COLD:
            version += [registry.version("warm"), registry.version("tpe")]
        key = hashlib.blake2b(" ".join(version).encode(), digest_size=6).hexdigest()
        return cache / self.problem / f"{self.sampler}-{self.kind}-{self.seed}-{key}.json"

    def compute(self) -> list[float] | None:
        """The exact losses of the incumbents at ``BUDGETS``; None: there is no such study."""
        problem = units.problem(self.suite, self.problem)
        options: Mapping[str, Any] = {}
        if self.kind != COLD:
            source = earlier.source(problem, self.kind, self.seed)
            if source is None:
                return None
            options = {"sampler": self.sampler, "sources": [source]}
        name = self.sampler if self.kind == COLD else "warm"
        searcher = Ours(name, problem.dimensions, self.seed, options)
        ended = simulation.run(problem, searcher, 1, max(BUDGETS), self.seed)
        changes = units.incumbents((trial.observed, trial.exact) for trial in ended)
        return [units.incumbent_at(changes, budget) for budget in BUDGETS]


@dataclass(frozen=True, slots=True)
class Row:
    """What a kind of earlier study is worth to a sampler after so many trials."""

    sampler: str
    kind: str
    trials: int
    problems: int
    runs: int
    difference: scores.Estimate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing and report; the exit status."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.problems, options.samplers, options.half = ",".join(QUICK), ["tpe"], None
    names = importlib.import_module(options.suite).names(options.half)
    patterns = options.problems.split(",")
    problems = [n for n in names if any(fnmatch.fnmatchcase(n, each) for each in patterns)]
    if not problems:
        _parser().error(f"no problem matches {options.problems!r}: expected one like 'bbob-*'")
    wanted = list(_wanted(options, problems))
    if not options.report:
        _carry_out([run for run in wanted if not run.path(options.cache).exists()], options)
    found = {run: _kept(run, options.cache) for run in wanted}
    rows = list(_rows(options, problems, found))
    _print(options, rows)
    print(json.dumps({"benchmark": "warm", "rows": [asdict(row) for row in rows]}))
    return 0


def _wanted(options: argparse.Namespace, problems: Sequence[str]) -> Iterator[Run]:
    for seed in range(options.seeds):
        for problem in problems:
            for sampler in options.samplers:
                for kind in (COLD, *options.kinds):
                    yield Run(options.suite, problem, sampler, kind, seed)


def _carry_out(todo: Sequence[Run], options: argparse.Namespace) -> None:
    """Do all of ``todo`` in processes of the lowest priority."""
    os.environ.update(pool.ONE_THREAD)  # the processes inherit it before they load any library
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, context, os.nice, (19,)) as executor:
        futures = [executor.submit(_work, run, run.path(options.cache)) for run in todo]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                if done % 50 == 0:
                    print(f"{done}/{len(futures)} done", file=sys.stderr, flush=True)
        finally:
            executor.shutdown(cancel_futures=True)


def _work(run: Run, path: Path) -> None:
    losses = run.compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(f".{os.getpid()}")
    written.write_text(json.dumps(losses), encoding="utf-8")
    written.replace(path)


def _kept(run: Run, cache: Path) -> list[float] | None:
    path = run.path(cache)
    if not path.exists():
        print(f"missing: {run}", file=sys.stderr)
        return None
    losses: list[float] | None = json.loads(path.read_text(encoding="utf-8"))
    return losses


def _rows(
    options: argparse.Namespace, problems: Sequence[str], found: Mapping[Run, list[float] | None]
) -> Iterator[Row]:
    references = {name: _reference(options.suite, name) for name in problems}

    def scored(sampler: str, kind: str, place: int) -> scores.Array:
        table = np.full((len(problems), options.seeds), np.nan)
        for row, name in enumerate(problems):
            best = units.problem(options.suite, name).best
            for seed in range(options.seeds):
                losses = found[Run(options.suite, name, sampler, kind, seed)]
                if losses is not None:
                    table[row, seed] = scores.score(losses[place], references[name][place], best)
        return table

    for sampler in options.samplers:
        for kind in options.kinds:
            for place, trials in enumerate(BUDGETS):
                pair = np.stack([scored(sampler, kind, place), scored(sampler, COLD, place)])
                both = scores.complete(pair)
                there = ~np.isnan(both[0])
                if there.any():
                    counts = int(there.any(axis=1).sum()), int(there.sum())
                    yield Row(sampler, kind, trials, *counts, scores.difference(both[0], both[1]))


def _reference(suite: str, name: str) -> list[float]:
    """The median of random search's incumbents at each of ``BUDGETS``."""
    problem = units.problem(suite, name)
    cube, runs = UnitCube(problem.dimensions), []
    for seed in range(REFERENCES):
        rng = np.random.default_rng([*name.encode(), seed])
        rows = cube.from_uniform(rng.random((max(BUDGETS), cube.width)))
        losses = [simulation.exact_loss(problem, cube.params(row)) for row in rows]
        observed = [loss + simulation.noise(problem, seed, n) for n, loss in enumerate(losses)]
        changes = units.incumbents(zip(observed, losses, strict=True))
        runs.append([units.incumbent_at(changes, budget) for budget in BUDGETS])
    medians: list[float] = np.median(runs, axis=0).tolist()
    return medians


def _print(options: argparse.Namespace, rows: Sequence[Row]) -> None:
    head = ("sampler", "earlier study", "problems, runs", *(str(budget) for budget in BUDGETS))
    print(f"| {' | '.join(head)} |")
    print(f"|{'---|' * len(head)}")
    for sampler in options.samplers:
        for kind in options.kinds:
            mine = {row.trials: row for row in rows if (row.sampler, row.kind) == (sampler, kind)}
            if mine:
                first = next(iter(mine.values()))
                counts = f"{first.problems}, {first.runs}"
                texts = [_text(mine[budget].difference) for budget in BUDGETS]
                print(f"| {' | '.join([f'`{sampler}`', kind, counts, *texts])} |")


def _text(figure: scores.Estimate) -> str:
    return f"{figure.mean:+.2f} [{figure.low:+.2f}, {figure.high:+.2f}]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help=f"only {', '.join(QUICK)}, with tpe")
    add("--half", default=HELD, choices=("tune", "held"), help="of the problems; else held")
    add("--problems", default="*", metavar="PATTERNS", help="of their names, with commas between")
    add("--samplers", nargs="+", default=["auto", "tpe"], metavar="NAME", help="else auto and tpe")
    add("--kinds", nargs="+", default=list(earlier.KINDS), choices=list(earlier.KINDS))
    add("--seeds", type=int, default=1, help="runs of each; else 1")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes; else one a core")
    add("--report", action="store_true", help="run nothing: report what is kept")
    add("--cache", type=Path, default=CACHE, help=f"folder of the results kept; else {CACHE}")
    add("--suite", default="problems.suite", help="module with the names() and load() of problems")
    return parser


if __name__ == "__main__":
    sys.exit(main())
