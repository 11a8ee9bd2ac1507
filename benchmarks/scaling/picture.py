"""Trials per second and the latency of a claim, against slots and history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from scaling.cells import Figures

Group = tuple[int, int]
"""Slots and studies."""


def draw(figures: Sequence[Figures], bare: float | None, path: Path) -> None:
    """Write the plot of the cells at full load to ``path``, in the format of its ending."""
    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    rates, claims = figure.subplots(1, 2)
    groups: defaultdict[Group, list[Figures]] = defaultdict(list)
    for found in figures:
        if found.cell.load is None:
            groups[found.cell.slots, found.cell.studies].append(found)
    for (slots, studies), mine in sorted(groups.items()):
        mine.sort(key=lambda f: f.cell.history)
        histories = [max(f.cell.history, 1) for f in mine]  # the axis is logarithmic
        label = f"{slots:,} slots, {studies} {'study' if studies == 1 else 'studies'}"
        rates.plot(histories, [f.trials_per_s for f in mine], marker="o", label=label)
        line = claims.plot(histories, [f.claim.median for f in mine], marker="o", label=label)
        claims.plot(histories, [f.claim.p99 for f in mine], ls=":", color=line[0].get_color())
    if bare:
        rates.axhline(bare, color="black", linewidth=0.8, ls="--", label="bare loop")
    _finish(rates, "trials per second")
    _finish(claims, "ms for one claim (dotted: 99th percentile)")
    if groups:
        rates.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def _finish(axes: Any, label: str) -> None:
    axes.set(xlabel="trials that have finished before", ylabel=label, xscale="log")
    axes.set_ylim(bottom=0)
