"""A comparison's figures as tables for readers."""

from __future__ import annotations

from collections.abc import Sequence

from report import Cell, Contrast, Report
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table
from scores import Estimate
from standings import Match, Standing

WIDTH = 400
"""Columns of text where stdout is no terminal: so many that no row is broken."""

NOTHING = "-"
HOLDS, FAILS = "✓", "✗"


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
        for cell in cells:
            _show_classes(console, report, cell, head)
        matches = [match for match in report.matches if match.workers == workers]
        if matches:
            console.print(f"{head}: less an implementation by others [95 % interval]")
            console.print(_matches(cells, matches))
    for what, count in report.kept.missing.items():
        console.print(f"missing: {count} of {what}")
    for sampler, reasons in report.kept.refused.items():
        problem, why = next(iter(reasons.items()))
        console.print(
            f"{sampler} stands only where it can search, not on {', '.join(reasons)} "
            f"({problem}: {why})",
            markup=False,
        )
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


def _show_classes(console: Console, report: Report, cell: Cell, head: str) -> None:
    mine = [s for s in report.standings if (s.workers, s.budget) == (cell.workers, cell.budget)]
    if mine:
        console.print(
            f"{head}, {cell.budget} trials: score by class, less random search's on the same runs "
            f"[95 % interval]; {HOLDS} a class that the sampler is for, {FAILS} one where that is "
            "not shown"
        )
        console.print(_classes(mine))


def _classes(standings: Sequence[Standing]) -> Table:
    most = {s.family: s for s in sorted(standings, key=lambda s: s.pairs)}
    families = {
        family: f"{family} ({most[family].problems} problems, {most[family].pairs} runs)"
        for family in dict.fromkeys(s.family for s in standings)
    }
    table = Table("sampler", *families.values(), box=MARKDOWN)
    for sampler in dict.fromkeys(s.sampler for s in standings):
        texts = {s.family: _standing(s) for s in standings if s.sampler == sampler}
        table.add_row(sampler, *(texts.get(family, NOTHING) for family in families))
    return table


def _standing(standing: Standing) -> str:
    mark = f" {FAILS if standing.fails else HOLDS}" if standing.declared else ""
    return f"{standing.score.mean:.2f}, {_signed(standing.difference)}{mark}"


def _matches(cells: Sequence[Cell], matches: Sequence[Match]) -> Table:
    table = Table("sampler", "less", "on", *(str(cell.budget) for cell in cells), box=MARKDOWN)
    for key in dict.fromkeys((match.sampler, match.peer, match.on) for match in matches):
        texts = {
            match.budget: f"{_signed(match.difference)} {match.verdict}"
            for match in matches
            if (match.sampler, match.peer, match.on) == key
        }
        table.add_row(*key, *(texts.get(cell.budget, NOTHING) for cell in cells))
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


def _signed(estimate: Estimate) -> str:
    return f"{estimate.mean:+.2f} [{estimate.low:+.2f}, {estimate.high:+.2f}]"
