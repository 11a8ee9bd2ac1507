"""How good parzen's samplers are beside their peers, at equal numbers of trials.

    python benchmarks/quality.py --quick                 # under 10 minutes on two cores
    python benchmarks/quality.py --half held --seeds 5   # hours; interrupt and start again at will
    python benchmarks/quality.py --half held --report    # from what was kept, without running

Every run is kept as a file, so only what is missing is done. Tables come on stdout, with JSON as
the last line; progress and failures on stderr. The exit status is 1 where a run failed.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import plan
import pool
from peers import registry

from parzen.shared.errors import InvalidStudy

CACHE = Path(".benchmarks/quality")
SETTINGS = "1x200,8x200,32x200,128x512"
QUICK_SETTINGS = "1x100,8x100"
QUICK_PROBLEMS = 8
QUICK_GP_TRIALS = 50
"""Optuna's GP takes minutes for more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing and report; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        planned = _plan(options)
        wanted = list(planned.wanted())
    except (InvalidStudy, ValueError) as error:
        parser.error(str(error))
    except metadata.PackageNotFoundError as error:
        parser.error(
            f"{error.name} is not installed: expected the peers; pip install 'parzen[benchmarks]', "
            "or name other samplers with --samplers"
        )
    todo = [unit for unit in wanted if not unit.path(options.cache).exists()]
    print(f"{len(wanted)} units, {len(wanted) - len(todo)} of them kept", file=sys.stderr)
    failed = 0
    if not options.report:
        failed = pool.carry_out(planned.suite, options.cache, todo, planned.samplers, options.jobs)
    return 1 if failed else 0


def _plan(options: argparse.Namespace) -> plan.Plan:
    half = None if options.half == "all" else options.half
    suite = importlib.import_module(options.suite)
    names = [
        name
        for name in suite.names(half)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in options.problems.split(","))
    ]
    if options.quick:
        names = names[:: max(len(names) // QUICK_PROBLEMS, 1)][:QUICK_PROBLEMS]
    if not names:
        raise ValueError(
            f"no problem matches {options.problems!r} in the half {options.half!r}: expected one "
            f"of {', '.join(suite.names(half))}"
        )
    return plan.Plan(
        suite=options.suite,
        problems=names,
        samplers=_samplers(options.samplers),
        settings=plan.settings(options.settings or (QUICK_SETTINGS if options.quick else SETTINGS)),
        seeds=options.seeds or (1 if options.quick else 5),
        most=[("optuna-gp", QUICK_GP_TRIALS)] if options.quick else (),
    )


def _samplers(texts: Sequence[str]) -> Sequence[str]:
    for text in texts:
        registry.version(registry.parse(text)[0])
    return tuple(dict.fromkeys(texts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--half", choices=("tune", "held", "all"), default="held", help="which problems")
    add("--problems", default="*", help="names or patterns with * and ?, between commas")
    add(
        "--samplers",
        nargs="+",
        default=registry.NAMES,
        metavar="NAME",
        help="what is compared; options as in tpe:good_share=0.15,candidates=32",
    )
    add("--settings", help=f"workers x trials; else {SETTINGS}, quick {QUICK_SETTINGS}")
    add("--seeds", type=int, help="runs of each sampler on each problem; else 5, quick 1")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    add("--quick", action="store_true", help="a few problems and trials, in under 10 minutes")
    add("--report", action="store_true", help="run nothing: report what is kept")
    add("--cache", type=Path, default=CACHE, help="folder of the results kept")
    add("--suite", default="problems.suite", help="module with the names() and load() of problems")
    return parser


if __name__ == "__main__":
    sys.exit(main())
