"""Notebooks: whether this process is the kernel of one, and what is drawn there while one waits.

A picture is HTML that is replaced in place, by IPython alone: JupyterLab, VS Code and Colab know
it without any extension. What has no HTML, such as a console, shows the text beside it.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, final

from parzen.client import html
from parzen.client.progress import Course, Look, View, line
from parzen.client.wording import number
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from parzen.client.optimizer import Optimizer

NOTES = 5
"""How many notes stand below a bar, the last ones; a long wait may bring many."""


def inside() -> bool:
    """Whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


@final
class Picture:
    """One output of a cell, shown at first and replaced from then on."""

    def __init__(self) -> None:
        self._shown: Any = None

    def show(self, picture: str, text: str) -> None:
        """Show HTML, and ``text`` where no HTML is shown."""
        from IPython.display import display  # noqa: PLC0415 - only notebooks have it

        bundle = {"text/html": picture, "text/plain": visible(text)}
        if self._shown is None:
            self._shown = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's own is not typed
        else:
            self._shown.update(bundle, raw=True)


def say(sentence: str) -> None:
    """Say something below the cell, without the alarm in which notebooks put standard error."""
    Picture().show(html.sentence(sentence), sentence)


@final
class NotebookDisplay:
    """Shows views as they come, below the cell that waits; see :class:`progress.Shows`."""

    def __init__(self) -> None:
        self._picture, self._course = Picture(), Course()
        self._view: View | None = None
        self._notes: list[str] = []

    def show(self, look: Look) -> None:
        """Show where the study stands."""
        self._view = self._course.view(look)
        self._draw(self._view)

    def say(self, sentence: str) -> None:
        """Say something below the bar."""
        # what was missing when it was said may be there by now
        self._notes = [*self._notes, f"{time.strftime('%H:%M:%S')}  {sentence}"][-NOTES:]
        if self._view is None:
            say(sentence)
        else:
            self._draw(self._view)

    def _draw(self, shown: View) -> None:
        self._picture.show(html.progress(shown, self._notes), line(shown))

    def __enter__(self) -> NotebookDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        """The last picture stays."""


class Counter:
    """Shows how far a search of so many trials is that this process makes itself."""

    def __init__(self, count: int) -> None:
        self._picture, self._count = Picture(), count

    def show(self, optimizer: Optimizer) -> None:
        """Show how many trials were made, and the best of them."""
        best, done = optimizer.best, len(optimizer.trials)
        said = "no result yet" if best is None else f"best {number(best.value)}"
        self._picture.show(html.counting(done, self._count, said), f"{done}/{self._count}, {said}")
