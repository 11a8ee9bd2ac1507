"""Scores against budgets, a panel for each number of workers."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from report import Report

OWN_STYLE, PEER_STYLE = {"lw": 2.5, "ls": "-"}, {"lw": 1.2, "ls": "--"}


def draw(report: Report, path: Path) -> None:
    """Write the plot to ``path``, in the format that its ending names."""
    plan = report.kept.plan
    panels = sorted({cell.workers for cell in report.cells})
    figure = Figure(figsize=(4.5 * max(len(panels), 1), 4.5), layout="constrained")
    colours = dict(zip(plan.samplers, mpl.colormaps["tab20"].colors * 5, strict=False))
    for place, workers in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), place)
        cells = [cell for cell in report.cells if cell.workers == workers]
        for sampler in plan.samplers:
            points = [(cell.budget, cell.score[sampler]) for cell in cells if sampler in cell.score]
            if points:
                budgets = [budget for budget, _ in points]
                style = OWN_STYLE if report.is_own(sampler) else PEER_STYLE
                colour = colours[sampler]
                means = [figure.mean for _, figure in points]
                axes.plot(budgets, means, marker="o", label=sampler, color=colour, **style)
                lows, highs = ([getattr(f, end) for _, f in points] for end in ("low", "high"))
                axes.fill_between(budgets, lows, highs, color=colour, alpha=0.1, linewidth=0)
        axes.set_xscale("log")
        axes.set_xticks(sorted({cell.budget for cell in cells}))
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.axhline(0, color="black", linewidth=0.6)
        axes.set(title=f"workers: {workers}", xlabel="ended trials")
        if place == 1:
            axes.set_ylabel("score (0: random search, 1: best known)")
            axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
