"""How a search shows how far it is: context managers of (initial, total).

Each yields something with ``update(n)``, called with the number of trials that are done since, and
an attribute ``postfix``, which is set to what the best loss is. ``fmin(show_progressbar=)`` takes
another one.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Callback: TypeAlias = Callable[..., contextlib.AbstractContextManager[Any]]

UNKNOWN = "best loss: ?"


class Quiet:
    """Shows nothing."""

    postfix: Any = None

    def update(self, n: int) -> None:
        """So many trials more are done."""


class Bar:
    """A line in the terminal."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    @property
    def postfix(self) -> str:
        """What stands behind the bar."""
        return str(self._progress.tasks[self._task].fields["postfix"])

    @postfix.setter
    def postfix(self, text: object) -> None:
        self._progress.update(self._task, postfix=str(text))

    def update(self, n: int) -> None:
        """So many trials more are done."""
        self._progress.update(self._task, advance=n)


class Tally:
    """Counts, for a line at the end."""

    postfix: Any = UNKNOWN

    def __init__(self, initial: int) -> None:
        self.done = initial

    def update(self, n: int) -> None:
        """So many trials more are done."""
        self.done += n


@contextlib.contextmanager
def no_progress_callback(initial: int, total: int) -> Iterator[Quiet]:
    """Shows nothing."""
    del initial, total
    yield Quiet()


@contextlib.contextmanager
def bar_progress_callback(initial: int, total: int) -> Iterator[Any]:
    """A bar on standard error with the best loss; without a terminal one line at the end."""
    endless = total >= sys.maxsize
    console = Console(stderr=True)
    if not console.is_terminal:
        tally = Tally(initial)
        yield tally
        of = "" if endless else f" of {total}"
        sys.stderr.write(f"{tally.done}{of} trials, {tally.postfix}\n")
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[postfix]}"),
    )
    with Progress(*columns, console=console) as progress:
        shown = None if endless else total
        task = progress.add_task("trials", total=shown, completed=initial, postfix=UNKNOWN)
        yield Bar(progress, task)


default_callback = bar_progress_callback


def chosen(show_progressbar: Any, *, verbose: bool) -> Callback:
    """What ``fmin(show_progressbar=)`` asks for."""
    if not show_progressbar or not verbose:
        return no_progress_callback
    callback: Callback = show_progressbar if callable(show_progressbar) else default_callback
    return callback
