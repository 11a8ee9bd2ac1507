"""The pictures, drawn without a display."""

from __future__ import annotations

import pickle
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

from parzen.hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, plotting, rand
from parzen.shared.errors import ParzenError

mpl.use("Agg")

from matplotlib import pyplot as plt

SPACE = hp.choice(
    "model", [{"log rate": hp.loguniform("log rate", -9, 0)}, {"units": hp.randint("units", 3, 90)}]
)
WHOLE = [
    (plotting.main_plot_history, {}),
    (plotting.main_plot_histogram, {}),
    (plotting.main_plot_vars, {}),
    (plotting.main_plot_vars, {"colorize_best": 5, "columns": 1, "arrange_by_loss": True}),
    (plotting.main_plot_1D_attachment, {"attachment_name": "curve"}),
]


def objective(point):
    if "units" in point and point["units"] < 20:
        raise ValueError("too few")
    if "units" in point and point["units"] < 40:
        return {"status": STATUS_FAIL}
    loss = abs(np.log(point["log rate"]) + 4) if "log rate" in point else point["units"] / 9
    curve = loss + np.arange(4.0)[:, None]  # a column, as models return it
    return {"status": STATUS_OK, "loss": loss, "attachments": {"curve": pickle.dumps(curve)}}


def search(fn=objective, space=SPACE, max_evals=30):
    trials = Trials()
    fmin(
        fn, space, rand.suggest, max_evals, trials=trials, rstate=3, verbose=False,
        catch_eval_exceptions=True, return_argmin=False,
    )  # fmt: skip
    return trials


@pytest.fixture(scope="module")
def trials():
    return search()


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def heights(points):
    return [float(y) for _, y in points.get_offsets()]


def drawn_losses(trials):
    return [doc["result"]["loss"] for doc in trials if doc["result"]["status"] == STATUS_OK]


def test_the_history_shows_each_loss_the_best_so_far_and_what_failed(trials):
    [axes] = plotting.main_plot_history(trials, do_show=False, title="mine").axes
    losses, best, lost = *axes.collections, *axes.lines
    assert heights(losses) == drawn_losses(trials)
    assert list(best.get_ydata()) == list(np.minimum.accumulate(heights(losses)))
    without = [i for i, doc in enumerate(trials.everything()) if "loss" not in doc["result"]]
    assert list(lost.get_xdata()) == without
    assert {doc["state"] for doc in trials.everything()} == {2, 3}
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("mine", "trial", "loss")
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["ok", "best so far", "no loss"]


def test_a_status_may_have_another_colour(trials):
    figure = plotting.main_plot_history(trials, do_show=False, status_colors={"ok": "m"})
    assert tuple(figure.axes[0].collections[0].get_facecolor()[0]) == mpl.colors.to_rgba("m")


def test_the_histogram_counts_each_loss_once(trials):
    [axes] = plotting.main_plot_histogram(trials, do_show=False).axes
    losses = drawn_losses(trials)
    assert sum(bar.get_height() for bar in axes.patches) == len(losses)
    lost = len(trials.everything()) - len(losses)
    assert axes.get_xlabel() == f"loss of {len(losses)} trials ({lost} more without one)"


def test_each_parameter_has_its_values_and_the_best_are_green(trials):
    figure = plotting.main_plot_vars(trials, do_show=False, colorize_best=2, columns=2)
    by_label = {axes.get_title(): axes for axes in figure.axes}
    assert list(by_label) == ["log rate", "model", "units", ""]
    scales = [by_label[label].get_yscale() for label in ("log rate", "model", "units")]
    assert scales == ["log", "linear", "linear"]
    known, lost = by_label["units"].collections
    assert sorted(heights(known) + heights(lost)) == sorted(
        doc["misc"]["vals"]["units"][0]
        for doc in trials.everything()
        if doc["misc"]["vals"]["units"]
    )
    greens = [tuple(colour[:3]) for colour in by_label["model"].collections[0].get_facecolor()]
    assert greens.count((0.0, 0.7, 0.0)) == 2
    best = np.argsort(drawn_losses(trials))[:2]
    assert {greens[place] for place in best} == {(0.0, 0.7, 0.0)}


