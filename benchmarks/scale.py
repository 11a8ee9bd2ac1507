"""How far one MongoDB and one coordinator carry: thousands of slots, long histories, many studies.

    python benchmarks/scale.py                # 1,000 and 5,000 slots; about a quarter of an hour
    python benchmarks/scale.py --quick        # two cells of 1,000 slots, in under 2 minutes
    python benchmarks/scale.py --sampler tpe  # proposals by tpe, not at random
    python benchmarks/scale.py --slots 1000 --history 10 --studies 1 --load full 0.5
    python benchmarks/scale.py --plot docs/pictures/scale.png
    python benchmarks/scale.py --memory       # memory and start-up, instead

The slots are simulated, their calls are real: agents claim, report, renew and show that they live
as parzen's do, in a few processes on this machine, while a real coordinator proposes to a real
mongod. Trials are instant ("full" load), or take so long that a share of the rate at full load is
offered. A cell is a database of its own; what is counted falls into a window after a warm-up.

Then what each operation costs is measured by itself, from which a model (scaling/model.py) says how
many slots each part carries. "of bare" is against a loop of the two bare writes that a trial costs,
with 8 processes, in the same run. Agents, coordinator and mongod share this machine, so that the
columns of CPU per trial say more than the trials per second. The last line is JSON; the exit status
is 1 where a call failed or a report was refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from dispatching import bare, rates
from dispatching.server import Served, serving
from scaling import costs, measuring, starting, tables
from scaling.cells import Cell, Effort, Figures
from scaling.model import System, Times, forecast, leads

SLOTS = 1_000
MANY_SLOTS = 5_000
HISTORIES = (10, 1_000, 100_000)
STUDIES = (1, 200)
HALF = 0.5
BARE_PROCESSES = 8
SHARE = 0.7
"""How far a part may be used in the table of what it carries: waits grow steeply beyond."""
LONG = 100_000
QUICK_LONG = 10_000
FULL = "full"

CELLS = (
    *(
        Cell(slots=n, history=h, studies=s)
        for n, s, h in product((SLOTS, MANY_SLOTS), STUDIES, HISTORIES)
    ),
    Cell(slots=SLOTS, history=HISTORIES[0], studies=1, load=HALF),
    Cell(slots=MANY_SLOTS, history=HISTORIES[0], studies=1, load=HALF),
)
QUICK_CELLS = (
    Cell(slots=SLOTS, history=HISTORIES[0], studies=1),
    Cell(slots=SLOTS, history=QUICK_LONG, studies=STUDIES[-1]),
)
QUICK = Effort(warm_up_s=3.0, window_s=6.0, bare_trials=2_000, cost_trials=512)


def main() -> int:
    """Measure and print; the exit status."""
    options = _options()
    effort = _effort(options)
    if options.memory:
        _memory(QUICK_LONG if options.quick else LONG, effort)
        return 0
    with serving() as served:
        floor = rates.rate(bare.run(BARE_PROCESSES, effort.bare_trials, served))
        print(f"bare loop, {BARE_PROCESSES} processes: {floor:.0f} trials/s", flush=True)
        figures = sweep(options.cells, served, effort)
        times = costs.measured(served, effort.cost_trials, effort.sampler)
    print()
    tables.show_cells(figures, floor)
    _say_errors(figures)
    report = {"benchmark": "scale", "sampler": effort.sampler, "bare_trials_per_s": round(floor, 2)}
    report["cells"] = [_told(f, floor, times, effort) for f in figures]
    report["times_ms"] = {name: round(1e3 * s, 4) for name, s in asdict(times).items()}
    report["carried"] = _carried(times, effort)
    if options.plot:
        _draw(figures, floor, options.plot)
    print(json.dumps(report))
    return 1 if any(f.errors or f.lost for f in figures) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="two cells, and less of everything")
    add("--sampler", default="random", help="who proposes (random)")
    add("--slots", type=_counted, nargs="+", help="these cells instead, each with each")
    add("--history", type=_history, nargs="+", help="finished trials of those cells (10)")
    add("--studies", type=_counted, nargs="+", help="active studies of those cells (1)")
    add("--load", type=_load, nargs="+", help=f"{FULL}, or shares of the rate at full load")
    add("--slots-per-agent", type=_counted, default=8, help="slots of one worker (8)")
    add("--warm-up", type=float, metavar="SECONDS", help="from the first result to the window")
    add("--window", type=float, metavar="SECONDS", help="what is counted in each cell")
    add("--memory", action="store_true", help="memory and start-up of real processes, instead")
    add("--plot", type=Path, metavar="FILE", help="draw trials per second and claims to it")
    options = parser.parse_args()
    options.cells = QUICK_CELLS if options.quick else CELLS
    if any((options.slots, options.history, options.studies, options.load)):
        options.cells = [
            Cell(slots=slots, history=history, studies=studies, load=load)
            for slots, history, studies, load in product(
                options.slots or [SLOTS],
                options.history or [HISTORIES[0]],
                options.studies or [1],
                options.load or [None],
            )
        ]
    return options


def _effort(options: argparse.Namespace) -> Effort:
    usual = QUICK if options.quick else Effort()
    return replace(
        usual,
        sampler=options.sampler,
        slots_per_agent=options.slots_per_agent,
        warm_up_s=usual.warm_up_s if options.warm_up is None else options.warm_up,
        window_s=options.window or usual.window_s,
    )


def _counted(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected at least 1")
    return count


def _history(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError(f"{text}: expected at least 0")
    return count


def _load(text: str) -> float | None:
    if text == FULL:
        return None
    share = float(text)
    if not share > 0:
        raise argparse.ArgumentTypeError(f"{text}: expected {FULL}, or a share above 0")
    return share


def sweep(cells: Sequence[Cell], served: Served, effort: Effort) -> Sequence[Figures]:
    """All ``cells``; one at a part of the load needs the rate at full load, which is added."""
    wanted = dict.fromkeys([*(cell.full for cell in cells), *(c for c in cells if c.load)])
    done: dict[Cell, Figures] = {}
    for cell in wanted:
        mean_s = 0.0
        if cell.load:
            mean_s = cell.slots / (cell.load * max(done[cell.full].trials_per_s, 1.0))
        done[cell] = found = measuring.measured(cell, served, effort, mean_s)
        print(f"{cell}: {found.trials_per_s:.0f} trials/s", file=sys.stderr, flush=True)
    return list(done.values())


def _told(figures: Figures, floor: float, times: Times, effort: Effort) -> dict[str, object]:
    """The figures of a cell, and what the model says of it."""
    cell = figures.cell
    system = System(
        slots=cell.slots,
        duration_s=figures.mean_s,
        batch=max(figures.trials_per_claim, 1.0),
        looks=figures.empty.calls / max(figures.trials_per_s * effort.window_s, 1.0),
        slots_per_agent=effort.slots_per_agent,
        studies=cell.studies,
    )
    modelled = forecast(times, system)
    return {
        **asdict(figures),
        "of_bare": round(figures.trials_per_s / floor, 4),
        "model": {
            "trials_per_s": round(modelled.rate, 1),
            "first": modelled.first,
            "used": {name: round(share, 3) for name, share in modelled.used.items()},
        },
    }


def _carried(times: Times, effort: Effort) -> dict[str, object]:
    print()
    tables.show_times(times)
    found: dict[str, object] = {}
    for studies in STUDIES:
        system = System(
            slots=0, duration_s=1.0, slots_per_agent=effort.slots_per_agent, studies=studies
        )
        rows = tables.carried(times, system, SHARE)
        tables.show_carried(rows, system, SHARE)
        found[str(studies)] = rows
    most = leads(times, system, SHARE)
    told = "-" if most is None else f"{most:,}"
    print(f"studies at {SHARE:.0%} of one coordinator: {told}")
    found["studies_of_a_coordinator"] = most
    return found


def _say_errors(figures: Sequence[Figures]) -> None:
    for found in figures:
        if found.errors or found.lost:
            print(
                f"{found.cell}: {found.errors} calls raised, {found.lost} reports were refused; "
                f"the first error: {found.first_error}",
                file=sys.stderr,
            )


def _draw(figures: Sequence[Figures], floor: float, path: Path) -> None:
    from scaling import picture  # noqa: PLC0415 - matplotlib is no part of parzen's own set-up

    picture.draw(figures, floor, path)
    print(f"plot: {path}", file=sys.stderr)


def _memory(history: int, effort: Effort) -> None:
    with serving() as served:
        starts = starting.measured(served, history, effort.sampler)
    print(f"a study of {history:,} finished trials of 10 parameters, and an empty one")
    tables.show_starts(starts)
    told = {name: asdict(start) for name, start in starts.items()}
    print(json.dumps({"benchmark": "scale-memory", "history": history, "processes": told}))


if __name__ == "__main__":
    sys.exit(main())
