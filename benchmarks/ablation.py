"""What each constant of parzen's samplers is worth: the score with another value, paired.

    python benchmarks/ablation.py                  # an hour or two; interrupt at will
    python benchmarks/ablation.py --only 'auto@*'  # some rows
    python benchmarks/ablation.py --report         # from what was kept, without running

On the half of the problems on which constants are chosen. A row says what the score (see
quality.py) is with another value, less what it is with the usual one, on the same problems and
seeds; the variants stand in variants.py. Every run is kept as in ``benchmarks/quality.py``. A
Markdown table comes on stdout, with JSON as the last line; what is missing is said on stderr.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import kept
import numpy as np
import plan
import pool
import scores
import variants
from problems.problem import TUNE
from variants import Variant

CACHE = Path(".benchmarks/ablation")
HEAD = (
    *("sampler", "constant", "usual", "here", "workers", "trials"),
    *("score - usual [95 %]", "problems", "runs"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A variant's score less the usual one, at the same problems and seeds."""

    variant: Variant
    problems: int
    runs: int
    difference: scores.Estimate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing and report; the exit status, 1 where a run failed."""
    options = _parser().parse_args(arguments)
    if importlib.util.find_spec(options.suite) is None:
        _parser().error(f"there is no suite {options.suite!r}: expected a module's name")
    chosen = [v for v in variants.ALL if fnmatch.fnmatchcase(v.sampler, options.only)]
    if not chosen:
        _parser().error(f"no variant matches {options.only!r}: expected one like 'auto@*'")
    for name in ("seeds", "jobs"):
        if getattr(options, name) < 1:
            _parser().error(f"--{name} is {getattr(options, name)}: expected at least 1")
    plans = [_plan(options, chosen, setting) for setting in {v.setting: None for v in chosen}]
    if not plans[0].problems:
        _parser().error(f"no problem matches {options.problems!r}: expected one like 'bbob-*'")
    failed = 0
    for one in plans if not options.report else ():
        todo = [unit for unit in one.wanted() if unit.found(options.cache) is None]
        failed += pool.carry_out(one.suite, options.cache, todo, one.samplers, options.jobs)
    found = [kept.read(one, options.cache) for one in plans]
    for what, count in [item for each in found for item in each.missing.items()]:
        print(f"missing: {count} of {what}", file=sys.stderr)
    rows = [row for each in found for row in _rows(each, chosen)]
    print(f"| {' | '.join(HEAD)} |")
    print(f"|{'---|' * len(HEAD)}")
    for row in rows:
        print(_text(row))
    print(json.dumps({"benchmark": "ablation", "rows": [asdict(row) for row in rows]}))
    return 1 if failed else 0


def _plan(options: argparse.Namespace, chosen: Sequence[Variant], setting: str) -> plan.Plan:
    names = [name for v in chosen if v.setting == setting for name in (v.base, v.sampler)]
    problems = importlib.import_module(options.suite).names(TUNE)
    return plan.Plan(
        suite=options.suite,
        problems=[name for name in problems if fnmatch.fnmatchcase(name, options.problems)],
        samplers=tuple(dict.fromkeys(names)),
        settings=plan.settings(setting),
        seeds=options.seeds,
    )


def _rows(found: kept.Kept, chosen: Sequence[Variant]) -> list[Row]:
    """One for each variant of the plan that has runs."""
    (setting,) = found.plan.settings
    rows = []
    for variant in chosen:
        pair = [
            found.scores.get((name, setting.workers, setting.trials))
            for name in (variant.sampler, variant.base)
        ]
        if variant.sampler not in found.plan.samplers or pair[0] is None or pair[1] is None:
            continue
        both = scores.complete(np.stack([pair[0], pair[1]]))
        if not np.isnan(both).all():
            there = ~np.isnan(both[0])
            counts = int(there.any(axis=1).sum()), int(there.sum())
            rows.append(Row(variant, *counts, scores.difference(both[0], both[1])))
    return rows


def _text(row: Row) -> str:
    variant, figure = row.variant, row.difference
    workers, trials = variant.setting.split("x")
    cells = (
        variant.base,
        f"`{variant.name}`",
        variant.usual,
        variant.value,
        workers,
        trials,
        f"{figure.mean:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]",
        str(row.problems),
        str(row.runs),
    )
    return f"| {' | '.join(cells)} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", default="*", metavar="PATTERN", help="of the variants, as in 'auto@search.*'")
    add("--problems", default="*", metavar="PATTERN", help="of the problems' names")
    add("--seeds", type=int, default=2, help="runs of each variant on each problem; else 2")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes; else one a core")
    add("--report", action="store_true", help="run nothing: report what is kept")
    add("--cache", type=Path, default=CACHE, help=f"folder of the results kept; else {CACHE}")
    add("--suite", default="problems.suite", help="module with the names() and load() of problems")
    return parser


if __name__ == "__main__":
    sys.exit(main())
