"""How a search shows how far it is: context managers of (initial, total).

Each yields something with ``update(n)``, called with the number of trials that are done since, and
an attribute ``postfix``, which is set to what the best loss is. ``fmin(show_progressbar=)`` takes
another one.
"""

from __future__ import annotations

import contextlib
import sys
import time
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

EVERY_S = 30.0
"""How often a line is written where there is no terminal; and one at the end."""


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
    """A line now and then, where nobody looks at a bar."""

    postfix: Any = UNKNOWN

    def __init__(self, initial: int, total: int) -> None:
        self.done, self._of = initial, "" if total >= sys.maxsize else f" of {total}"
        self._said_at = time.monotonic()

    def update(self, n: int) -> None:
        """So many trials more are done."""
        self.done += n
        if time.monotonic() - self._said_at >= EVERY_S:
            self.say()

    def say(self) -> None:
        """Write how far it is."""
        sys.stderr.write(f"{self.done}{self._of} trials, {self.postfix}\n")
        sys.stderr.flush()
        self._said_at = time.monotonic()


@contextlib.contextmanager
def no_progress_callback(initial: int, total: int) -> Iterator[Quiet]:
    """Shows nothing."""
    del initial, total
    yield Quiet()


@contextlib.contextmanager
def bar_progress_callback(initial: int, total: int) -> Iterator[Any]:
    """A bar on standard error with the best loss; without a terminal a line every 30 s."""
    console = Console(stderr=True)
    if not console.is_terminal:
        tally = Tally(initial, total)
        try:
            yield tally
        finally:  # also where the search was interrupted
            tally.say()
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[postfix]}"),
    )
    with Progress(*columns, console=console) as progress:
        shown = None if total >= sys.maxsize else total
        task = progress.add_task("trials", total=shown, completed=initial, postfix=UNKNOWN)
        yield Bar(progress, task)


default_callback = bar_progress_callback


def chosen(show_progressbar: Any, *, verbose: bool) -> Callback:
    """What ``fmin(show_progressbar=)`` asks for."""
    if not show_progressbar or not verbose:
        return no_progress_callback
    callback: Callback = show_progressbar if callable(show_progressbar) else default_callback
    return callback
