"""What parzen's dispatching costs: trials per second with an instant objective, beside a bare loop.

    python benchmarks/dispatch.py                     # 1 to 8 processes, 3 rounds, half an hour
    python benchmarks/dispatch.py --quick             # one round of 8 processes, under 2 minutes
    python benchmarks/dispatch.py --only parzen       # what has this in its name, and the bare loop
    python benchmarks/dispatch.py --workers 8 --rounds 5 --no-gap
    python benchmarks/dispatch.py --rounds 0          # the idle gap only

The floor is a bare pymongo loop, a claim and a finish for each trial. parzen runs trials that were
laid out beforehand, or the closed loop, in which a coordinator proposes by TPE all the while; with
one agent of so many slots, and with so many agents of one slot (the same where there is one). Their
writes are acknowledged by a majority and journalled. Optuna and Hyperopt are closed loops with
storages of their own, tuned, and of fewer trials, with which their proposals cost less.

A machine drifts, so the rounds are interleaved, each on a server of its own: for each number of
processes the bare loop runs, each subject runs once, and the bare loop runs again. A ratio is taken
within a round, against the mean of its two bare loops. A cell is the median rate over the rounds,
and the median of the ratios in brackets. The last line is JSON.

Then the idle gap, on a replica set and on a standalone server: what lies between an objective's
return and the next call in the same process, with objectives of 50 ms, beside one claim's round
trip; and what lies between a submit and the first call on an idle agent, beside what loading the
objective takes.

With --quick there are only those peers whose ratios are goals, and only the replica set.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean, median
from threading import BrokenBarrierError

from dispatching import bare, gap, hyperopt_trials, optuna_storages, ours, rates
from dispatching.ours import Crew
from dispatching.server import Served, serving
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table as Grid

WORKERS = (1, 2, 4, 8)
ROUNDS = 3
WIDTH = 200
"""Columns of text."""
NOTHING = "-"
SAMPLER = "tpe"
LAID_OUT, CLOSED = "parzen laid out", "parzen closed TPE"
SLOTS, AGENTS = "one agent", "agents of one slot"
MOST = max(WORKERS)
JOURNAL_TPE, HYPEROPT_TPE = "optuna journal, TPE", "hyperopt tuned, TPE"
GOALS: Mapping[str, tuple[str, str]] = {
    "prepared_8_slots_over_bare": (f"{LAID_OUT}, {SLOTS}", bare.NAME),
    "prepared_8_agents_over_bare": (f"{LAID_OUT}, {AGENTS}", bare.NAME),
    "closed_8_slots_over_bare": (f"{CLOSED}, {SLOTS}", bare.NAME),
    "closed_8_over_optuna_journal_tpe": (f"{CLOSED}, {SLOTS}", JOURNAL_TPE),
    "closed_8_over_hyperopt_tpe": (f"{CLOSED}, {SLOTS}", HYPEROPT_TPE),
}
"""Whose rate over whose, with ``MOST`` processes."""
QUICK_ONLY = ("parzen", JOURNAL_TPE, HYPEROPT_TPE)
REPLICA_SET = "replica set"
SERVERS: Mapping[str, bool] = {REPLICA_SET: False, "standalone": True}

Ends = Sequence[Sequence[float]]
Measure = Callable[[int, int, Served], Ends]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How many trials a run has, by what runs them."""

    bare: int = 4_000
    laid_out: int = 4_000
    closed: int = 2_000
    optuna: int = 1_000
    hyperopt: int = 400
    gap: gap.Effort = field(default_factory=gap.Effort)


