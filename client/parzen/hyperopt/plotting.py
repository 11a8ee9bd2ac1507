"""Hyperopt's pictures of a search: losses in their order, how often, by parameter.

They are drawn into the current axes or figure of matplotlib, as Hyperopt draws them, so a figure
or a subplot that was made before is used. Each function shows its figure, or returns it with
``do_show=False``, and where there is no display.
"""

from __future__ import annotations

import logging
import math
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.hyperopt import plotted
from parzen.hyperopt.plotted import Point, points_of
from parzen.hyperopt.states import (
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_SUSPENDED,
)
from parzen.shared.errors import ParzenError
from parzen.shared.plain import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

log = logging.getLogger("parzen.hyperopt")

default_status_colors = {
    STATUS_NEW: "k",
    STATUS_RUNNING: "g",
    STATUS_SUSPENDED: "y",
    STATUS_OK: "b",
    STATUS_FAIL: "r",
}
"""What a trial's status looks like."""

FILES = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}
"""The backends of matplotlib that write files and show nothing."""

LEGEND = 10
"""Fewer lines than this are told apart in a legend."""


def main_plot_history(
    trials: Any,
    do_show: bool = True,
    status_colors: Mapping[str, Any] | None = None,
    title: str = "Loss History",
) -> Figure | None:
    """Draw the losses in the order of the trials, and the best so far.

    Trials without a finite loss, such as failed ones, are crosses on the lower edge.

    Args:
        trials: the trials.
        do_show: show the figure.
        status_colors: {status: colour}; those left out are as in ``default_status_colors``.
        title: what stands above.

    Returns:
        The figure; None where it was shown.

    Raises:
        ParzenError: matplotlib is not installed.
    """
    axes = _pyplot().gca()
    colours = {**default_status_colors, **(status_colors or {})}
    points = points_of(trials)
    for status in dict.fromkeys(point.status for point in points):
        mine = [point for point in points if point.status == status and point.loss is not None]
        if mine:
            at, losses = [point.place for point in mine], [point.loss for point in mine]
            axes.scatter(at, losses, s=14, color=colours.get(status, "k"), label=status, zorder=2)
    _draw_best(axes, points)
    lost = [point.place for point in points if point.loss is None and point.over]
    if lost:
        axes.plot(
            lost, [0.02] * len(lost), "x", color=colours[STATUS_FAIL], label="no loss",
            transform=axes.get_xaxis_transform(), markersize=4,
        )  # fmt: skip
    axes.set(xlabel="trial", ylabel="loss", title=title)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")
    return _done(axes, points, do_show)


def main_plot_histogram(
    trials: Any, do_show: bool = True, title: str = "Loss Histogram"
) -> Figure | None:
    """Draw how often losses of each size occur.

    Args:
        trials: the trials.
        do_show: show the figure.
        title: what stands above.

    Returns:
        The figure; None where it was shown.

    Raises:
        ParzenError: matplotlib is not installed.
    """
    axes = _pyplot().gca()
    points = points_of(trials)
    losses = [point.loss for point in points if point.loss is not None]
    lost = sum(point.loss is None and point.over for point in points)
    if losses:
        axes.hist(losses, bins="auto", edgecolor="white", linewidth=0.5)
    without = f" ({lost} more without one)" if lost else ""
    axes.set(xlabel=f"loss of {len(losses)} trials{without}", ylabel="frequency", title=title)
    return _done(axes, points, do_show)


def main_plot_vars(
    trials: Any,
    do_show: bool = True,
    fontsize: float = 10,
    colorize_best: int | None = None,
    columns: int = 5,
    arrange_by_loss: bool = False,
) -> Figure | None:
    """Draw the values of each parameter: the darker, the better the trial; crosses have no loss.

    Args:
        trials: the trials.
        do_show: show the figure.
        fontsize: of the labels, in points.
        colorize_best: draw so many of the best trials green.
        columns: so many parameters stand beside each other.
        arrange_by_loss: put losses on the horizontal axis instead of the order of the trials;
            what has no loss is left out then.

    Returns:
        The figure; None where it was shown.

    Raises:
        ParzenError: matplotlib is not installed.
        ValueError: ``columns`` is less than 1.
    """
    if columns < 1:
        raise ValueError(f"columns is {shown(columns)}: expected a whole number, at least 1")
    plt, points = _pyplot(), points_of(trials)
    names = sorted({label for point in points for label in point.values})
    across = max(1, min(columns, len(names)))
    down = max(1, math.ceil(len(names) / across))
    # a figure that somebody made keeps its size
    figure = plt.gcf() if plt.get_fignums() else plt.figure(figsize=(3 * across, 2.4 * down))
    grid = figure.subplots(down, across, squeeze=False).ravel()
    colours = plotted.colours(points, colorize_best or 0)
    for axes, label in zip(grid, names, strict=False):
        _draw_values(axes, label, points, colours, by_loss=arrange_by_loss)
        axes.set_title(label, fontsize=fontsize, parse_math=False)
        axes.tick_params(which="both", labelsize=0.8 * fontsize)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    figure.supxlabel("loss" if arrange_by_loss else "trial", fontsize=fontsize)
    figure.tight_layout()
    return _done(grid[0], points, do_show)


