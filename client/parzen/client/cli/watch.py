"""``parzen status --watch``: a study as it goes, redrawn on a terminal, a line a look elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from parzen.client import presence
from parzen.client.cli.report import Report, report
from parzen.client.cli.screen import drawn, line
from parzen.client.cli.status import lacking
from parzen.client.curve import pen
from parzen.client.handle import StudyHandle
from parzen.client.invocation import Invocation
from parzen.client.wording import gist
from parzen.shared.errors import StoreUnreachable
from parzen.shared.printing import console, note, on_terminal, print_json, say
from parzen.shared.records import Worker
from parzen.shared.store import Watch
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from rich.text import Text

REDRAWN_S, SAID_S = 1.0, 5.0
"""How long a look lasts on a terminal, and elsewhere, where nobody says otherwise."""

SHARE = 10
"""A look rests for so many times what it took: a large study is no reason to tire the server."""


class Screen(Protocol):
    """Where looks are shown."""

    def show(self, found: Report) -> None:
        """Show what was found."""

    def say(self, sentence: str) -> None:
        """Say something beside it."""

    def close(self) -> None:
        """Leave the last look where it is."""


def watch(
    handle: StudyHandle,
    workers: Callable[[], Sequence[Worker]],
    call: Invocation,
    interval: float | None,
    *,
    as_json: bool,
) -> None:
    """Show the study until it has ended; a store that is away meanwhile is waited for."""
    redrawn = on_terminal() and not as_json and not console().is_dumb_terminal
    pause_s = interval or (REDRAWN_S if redrawn else SAID_S)
    began = time.monotonic()
    found = report(handle, workers(), call)  # where there is no store, nothing is drawn
    screen: Screen = Redrawn() if redrawn else Lines(as_json=as_json)
    with contextlib.closing(screen):
        screen.show(found)
        if presence.ended(found.study):
            return
        with contextlib.closing(handle.watch()) as stream:
            away = False
            while not presence.ended(found.study):
                _rest(stream, began, max(pause_s, SHARE * (time.monotonic() - began)))
                began = time.monotonic()
                try:
                    found = report(handle, workers(), call)
                except StoreUnreachable as error:
                    if not away:
                        screen.say(f"the store does not answer and is waited for: {error}")
                    away = True
                else:
                    away = False
                    screen.show(found)


def _rest(stream: Watch, began: float, pause_s: float) -> None:
    """Wait from when the last look ``began``: one pause in any case, two where there is no news."""
    stream.wait(max(0.0, began + 2 * pause_s - time.monotonic()))
    time.sleep(max(0.0, began + pause_s - time.monotonic()))


def _remarks(found: Report) -> list[str]:
    return [*lacking(found), *found.shorter]


class Lines:
    """A line for each look, and each sentence when it first holds; or an object of JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._said: set[str] = set()

    def show(self, found: Report) -> None:
        """Print what was found."""
        if self._as_json:
            print_json("status", [found])
        else:
            say(line(found))
            holds = {gist(sentence): sentence for sentence in _remarks(found)}
            for same, sentence in holds.items():
                if same not in self._said:
                    self.say(sentence)
            self._said = set(holds)
        sys.stdout.flush()

    def say(self, sentence: str) -> None:
        """Say it on standard error."""
        note(f"note: {sentence}")

    def close(self) -> None:
        """There is nothing to leave."""


class Redrawn:
    """The terminal, on which each look takes the place of the one before it."""

    def __init__(self) -> None:
        from rich.live import Live  # noqa: PLC0415 - only on a terminal

        self._console = console()
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._pen = pen(sys.stdout.encoding)
        self._live.start()

    def show(self, found: Report) -> None:
        """Draw what was found."""
        from rich.console import Group  # noqa: PLC0415 - only on a terminal

        width, height = self._console.size
        lines = [_text(spans) for spans in drawn(found, width, height - 1, self._pen)]
        self._live.update(Group(*lines), refresh=True)

    def say(self, sentence: str) -> None:
        """Say it above the picture."""
        self._console.print(visible(f"note: {sentence}"), markup=False)

    def close(self) -> None:
        """Leave the last picture on the terminal."""
        self._live.stop()


def _text(spans: Sequence[tuple[str, str]]) -> Text:
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    styled = [(visible(words), style) for words, style in spans]
    return Text.assemble(*styled, overflow="fold")
