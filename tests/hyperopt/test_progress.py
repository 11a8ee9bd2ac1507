from __future__ import annotations

import contextlib
import sys

import pytest
from rich.console import Console

from parzen.hyperopt import fmin, hp, progress, rand

LINE = hp.uniform("x", -1, 1)


def search(count=3, **options):
    losses = iter([3.0, 1.5, 2.0])
    given = {"loss_threshold": 0.0, "rstate": 0, **options}
    fmin(lambda _: next(losses), LINE, rand.suggest, count, **given)


@pytest.mark.parametrize("shown", [True, 1, "yes"])
def test_without_a_terminal_there_is_one_line(capsys, shown):
    search(show_progressbar=shown)
    assert capsys.readouterr().err == "3 of 3 trials, best loss: 1.5\n"


def test_without_a_terminal_a_long_search_tells_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    search()
    assert capsys.readouterr().err.splitlines()[0] == "1 of 3 trials, best loss: 3.0"


def test_an_interrupted_search_tells_how_far_it_was(capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fmin(interrupted, LINE, rand.suggest, 3)
    assert capsys.readouterr().err == "0 of 3 trials, best loss: ?\n"


def test_without_a_limit_the_line_names_none(capsys):
    search(None, loss_threshold=1.5)
    assert capsys.readouterr().err == "2 trials, best loss: 1.5\n"


@pytest.mark.parametrize("options", [{"verbose": False}, {"show_progressbar": False}])
def test_it_may_be_silent(capsys, options):
    search(**options)
    assert capsys.readouterr() == ("", "")


def test_what_an_objective_prints_stays_on_its_stream(capsys):
    fmin(lambda x: sys.stdout.write("seen\n") * x, LINE, rand.suggest, 2)
    assert capsys.readouterr().out == "seen\nseen\n"


def test_in_a_terminal_there_is_a_bar(capsys, monkeypatch):
    def terminal(**options):
        return Console(**options, force_terminal=True, width=100)

    monkeypatch.setattr(progress, "Console", terminal)
    search()
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "best loss: 1.5" in shown
    with progress.bar_progress_callback(initial=1, total=2) as bar:
        assert bar.postfix == progress.UNKNOWN


def test_it_may_be_ones_own():
    told = []

    class Bar:
        def update(self, n):
            told.append(n)

        def __setattr__(self, name, value):
            told.append((name, value))

    @contextlib.contextmanager
    def shown(initial, total):
        told.append((initial, total))
        yield Bar()

    search(show_progressbar=shown)
    assert told[0] == (0, 3)
    assert [told[2], told[4], told[6]] == [1, 1, 1]
    assert told[1::2] == [("postfix", f"best loss: {best}") for best in (3.0, 1.5, 1.5)]


def test_hyperopts_names_are_there():
    with progress.no_progress_callback(initial=0, total=5) as bar:
        bar.update(1)
    assert progress.default_callback is progress.chosen(True, verbose=True)
