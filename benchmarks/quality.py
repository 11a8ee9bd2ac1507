"""How good parzen's samplers are beside their peers, at equal numbers of trials.

    python benchmarks/quality.py --quick                 # under 10 minutes on two cores
    python benchmarks/quality.py --half held --seeds 5   # hours; interrupt and start again at will
    python benchmarks/quality.py --half held --report    # from what was kept, without running
    python benchmarks/quality.py --against hyperopt --samplers hyperopt parzen.hyperopt
    python benchmarks/quality.py --methods --seeds 5     # each method, random search, their peers
    python benchmarks/quality.py --methods cmaes de      # these two with random search and theirs

Every run is kept as a file, so only what is missing is done. Tables come on stdout, with JSON as
the last line; progress and failures on stderr. The exit status is 1 where a run failed.

Constants were chosen on the half "tune" of the problems: "held" is the fair one. A score is 0 at
the loss that random search reaches in the median of 100 searches of as many trials, and 1 at the
lowest loss known; one run of random search lies to either side of 0. Behind it stand the 95 %
interval that resampling problems and seeds gives, and the mean rank. Differences and shares are of
the same problems and seeds; where random search is among the samplers, so are tables by class of
problems, in which a class that a sampler is for (classes.py) is marked. A "unit" is one run, or a
problem's 100 random searches, which are done first.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import classes
import constants
import kept
import plan
import pool
import report
import tables
from peers import registry

from parzen.shared.errors import InvalidStudy

CACHE = Path(".benchmarks/quality")
SETTINGS = "1x200,8x200,32x200,128x512"
OWN_SETTINGS = "1x512,8x200,32x200,128x512"
"""Those of ``tpe`` and ``auto``: what 128 workers keep is told by one worker's 512 trials."""
GP_SETTINGS = "1x200"
"""Those of Optuna's GP, which takes seconds of CPU for each proposal."""
METHODS_SETTINGS = "1x200,32x200"
"""Those of ``--methods``."""
METHODS_GP_SETTINGS = "1x100"
"""Those of Optuna's GP there."""
QUICK_SETTINGS = "1x100,8x100"
QUICK_GP_SETTINGS = "1x50"
QUICK_PROBLEMS = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing and report; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        its_plan = _plan(options)
        wanted = list(its_plan.wanted())
    except metadata.PackageNotFoundError as error:
        _parser().error(
            f"{error.name} is not installed: expected the peers; pip install -e '.[benchmarks]', "
            "or name other samplers with --samplers"
        )
    except (ImportError, InvalidStudy, ValueError) as error:
        _parser().error(str(error))
    todo = [unit for unit in wanted if unit.found(options.cache) is None]
    print(f"{len(wanted)} units, {len(wanted) - len(todo)} of them kept", file=sys.stderr)
    failed = 0
    try:
        if not options.report:
            failed = pool.carry_out(
                its_plan.suite, options.cache, todo, its_plan.samplers, options.jobs
            )
    except KeyboardInterrupt:
        print("interrupted: what was done is kept; the same command goes on", file=sys.stderr)
        return 130
    made = report.make(kept.read(its_plan, options.cache), _against(options))
    tables.show(made)
    _draw(made, options.plot or options.cache / "quality.png")
    print(json.dumps({"half": options.half, **made.json()}))
    return 1 if failed else 0


def planned(arguments: Sequence[str] | None = None) -> plan.Plan:
    """The plan that the command line stands for.

    Raises:
        ImportError: the suite or a problem's package is not installed.
        InvalidStudy: a sampler is unknown.
        PackageNotFoundError: a peer is not installed.
        ValueError: an argument cannot be read.
    """
    return _plan(_parser().parse_args(arguments))