QUICK = Effort(bare=800, laid_out=800, closed=400, optuna=500, hyperopt=150, gap=gap.QUICK)
FULL_FROM, FEWEST = 4, 300
"""With fewer workers than this a run has fewer trials, but not fewer than that on this account."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whoever is measured: ``run(workers, trials, served)`` tells when the trials ended.

    Attributes:
        name: what the table calls it.
        run: runs it.
        trials: how many a run has, of many workers.
        least: the fewest workers with which it is anything of its own.
    """

    name: str
    run: Measure
    trials: int
    least: int = 1

    def share(self, workers: int) -> int:
        """How many trials a run of so many workers has."""
        return min(self.trials, max(FEWEST, self.trials * workers // FULL_FROM))


@dataclass(frozen=True, slots=True)
class Run:
    """One figure: a subject's rate in one round. ``worked`` processes have ended trials."""

    round: int
    subject: str
    workers: int
    trials: int
    worked: int
    trials_per_s: float


@dataclass(slots=True)
class Results:
    """All runs, and what they come to."""

    runs: list[Run] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def rate(self, subject: str, workers: int) -> float | None:
        """The median rate over the rounds, None where there is none."""
        rounds = self.rounds(subject, workers).values()
        return median(rounds) if rounds else None

    def ratio(self, subject: str, over: str, workers: int) -> float | None:
        """The median over the rounds of the ratios within each, of the rounds that have both."""
        ours, theirs = self.rounds(subject, workers), self.rounds(over, workers)
        found = [rate / theirs[number] for number, rate in ours.items() if number in theirs]
        return median(found) if found else None

    def rounds(self, subject: str, workers: int) -> Mapping[int, float]:
        """The rate in each round, the mean where a round has several runs."""
        mine = [r for r in self.runs if (r.subject, r.workers) == (subject, workers)]
        return {
            number: mean(r.trials_per_s for r in mine if r.round == number)
            for number in sorted({r.round for r in mine})
        }

    def cells(self) -> Iterator[Mapping[str, object]]:
        """Each subject at each number of workers."""
        for subject, workers in dict.fromkeys((r.subject, r.workers) for r in self.runs):
            ratio = self.ratio(subject, bare.NAME, workers)
            yield {
                "subject": subject,
                "workers": workers,
                "trials_per_s": round(self.rate(subject, workers) or 0.0, 2),
                "over_bare": None if ratio is None else round(ratio, 4),
                "rounds": len(self.rounds(subject, workers)),
            }

    def goals(self) -> Mapping[str, float | None]:
        """The ratios that are promised, None where one of the two was not measured."""
        found = {name: self.ratio(*pair, MOST) for name, pair in GOALS.items()}
        return {name: None if r is None else round(r, 4) for name, r in found.items()}


def main() -> None:
    """Measure and print."""
    options = _options()
    effort = QUICK if options.quick else Effort()
    chosen = _chosen(subjects(effort), options.only)
    results = Results()
    for number in range(1, options.rounds + 1):
        with serving() as served:
            one = Round(number, served, results, effort.bare)
            for workers in options.workers:
                one.compare(chosen, workers)
            for workers in options.bare_too:
                one.compare([], workers)
    servers = [] if options.no_gap else [REPLICA_SET] if options.quick else list(SERVERS)
    gaps = [found for server in servers if (found := _gaps(server, effort.gap))]
    console = Console(highlight=False, width=WIDTH)
    print()
    show(results, console)
    if gaps:
        gap.show(gaps, console)
    report: dict[str, object] = {"benchmark": "dispatch", "goals": results.goals()}
    report |= {"cells": list(results.cells())} | asdict(results)
    print(json.dumps(report | {"gaps": [found.told() for found in gaps]}))


@dataclass(frozen=True, slots=True)
class Round:
    """One round, on a server of its own; it adds to ``results``."""

    number: int
    served: Served
    results: Results
    bare_trials: int

    def compare(self, every: Sequence[Subject], workers: int) -> None:
        """Run each subject once, between two runs of the bare loop."""
        floor = Subject(bare.NAME, bare.run, self.bare_trials)
        for subject in (floor, *every, floor):
            if workers >= subject.least and subject.name not in self.results.missing:
                self._run(subject, workers)

    def _run(self, subject: Subject, workers: int) -> None:
        name = f"round {self.number}, {_counted(workers)}, {subject.name}"
        trials = subject.share(workers)
        try:
            ends = subject.run(workers, trials, self.served)
            rate = rates.rate(ends)
        except ImportError as error:
            self.results.missing[subject.name] = str(error)
            print(f"{subject.name} is left out: {error}", file=sys.stderr)
        except (ValueError, TimeoutError, BrokenBarrierError) as error:
            said = f"{name} is left out: {str(error) or type(error).__name__}"
            self.results.left_out.append(said)
            print(said, file=sys.stderr)
        else:
            worked, rate = sum(map(bool, ends)), round(rate, 3)
            run = Run(self.number, subject.name, workers, trials, worked, rate)
            self.results.runs.append(run)
            others = "" if worked == workers else f" ({worked} processes ended trials)"
            print(f"{name}: {rate:.1f} trials/s{others}", flush=True)


def _gaps(server: str, effort: gap.Effort) -> gap.Gaps | None:
    """The idle gap on one kind of server; where that fails, it is said."""
    try:
        with serving(standalone=SERVERS[server]) as served:
            return gap.measured(server, served, effort)
    except (ValueError, TimeoutError) as error:
        print(f"the gap on a {server} is left out: {error}", file=sys.stderr)
        return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [subject.name for subject in subjects(Effort())]
    add = parser.add_argument
    add("--quick", action="store_true", help="one round of 8 processes, and fewer trials")
    add("--rounds", type=int, help=f"how often everything is repeated ({ROUNDS})")
    add("--workers", type=int, nargs="+", help="processes; else 1, 2, 4 and 8")
    add("--no-gap", action="store_true", help="trials per second only")
    add("--only", nargs="+", metavar="NAME", default=[], help=f"parts of: {'; '.join(names)}")
    options = parser.parse_args()
    for part in options.only:
        if not any(part.lower() in name.lower() for name in names):
            parser.error(f"--only has {part!r}: expected parts of {'; '.join(names)}")
    options.only = options.only or (QUICK_ONLY if options.quick else ())
    if options.rounds is None:
        options.rounds = 1 if options.quick else ROUNDS
    options.bare_too = [1] if options.quick and not options.workers else []
    options.workers = options.workers or ([MOST] if options.quick else list(WORKERS))
    if options.rounds < 0 or min(options.workers) < 1:
        parser.error("--rounds takes 0 or more, --workers whole numbers from 1")
    return options


def subjects(effort: Effort) -> Sequence[Subject]:
    """All of them but the bare loop."""
    return [
        *_own(LAID_OUT, ours.prepared, effort.laid_out),
        *_own(CLOSED, _closed, effort.closed),
        *(Subject(peer.name, peer.run, effort.optuna) for peer in optuna_storages.PEERS),
        *(Subject(peer.name, peer.run, effort.hyperopt) for peer in hyperopt_trials.PEERS),
    ]


def _own(name: str, run: Callable[[Crew, int, Served], Ends], trials: int) -> Sequence[Subject]:
    return [
        Subject(f"{name}, {SLOTS}", lambda n, *rest: run(Crew(1, n), *rest), trials),
        Subject(f"{name}, {AGENTS}", lambda n, *rest: run(Crew(n), *rest), trials, least=2),
    ]


def _closed(crew: Crew, trials: int, served: Served) -> Ends:
    return ours.closed(crew, SAMPLER, trials, served)


def _chosen(every: Sequence[Subject], parts: Sequence[str]) -> Sequence[Subject]:
    if not parts:
        return every
    return [s for s in every if any(part.lower() in s.name.lower() for part in parts)]


def show(results: Results, console: Console) -> None:
    """For readers: trials per second, and in brackets the ratio to the bare loop."""
    counts = sorted({r.workers for r in results.runs})
    grid = Grid("trials/s (of bare)", *(_counted(count) for count in counts), box=MARKDOWN)
    for name in dict.fromkeys(r.subject for r in results.runs):
        grid.add_row(name, *(_cell(results, name, count) for count in counts))
    console.print(grid)
    for name, ratio in results.goals().items():
        print(f"{name}: {NOTHING if ratio is None else f'{ratio:.2f}'}")
    print()


def _cell(results: Results, name: str, workers: int) -> str:
    rate, ratio = results.rate(name, workers), results.ratio(name, bare.NAME, workers)
    if rate is None:
        return NOTHING
    return f"{rate:.1f}" if ratio is None else f"{rate:.1f} ({ratio:.2f})"


def _counted(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


if __name__ == "__main__":
    main()
