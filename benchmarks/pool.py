"""Carries units of work out in processes of the lowest priority, and says how far they are."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import units
from peers import registry
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}
LINE_EVERY_S = 60.0
"""How often progress is told where nobody sees a bar."""


def carry_out(
    suite: str, cache: Path, todo: Sequence[units.Unit], samplers: Sequence[str], jobs: int
) -> int:
    """Do all of ``todo``, and say on stderr what fails.

    Args:
        suite: the module that the problems come from.
        cache: where results are kept.
        todo: what to do, in this order.
        samplers: the samplers in it, as written.
        jobs: how many processes.

    Returns:
        How many units failed.
    """
    if not todo:
        return 0
    os.environ.update(ONE_THREAD)  # the processes inherit it before they load any library
    failed = 0
    executor = ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_settle_in,
        initargs=(tuple(samplers),),
    )
    try:
        futures = {executor.submit(units.work, suite, cache, unit): unit for unit in todo}
        with _display(len(todo)) as display:
            for future in as_completed(futures):
                failed += _report(futures.pop(future), future)
                display.advance()
    finally:
        executor.shutdown(cancel_futures=True)
    return failed


def _settle_in(samplers: tuple[str, ...]) -> None:
    os.nice(19)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for sampler in samplers:  # as they are now: an edit during the run would mix two versions
        registry.preload(registry.parse(sampler)[0])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _report(unit: units.Unit, future: Future[None]) -> bool:
    error = future.exception()
    if isinstance(error, BrokenExecutor):
        raise error  # a process was killed: nothing else can be done any more
    if error is not None:
        print(f"\nfailed: {unit}", file=sys.stderr)
        traceback.print_exception(error, file=sys.stderr)
    return error is not None


class _Display(Protocol):
    def advance(self) -> None: ...


@contextmanager
def _display(total: int) -> Iterator[_Display]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(total)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=console) as progress:
        yield _Bar(progress, total)


class _Bar:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def advance(self) -> None:
        self._progress.advance(self._task)


class _Lines:
    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._start = self._said = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._said >= LINE_EVERY_S or self._done == self._total:
            self._said = now
            left = (now - self._start) / self._done * (self._total - self._done)
            print(
                f"{self._done}/{self._total} done, about {timedelta(seconds=round(left))} left",
                file=sys.stderr,
                flush=True,
            )
