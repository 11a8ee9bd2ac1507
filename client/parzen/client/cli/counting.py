"""How far a long piece of work is, on a terminal's standard error; elsewhere nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 0.5
"""Shorter work shows nothing."""

EVERY_S = 0.1


@contextmanager
def counting(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show ``what`` with a bar during the block; it calls what it is given once for each trial."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task, count, next_s = shown.add_task(what, total=total), 0, time.monotonic() + PATIENCE_S

    def tick() -> None:
        nonlocal count, next_s
        count += 1
        if time.monotonic() < next_s:
            return
        next_s = time.monotonic() + EVERY_S
        shown.start()
        shown.update(task, completed=count, refresh=True)

    try:
        yield tick
    finally:
        shown.stop()
