"""What one sees of a running study: a pure view of it, as text, and a thin display around it.

On a terminal the display is redrawn in place; elsewhere it is a plain line every few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, final

from parzen.client import presence
from parzen.client.speed import speed
from parzen.client.wording import assignment, clock, number, rate
from parzen.shared.course import Ended
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Study, Trial, Worker
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LINE_EVERY_S = 5.0

SEPARATOR = " · "


@dataclass(frozen=True, kw_only=True)
class View:
    """What is shown: counts, the best so far, speed, and who works on it."""

    name: str
    done: int
    of: int | None
    running: int
    failed: int
    cancelled: int
    best_value: float | None
    best_number: int | None
    best_params: str
    rate: float | None
    elapsed_s: float
    left_s: float | None
    workers: int
    unable: int
    coordinators: int
    status: str
    reason: str | None = None
    """Why it has this status."""

    @property
    def share(self) -> float | None:
        """How much of ``max_trials`` is done, 0 to 1, or None without that limit."""
        return None if self.of is None else min(1.0, self.done / self.of)


@dataclass(frozen=True, kw_only=True)
class Look:
    """A study as it was found at ``now``, on the server's clock.

    With its best trial, the processes that are alive, and when its last trials ended.
    """

    study: Study
    now: datetime
    best: Trial | None = None
    live: Sequence[Worker] = ()
    ends: Sequence[Ended] = ()


def view(look: Look, *, elapsed_s: float) -> View:
    """Draw up what is shown of a study."""
    study, best, live = look.study, look.best, look.live
    rate = speed(look.ends, look.now, study.active_since)
    return View(
        name=study.name,
        done=finished(study),
        of=study.limits.max_trials,
        running=study.counts.get(TrialState.RUNNING, 0),
        failed=study.counts.get(TrialState.FAILED, 0),
        cancelled=study.counts.get(TrialState.CANCELLED, 0),
        best_value=None if best is None else best.value,
        best_number=None if best is None else best.number,
        best_params="" if best is None else assignment(best.params),
        rate=rate,
        elapsed_s=elapsed_s,
        left_s=left(study, rate, look.now),
        workers=len(presence.able(study, live)),
        unable=len(presence.present(study, live)) - len(presence.able(study, live)),
        coordinators=len(presence.coordinators(study, live)),
        status=study.status.value,
        reason=study.status_reason,
    )


def finished(study: Study) -> int:
    """How many trials were tried to an end."""
    return sum(count for state, count in study.counts.items() if TrialState(state).tried)


def settled(study: Study) -> int:
    """How many trials no worker will touch again: those that were cancelled as well."""
    return sum(count for state, count in study.counts.items() if TrialState(state).finished)


def left(study: Study, rate: float | None, now: datetime) -> float | None:
    """Seconds to the limit that comes first, by trials or by time, or None where none is known."""
    ends: list[float] = []
    if presence.ended(study) or study.status is StudyStatus.PAUSED:
        return None
    if study.limits.max_trials is not None and rate:
        ends.append(max(0, study.limits.max_trials - settled(study)) / rate)
    if study.limits.timeout_s is not None and study.active_since is not None:
        spent = (now - study.active_since).total_seconds()
        ends.append(max(0.0, study.limits.timeout_s - spent))
    return min(ends, default=None)


def tallies(shown: View) -> list[str]:
    """How far it is, in pieces of text: the most telling first."""
    done = f"{shown.done}" if shown.of is None else f"{shown.done}/{shown.of}"
    cancelled = [f"{shown.cancelled} cancelled"] if shown.cancelled else []
    return [f"{done} done", f"{shown.running} running", f"{shown.failed} failed", *cancelled]


def pace(shown: View) -> list[str]:
    """How fast it is, in pieces of text."""
    said = [] if shown.rate is None else [rate(shown.rate)]
    said.append(f"{clock(shown.elapsed_s)} elapsed")
    if shown.left_s is not None:
        said.append(f"{clock(shown.left_s)} left")
    return [*said, presence.manned(shown.workers, shown.unable)]


def best_line(shown: View) -> str:
    """The best so far, with its parameters in short."""
    if shown.best_value is None:
        return "best  none yet"
    return f"best  {number(shown.best_value)}  #{shown.best_number}  {shown.best_params}"


def line(shown: View) -> str:
    """Everything in one plain line, for a log."""
    best = "no result yet"
    if shown.best_value is not None:
        best = f"best {number(shown.best_value)} (#{shown.best_number})"
    return f"{shown.name}: " + ", ".join([*tallies(shown), best, *pace(shown)])


def picture(shown: View, width: int) -> RenderableType:
    """Three lines for a terminal of ``width`` columns; what does not fit is cut."""
    from rich.console import Group  # noqa: PLC0415 - only on a terminal
    from rich.progress_bar import ProgressBar  # noqa: PLC0415 - only on a terminal
    from rich.table import Table  # noqa: PLC0415 - only on a terminal
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    def cut(text: str, style: str = "") -> Text:
        return Text(visible(text), style=style, no_wrap=True, overflow="ellipsis")

    head = Table.grid(padding=(0, 2, 0, 0))
    cells: list[RenderableType] = [cut(shown.name, "bold")]
    told = SEPARATOR.join(tallies(shown))
    room = width - len(shown.name) - len(told) - 6
    if shown.share is not None and room >= 8:  # noqa: PLR2004 - a shorter bar tells nothing
        bar = ProgressBar(
            total=1.0,
            completed=shown.share,
            width=min(40, room),
            complete_style="cyan",
            finished_style="green",
        )
        cells.append(bar)
    head.add_row(*cells, cut(told))
    return Group(head, cut(best_line(shown), "green"), cut(SEPARATOR.join(pace(shown)), "dim"))


@dataclass
class Course:
    """How a study went since somebody began to look."""

    began: float = field(default_factory=time.monotonic)

    def view(self, look: Look) -> View:
        """What is shown of it now."""
        return view(look, elapsed_s=time.monotonic() - self.began)


class Shows(Protocol):
    """What shows a study while it is waited for; a context manager."""

    def show(self, look: Look) -> None:
        """Show where the study stands."""

    def say(self, sentence: str) -> None:
        """Say something beside that."""

    def __enter__(self) -> Shows: ...  # noqa: PYI034 - Self needs Python 3.11

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@final
class Display:
    """Shows views as they come, on standard error; use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console as RichConsole  # noqa: PLC0415 - a display is wanted
        from rich.live import Live  # noqa: PLC0415 - a display is wanted

        self.console = console or RichConsole(stderr=True, highlight=False)
        redrawn = self.console.is_terminal and not self.console.is_dumb_terminal
        self._live = Live(console=self.console, auto_refresh=False) if redrawn else None
        self._course, self._last = Course(), float("-inf")

    def show(self, look: Look) -> None:
        """Show where the study stands."""
        shown = self._course.view(look)
        if self._live is not None:
            self._live.update(picture(shown, self.console.width), refresh=True)
        elif shown.elapsed_s - self._last >= LINE_EVERY_S or presence.ended(look.study):
            self._last = shown.elapsed_s
            self._print(line(shown))

    def say(self, sentence: str) -> None:
        """Say something above the display."""
        self._print(sentence)

    def _print(self, text: str) -> None:
        # Without a terminal lines stay whole: whoever greps a log wants them so.
        self.console.print(visible(text), markup=False, soft_wrap=True)

    def __enter__(self) -> Display:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
