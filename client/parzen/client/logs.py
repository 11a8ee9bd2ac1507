"""What a trial printed, from wherever it ran: read once, or followed while it is printed."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from parzen.client.outputs import Source, StoreSource, source_of
from parzen.shared.errors import NotFound
from parzen.shared.records import Attempt, Study, Trial
from parzen.shared.store import Catalog

log = logging.getLogger(__name__)


class About(Enum):
    """What a remark is about."""

    LACK = "lack"
    """Some output that cannot be shown."""
    COURSE = "course"
    """Where the trial stands."""
    ERROR = "error"
    """Why an attempt failed: a traceback, or one line."""


@dataclass(frozen=True, slots=True)
class Said:
    """Some of what attempt number ``attempt`` printed, from byte ``offset`` of it on."""

    attempt: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be told beside the output."""

    about: About
    text: str


Event: TypeAlias = Said | Remark


def printed(
    catalog: Catalog,
    study: Study,
    number: int,
    *,
    attempt: int | None = None,
    lines: int | None = None,
) -> Iterator[Event]:
    """What the trial's last attempt, or that of the number ``attempt``, has printed by now.

    ``lines`` are how many lines of its end, None for all.

    Raises:
        NotFound: there is no such trial or attempt, or it was not tried yet.
    """
    trial = catalog.trial(study, number)
    wanted = chosen(trial, attempt)
    with closing(source_of(catalog, study, trial, wanted)) as source:
        if lines is not None:
            source.last(lines)
        for chunk in source.read():
            yield Said(wanted.n, chunk.offset, chunk.data)
        if wanted.outcome is None:
            yield from _so_far(trial, source)
        else:
            yield from closing_words(trial, wanted, source)
    if wanted.error is not None:
        yield Remark(About.ERROR, wanted.error.traceback or wanted.error.message)


def chosen(trial: Trial, attempt: int | None) -> Attempt:
    """The attempt of that number, or the last one.

    Raises:
        NotFound: there is none.
    """
    name = f"trial {trial.number} of study {trial.study!r}"
    if not trial.attempts:
        raise NotFound(f"{name} has not been tried yet: --follow waits for it")
    if attempt is None:
        return trial.attempts[-1]
    found = next((a for a in trial.attempts if a.n == attempt), None)
    if found is None:
        there = ", ".join(str(a.n) for a in trial.attempts)
        raise NotFound(f"{name} has no attempt {attempt}: its document knows of {there}")
    return found


def _so_far(trial: Trial, source: Source) -> Iterator[Remark]:
    """What is to be told of an attempt that goes on."""
    name = f"trial {trial.number}"
    if not source.here:
        told = f"{name} still runs elsewhere: with --follow it is shown as it comes"
        yield Remark(About.LACK, told)
    elif source.empty:
        yield Remark(About.LACK, f"{name} has written nothing yet")


def closing_words(trial: Trial, attempt: Attempt, source: Source) -> Iterator[Event]:
    """The end of the output of an attempt that is over, and what is lacking of it."""
    if isinstance(source, StoreSource):
        lack = _lack(attempt, source)
        if lack is not None:
            yield Remark(About.LACK, lack)
        for chunk in source.rest():
            yield Said(attempt.n, chunk.offset, chunk.data)
        if lack is None and source.left_out:
            yield Remark(About.LACK, NOT_ALL.format(source.where))
        if lack is not None:
            return
    if source.empty:
        yield Remark(About.LACK, f"trial {trial.number} wrote nothing")


NOT_ALL = "not all of the output is in the store: the whole {}"


def _lack(attempt: Attempt, source: StoreSource) -> str | None:
    """What is lacking where neither the pieces nor the document hold the end of the output."""
    end = "; this is its end" if attempt.log_tail else ""
    if source.missing and not source.empty:
        return NOT_ALL.format(source.where)
    if source.missing:
        return f"the whole output {source.where}{end}"
    if source.missing == 0:
        return None
    # how long it was is not known: nobody lived to say so, or an older parzen ran it
    if attempt.outcome == "lost":
        later = "" if source.empty else " after that"
        return f"its worker was lost: what it printed{later} {source.where}"
    if attempt.log_tail or source.fault is not None:
        return f"the whole output {source.where}{end}"
    return None


@dataclass(frozen=True, slots=True)
class Text:
    """Some of what attempt number ``attempt`` printed, as text, from byte ``offset`` of it on."""

    attempt: int
    offset: int
    text: str


class Decoder:
    """Bytes as text: a character that is cut waits for its rest; what is none becomes U+FFFD."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._attempt = self._end = 0

    def feed(self, said: Said) -> Iterator[Text]:
        """The text of some output, after what was left of another attempt's."""
        if said.attempt != self._attempt:
            yield from self.end()
        held, _ = self._utf8.getstate()
        text = self._utf8.decode(said.data)
        self._attempt, self._end = said.attempt, said.offset + len(said.data)
        if text:
            yield Text(said.attempt, said.offset - len(held), text)

    def end(self) -> Iterator[Text]:
        """What is left of a character whose rest never came."""
        held, _ = self._utf8.getstate()
        text = self._utf8.decode(b"", final=True)
        if text:
            yield Text(self._attempt, self._end - len(held), text)


def texts(events: Iterator[Event]) -> Iterator[str]:
    """What was said as text, whatever bytes it was; remarks go to the log of this module."""
    decoder = Decoder()
    for event in events:
        if isinstance(event, Said):
            yield from (found.text for found in decoder.feed(event))
        else:
            level = logging.WARNING if event.about is About.LACK else logging.INFO
            log.log(level, "%s", event.text)
    yield from (found.text for found in decoder.end())