def main_plot_1D_attachment(  # noqa: N802 - Hyperopt's name
    trials: Any,
    attachment_name: str,
    do_show: bool = True,
    colorize_by_loss: bool = True,
    max_darkness: float = 0.5,
    num_trails: int | None = None,
    preprocessing_fn: Callable[[Any], Any] = lambda x: x,
    line_width: float | None = None,
    *,
    num_trials: int | None = None,
) -> Figure | None:
    """Draw an attachment of the trials that is a sequence of numbers, such as a learning curve.

    Attachments are unpickled here, which runs what whoever made them put there.

    Args:
        trials: the trials; those that lack the attachment are passed over.
        attachment_name: its name.
        do_show: show the figure.
        colorize_by_loss: draw better trials darker.
        max_darkness: how dark the best one is, from 0 to 1.
        num_trails: Hyperopt's spelling of ``num_trials``.
        preprocessing_fn: applied to each sequence, an array of shape (n,).
        line_width: in points; by the number of lines if None.
        num_trials: draw so many of the trials with a loss, spread evenly from best to worst.

    Returns:
        The figure; None where it was shown.

    Raises:
        ParzenError: matplotlib is not installed.
    """
    axes, points = _pyplot().gca(), points_of(trials)
    most = num_trails if num_trials is None else num_trials
    drawn = [point for point in points if attachment_name in trials.trial_attachments(point.doc)]
    drawn = drawn if most is None else plotted.spread(drawn, most)
    shades, skipped = plotted.shades(drawn), 0
    width = line_width or min(1.5, max(0.1, 15 / (len(drawn) or 1)))
    for point in drawn:
        data = _sequence(trials.trial_attachments(point.doc)[attachment_name])
        if data.ndim != 1:
            skipped += 1
            continue
        loss = "no loss" if point.loss is None else f"loss: {point.loss:.5}"
        colour = _line_colour(shades.get(point.place), max_darkness) if colorize_by_loss else None
        axes.plot(preprocessing_fn(data), color=colour, linewidth=width, label=loss)
    if skipped:
        log.warning(
            "%d attachments %r are no sequences of numbers, and not drawn", skipped, attachment_name
        )
    axes.set_title(attachment_name, parse_math=False)
    if 0 < len(axes.lines) < LEGEND:
        axes.legend(fontsize="small")
    return _done(axes, drawn, do_show)


def _draw_best(axes: Axes, points: Iterable[Point]) -> None:
    pairs = [(point.place, point.loss) for point in points if point.loss is not None]
    if pairs:
        places, losses = zip(*pairs, strict=True)
        best = np.minimum.accumulate(losses)
        axes.step(places, best, where="post", color="g", label="best so far", zorder=1)


def _draw_values(
    axes: Axes,
    label: str,
    points: Sequence[Point],
    colours: Mapping[int, Any],
    *,
    by_loss: bool,
) -> None:
    """A parameter's values in those trials in which it takes part."""
    mine = [(point, point.values[label][0]) for point in points if point.values.get(label)]
    known = [
        (point.loss if by_loss else point.place, value, colours[point.place])
        for point, value in mine
        if point.loss is not None
    ]
    lost = [(p.place, v) for p, v in mine if p.loss is None and p.over and not by_loss]
    if known:
        at, heights, shade = zip(*known, strict=True)
        axes.scatter(at, heights, s=14, c=shade, edgecolors="0.5", linewidths=0.3)
    if lost:
        at, heights = zip(*lost, strict=True)
        axes.scatter(at, heights, s=14, c="r", marker="x", linewidths=0.8)
    if not by_loss:
        axes.set_xlim(-1, len(points))
    if not known and not lost:
        _say(axes, "no loss" if mine else "takes no part")
        return
    scale = plotted.scale_of(label, [value for _, value, *_ in [*known, *lost]])
    if scale == "log":
        axes.set_yscale("log")
    elif scale == "whole":
        axes.locator_params(axis="y", integer=True)


def _say(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, ha="center", transform=axes.transAxes)


def _line_colour(shade: float | None, most: float) -> tuple[float, ...]:
    return (1.0, 0.0, 0.0, most) if shade is None else (0.0, 0.0, 0.0, most * shade)


def _sequence(attached: Any) -> Any:
    found = pickle.loads(attached) if isinstance(attached, bytes) else attached  # noqa: S301 - the user's own
    return np.squeeze(np.asanyarray(found))


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ParzenError(
            "plots need matplotlib: install it with `pip install 'parzen[plots]'`"
        ) from error
    return plt


def _done(axes: Axes, drawn: Sequence[Point], do_show: bool) -> Figure | None:
    """Show the figure of ``axes``, or return it."""
    if not drawn:
        _say(axes, "no trials")
    plt = _pyplot()
    figure: Figure = plt.gcf()
    if not do_show:
        return figure
    if plt.get_backend().lower() in FILES:
        log.warning(
            "there is no display: do_show=False returns the figure, and plt.savefig(FILE) writes it"
        )
        return figure
    plt.show()
    return None