def test_losses_may_stand_below_the_values(trials):
    figure = plotting.main_plot_vars(trials, do_show=False, arrange_by_loss=True)
    [points] = figure.axes[1].collections
    assert [float(x) for x, _ in points.get_offsets()] == drawn_losses(trials)


def test_a_label_that_takes_part_nowhere_says_so():
    space = {
        "x": hp.uniform("x", 0, 1),
        "never": hp.pchoice("c", [(1, 0), (0, hp.normal("n", 0, 1))]),
    }
    figure = plotting.main_plot_vars(search(lambda p: p["x"], space, 4), do_show=False)
    assert texts(figure) == ["takes no part"]


def test_curves_are_told_apart_by_their_losses(trials):
    [axes] = plotting.main_plot_1D_attachment(trials, "curve", do_show=False, num_trials=3).axes
    losses = sorted(drawn_losses(trials))
    shades = [line.get_color() for line in axes.lines]
    assert [line.get_ydata()[0] for line in axes.lines] == pytest.approx(
        [losses[0], losses[(len(losses) - 1) // 2], losses[-1]]
    )
    assert shades[0] == (0, 0, 0, 0.5)
    assert 0 < shades[2][3] < shades[1][3] < 0.5
    assert axes.get_legend().get_texts()[0].get_text() == f"loss: {losses[0]:.5}"


def test_curves_may_be_changed_before_they_are_drawn(trials):
    [axes] = plotting.main_plot_1D_attachment(
        trials, "curve", False, False, num_trails=2, preprocessing_fn=np.cumsum, line_width=3
    ).axes
    low = min(drawn_losses(trials))
    assert list(axes.lines[0].get_ydata()) == pytest.approx(
        [low, 2 * low + 1, 3 * low + 3, 4 * low + 6]
    )
    assert axes.lines[0].get_linewidth() == 3


def test_attachments_that_are_no_curves_are_told_and_passed_over(caplog):
    def fn(x):
        return {"status": STATUS_OK, "loss": x, "attachments": {"m": pickle.dumps(np.eye(2))}}

    trials = search(fn, hp.uniform("x", 0, 1), 3)
    [axes] = plotting.main_plot_1D_attachment(trials, "m", do_show=False).axes
    assert len(axes.lines) == 0
    assert "3 attachments 'm' are no sequences of numbers" in caplog.text


@pytest.mark.parametrize(("plot", "options"), WHOLE)
def test_without_trials_it_says_so(plot, options):
    assert texts(plot(Trials(), do_show=False, **options)) == ["no trials"]


@pytest.mark.parametrize(("plot", "options"), WHOLE)
def test_trials_that_all_failed_can_be_drawn(plot, options, tmp_path):
    def fails(_):
        return {"status": STATUS_FAIL, "attachments": {"curve": pickle.dumps([1, 2])}}

    plot(search(fails, max_evals=4), do_show=False, **options).savefig(tmp_path / "a.png", dpi=20)


def test_a_figure_that_is_there_is_drawn_into(trials):
    figure, (left, right) = plt.subplots(1, 2)
    plt.sca(right)
    assert plotting.main_plot_history(trials, do_show=False) is figure
    assert (len(left.collections), len(right.collections)) == (0, 1)
    made = plt.figure(figsize=(4, 3))
    assert plotting.main_plot_vars(trials, do_show=False) is made
    assert tuple(made.get_size_inches()) == (4, 3)


def test_where_there_is_no_display_the_figure_is_returned(trials, caplog):
    assert plotting.main_plot_history(trials) is plt.gcf()
    assert "there is no display" in caplog.text


def test_a_figure_that_is_shown_is_not_returned(trials, monkeypatch):
    shown = []
    monkeypatch.setattr(plt, "get_backend", lambda: "QtAgg")
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
    assert plotting.main_plot_history(trials) is None  # a notebook would draw it a second time
    assert len(shown) == 1


def test_no_columns_are_refused(trials):
    with pytest.raises(ValueError, match="columns is 0"):
        plotting.main_plot_vars(trials, columns=0)


def test_that_matplotlib_is_missing_is_told(trials, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ParzenError, match=r"pip install 'parzen\[plots\]'"):
        plotting.main_plot_history(trials)


def test_matplotlib_is_imported_only_by_what_draws():
    code = "import sys; from parzen.hyperopt import plotting; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
