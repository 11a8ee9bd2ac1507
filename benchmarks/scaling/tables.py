"""The figures as tables for readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table as Grid
from scaling.cells import Examined, Figures, Latency
from scaling.model import COORDINATOR, DATABASE, System, Times, forecast, parts
from scaling.starting import Start

WIDTH = 240
"""Columns of text."""
NOTHING = "-"
DURATIONS: Mapping[str, float] = {"1 s": 1.0, "10 s": 10.0, "1 min": 60.0, "10 min": 600.0}


def show_cells(figures: Sequence[Figures], bare: float | None) -> None:
    """One row for each cell."""
    grid = Grid(
        "slots", "history", "studies", "load", "trials/s", "of bare", "claim ms (median/99 %/most)",
        "empty ms", "per claim / report", "least / median / without", "mongod ms", "coordinator ms",
        "agents ms", "waiting", "docs+keys, 1", "docs+keys, 32", "errors", box=MARKDOWN,
    )  # fmt: skip
    for f in figures:
        grid.add_row(
            f"{f.cell.slots:,}",
            f"{f.cell.history:,}",
            f"{f.cell.studies}",
            "full" if f.cell.load is None else f"{f.cell.load:g}",
            f"{f.trials_per_s:.0f}",
            f"{f.trials_per_s / bare:.2f}" if bare else NOTHING,
            _latency(f.claim),
            _latency(f.empty),
            f"{f.trials_per_claim:.1f} / {f.trials_per_report:.1f}",
            f"{f.least} / {f.median:g} / {f.without} of {f.agents}",
            f"{f.mongod_ms:.2f}",
            f"{f.coordinator_ms:.2f}",
            f"{f.agents_ms:.2f}",
            f"{f.waiting:,}",
            _examined(f.examined_one),
            _examined(f.examined_many),
            f"{f.errors + f.lost}",
        )
    _print(grid)


def show_times(times: Times) -> None:
    """What each operation costs: mongod's CPU; where it says coordinator, of its thread."""
    grid = Grid("one of each", "ms", box=MARKDOWN)
    for name, seconds in asdict(times).items():
        grid.add_row(name, f"{1e3 * seconds:.3f}")
    _print(grid)


def carried(times: Times, system: System, share: float) -> Sequence[dict[str, object]]:
    """For each duration, how many slots one mongod and one coordinator carry, and who gives first.

    At ``share`` of what they can do; slots, of trials that are not instant, fall free one by one.
    """
    found: list[dict[str, object]] = []
    for name, duration_s in DURATIONS.items():
        asked = replace(system, duration_s=duration_s, batch=1.0)
        carries = {n: p.carries(duration_s, share) for n, p in parts(times, asked).items()}
        first = min(carries, key=lambda part: carries[part])
        told = forecast(times, replace(asked, slots=carries[first]))
        found.append(
            {"trials of": name, **carries, "first": first, "wait_ms": round(1e3 * told.wait_s, 3)}
        )
    return found


def show_carried(rows: Iterable[Mapping[str, object]], system: System, share: float) -> None:
    """How many slots each part carries."""
    grid = Grid(
        "trials of",
        f"one mongod of {system.cores} cores",
        "one coordinator",
        "gives first",
        "an operation waits, ms",
        box=MARKDOWN,
    )
    for row in rows:
        numbers = [f"{row[part]:,}" for part in (DATABASE, COORDINATOR)]
        grid.add_row(str(row["trials of"]), *numbers, str(row["first"]), f"{row['wait_ms']:.2f}")
    print(
        f"slots at {share:.0%} of each part, {system.studies} studies, agents of "
        f"{system.slots_per_agent} slots"
    )
    _print(grid)


def show_starts(starts: Mapping[str, Start]) -> None:
    """Memory and first work."""
    grid = Grid("process, study", "first work after, s", "MiB", "more than empty", box=MARKDOWN)
    for name, start in starts.items():
        empty = starts[f"{name.split(',', maxsplit=1)[0]}, empty"]
        grid.add_row(
            name, f"{start.seconds:.2f}", f"{start.mib:.0f}", f"{start.mib - empty.mib:.0f}"
        )
    _print(grid)


def _latency(found: Latency) -> str:
    return f"{found.median:.1f} / {found.p99:.1f} / {found.most:.0f}" if found.calls else NOTHING


def _examined(found: Examined | None) -> str:
    return NOTHING if found is None else f"{found.documents}+{found.keys}"


def _print(grid: Grid) -> None:
    Console(highlight=False, width=WIDTH).print(grid)