def _draw(made: report.Report, path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        print(
            "no plot: matplotlib is not installed; pip install -e '.[benchmarks]'",
            file=sys.stderr,
        )
        return
    import plot  # noqa: PLC0415 - matplotlib is no part of parzen's own set-up

    plot.draw(made, path)
    print(f"plot: {path}", file=sys.stderr)


def _plan(options: argparse.Namespace) -> plan.Plan:
    samplers = _samplers(_named(options))
    for name in ("seeds", "jobs"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name} is {value}: expected a whole number, at least 1")
    for name in (options.against, *plan.own_settings(options.settings_of)):
        if name is not None and name not in samplers:
            raise ValueError(
                f"{name!r} is not compared: expected one of {', '.join(samplers)}; add it to "
                "--samplers"
            )
    return plan.Plan(
        suite=options.suite,
        problems=_problems(options),
        samplers=samplers,
        settings=plan.settings(options.settings or _usual_settings(options)),
        own=_own_settings(options),
        seeds=options.seeds or (1 if options.quick else 5),
    )


def _problems(options: argparse.Namespace) -> Sequence[str]:
    half = None if options.half == "all" else options.half
    suite = importlib.import_module(options.suite)
    names = [
        name
        for name in suite.names(half)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in options.problems.split(","))
    ]
    if options.quick:
        count = min(QUICK_PROBLEMS, len(names))
        names = [names[i * len(names) // count] for i in range(count)]
    if not names:
        raise ValueError(
            f"no problem matches {options.problems!r} in the half {options.half!r}: expected one "
            f"of {', '.join(suite.names(half))}"
        )
    return names


def _named(options: argparse.Namespace) -> Sequence[str]:
    """The samplers that the command line asks for, as they are written."""
    if options.methods is None:
        return options.samplers or registry.NAMES
    return (*classes.group(options.methods), *(options.samplers or ()))


def _against(options: argparse.Namespace) -> str | None:
    named: str | None = options.against
    return named or (None if options.methods is None else classes.BASE)


def _usual_settings(options: argparse.Namespace) -> str:
    if options.quick:
        return QUICK_SETTINGS
    return SETTINGS if options.methods is None else METHODS_SETTINGS


def _own_settings(options: argparse.Namespace) -> Mapping[str, Sequence[plan.Setting]]:
    """Settings of single samplers: the usual ones unless all were given, then what was given."""
    own: list[str] = []
    if options.settings is None and options.quick:
        own = [f"optuna-gp={QUICK_GP_SETTINGS}"]
    elif options.settings is None and options.methods is not None:
        own = [f"optuna-gp={METHODS_GP_SETTINGS}"]
    elif options.settings is None:
        own = [f"optuna-gp={GP_SETTINGS}", f"tpe={OWN_SETTINGS}", f"auto={OWN_SETTINGS}"]
    return plan.own_settings([*own, *options.settings_of])


def _samplers(texts: Sequence[str]) -> Sequence[str]:
    for text in texts:
        name, options = registry.parse(text)
        registry.version(name)
        constants.parse(text)
        if options and registry.is_own(name):
            registry.make(name, (), 0, options)  # refuses what the sampler does not know
    return tuple(dict.fromkeys(texts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--half", choices=("tune", "held", "all"), default="held", help="which problems; else held")
    add("--problems", default="*", help="names or patterns with * and ?, between commas; else all")
    add(
        "--samplers",
        nargs="+",
        metavar="NAME",
        help=f"what is compared; else {' '.join(registry.NAMES)}; parzen.hyperopt and "
        "parzen.hyperopt.atpe are parzen's module of Hyperopt's names; options as in "
        "tpe:gamma=0.15,n_ei_candidates=32 and "
        "mix:samplers={'tpe':2,'pso':1}, constants as in auto@search.UNIFORM=0;ranking.SEEN=512",
    )
    add(
        "--methods",
        nargs="*",
        metavar="NAME",
        help=f"compare these of {', '.join(classes.METHODS)}, or all of them, with random search "
        "and the implementations by others; --samplers adds more",
    )
    add(
        "--settings",
        help=f"workers x trials; else {SETTINGS}, quick {QUICK_SETTINGS}, of methods "
        f"{METHODS_SETTINGS}",
    )
    add(
        "--settings-of",
        nargs="+",
        default=(),
        metavar="NAME=SETTINGS",
        help="settings of single samplers, as in optuna-gp=1x100",
    )
    add("--seeds", type=int, help="runs of each sampler on each problem; else 5, quick 1")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes; else one a core")
    add("--quick", action="store_true", help="a few problems and trials, in under 10 minutes")
    add("--report", action="store_true", help="run nothing: report what is kept")
    add("--against", metavar="NAME", help="compare all others with this sampler")
    add("--plot", type=Path, help="where the plot goes; else quality.png in the cache")
    add("--cache", type=Path, default=CACHE, help=f"folder of the results kept; else {CACHE}")
    add("--suite", default="problems.suite", help="module with the names() and load() of problems")
    return parser


if __name__ == "__main__":
    sys.exit(main())
