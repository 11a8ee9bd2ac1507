"""Scores against budgets, a panel for each number of workers."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from report import Report

OWN_STYLE, PEER_STYLE = {"lw": 2.5, "ls": "-"}, {"lw": 1.2, "ls": "--"}


def draw(report: Report, path: Path) -> None:
    """Write the plot to ``path``, in the format that its ending names."""
    panels = sorted({cell.workers for cell in report.cells})
    figure = Figure(figsize=(4.5 * max(len(panels), 1), 4.5), layout="constrained")
    first = None
    for place, workers in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), place, sharey=first)
        _panel(axes, report, workers)
        if first is None:
            first = axes
            axes.set_ylabel("score (0: random search, 1: best known)")
            axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def _panel(axes: Any, report: Report, workers: int) -> None:
    cells = [cell for cell in report.cells if cell.workers == workers]
    colours = cycle(mpl.color_sequences["tab10"])
    for sampler, colour in zip(report.kept.plan.samplers, colours, strict=False):
        style = OWN_STYLE if report.is_own(sampler) else PEER_STYLE
        mine = [(cell.budget, cell.score[sampler]) for cell in cells if sampler in cell.score]
        if mine:
            budgets = [budget for budget, _ in mine]
            means = [estimate.mean for _, estimate in mine]
            axes.plot(budgets, means, marker="o", label=sampler, color=colour, **style)
            lows = [estimate.low for _, estimate in mine]
            highs = [estimate.high for _, estimate in mine]
            axes.fill_between(budgets, lows, highs, color=colour, alpha=0.08, linewidth=0)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set(title=f"workers: {workers}", xlabel="ended trials", xscale="log")
    axes.set_xticks([cell.budget for cell in cells])
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter("{x:g}")
