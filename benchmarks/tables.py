"""A comparison's figures as tables for readers."""

from __future__ import annotations

from collections.abc import Sequence

from report import Cell, Contrast, Report
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table
from scores import Estimate

WIDTH = 200
"""Columns of text where stdout is no terminal."""

NOTHING = "-"


def show(report: Report) -> None:
    """Print the tables, those of each number of workers together, and what is missing."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    for workers in dict.fromkeys(cell.workers for cell in report.cells):
        cells = [cell for cell in report.cells if cell.workers == workers]
        head = f"{workers} worker{'s' if workers > 1 else ''}"
        console.print(f"\n{head}: score [95 % interval], mean rank")
        console.print(_scores(report, cells))
        budgets = " / ".join(str(cell.budget) for cell in cells)
        console.print(f"{head}: score by family, at {budgets} trials")
        console.print(_families(report, cells))
        for title, contrasts in (
            ("paired difference of scores", report.differences),
            ("share of the score with one worker", report.shares),
        ):
            mine = [contrast for contrast in contrasts if contrast.workers == workers]
            if mine:
                console.print(f"{head}: {title}")
                console.print(_contrasts(cells, mine))
    for what, count in report.kept.missing.items():
        console.print(f"missing: {count} of {what}")
    for problem, lowest in report.kept.beaten.items():
        console.print(f"below the lowest loss known of {problem}: {lowest!r}")


def _scores(report: Report, cells: Sequence[Cell]) -> Table:
    table = Table("sampler", box=MARKDOWN)
    for cell in cells:
        table.add_column(f"{cell.budget} ({cell.problems} problems, {cell.pairs} runs)")
    table.add_column("CPU ms per proposal")
    for sampler in _samplers(report, cells):
        figures = [
            f"{_text(cell.score[sampler])} {cell.rank[sampler].mean:.2f}"
            if sampler in cell.score
            else NOTHING
            for cell in cells
        ]
        table.add_row(sampler, *figures, _costs(report, sampler, cells[0].workers))
    return table


def _families(report: Report, cells: Sequence[Cell]) -> Table:
    families = list(dict.fromkeys(family for cell in cells for family in cell.families))
    table = Table("sampler", *families, box=MARKDOWN)
    for sampler in _samplers(report, cells):
        table.add_row(sampler, *(_of_family(cells, family, sampler) for family in families))
    return table


def _of_family(cells: Sequence[Cell], family: str, sampler: str) -> str:
    means = [cell.families.get(family, {}).get(sampler) for cell in cells]
    return " / ".join(NOTHING if mean is None else f"{mean:.2f}" for mean in means)


def _contrasts(cells: Sequence[Cell], contrasts: Sequence[Contrast]) -> Table:
    table = Table("sampler", "against", *(str(cell.budget) for cell in cells), box=MARKDOWN)
    rows: dict[tuple[str, str], dict[int, str]] = {}
    for it in contrasts:
        which = f" {it.which}" if it.which not in (it.against, it.sampler) else ""
        rows.setdefault((it.sampler, it.against), {})[it.budget] = _text(it.figure) + which
    for names, texts in rows.items():
        table.add_row(*names, *(texts.get(cell.budget, NOTHING) for cell in cells))
    return table


def _samplers(report: Report, cells: Sequence[Cell]) -> list[str]:
    return [s for s in report.kept.plan.samplers if any(s in cell.score for cell in cells)]


def _costs(report: Report, sampler: str, workers: int) -> str:
    costs = [
        f"{cost:.1f} ({setting})"
        for (name, setting), cost in report.kept.cpu_ms.items()
        if name == sampler and setting.workers == workers
    ]
    return ", ".join(costs) or NOTHING


def _text(estimate: Estimate) -> str:
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"
