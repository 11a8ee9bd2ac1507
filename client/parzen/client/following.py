"""Following a trial: what it printed, then what it prints, through its attempts to its end."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from time import monotonic, sleep
from typing import TypeAlias

from parzen.client.logs import About, Event, Remark, Said, chosen, closing_words
from parzen.client.outputs import Source, source_of
from parzen.client.wording import duration, number
from parzen.shared.errors import StoreDenied, StoreUnreachable
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Attempt, Study, Trial
from parzen.shared.store import FOLLOW_S, Catalog

POLL_S = 0.5
"""Between two looks at the trial and at its output."""

REST_S = 10.0
"""How long the next piece of an attempt that is over is waited for."""

Told: TypeAlias = Generator[Event, None, None]


class Follower:
    """Follows one trial; a store that is away for a while is no reason to stop.

    ``lines`` are how many lines of what there is already are shown, None for all.
    """

    def __init__(
        self, catalog: Catalog, study: Study, number: int, *, lines: int | None = None
    ) -> None:
        self._catalog, self._study, self._lines = catalog, study, lines
        self._trial = catalog.trial(study, number)
        self._away = False
        self._may_ask = True
        self._ask_at = 0.0

    def events(self, attempt: int | None = None) -> Iterator[Event]:
        """What is printed from the last attempt on until the trial is over, or in that attempt.

        Raises:
            NotFound: there is no such attempt, or the trial was deleted meanwhile.
        """
        if attempt is not None:
            yield from self._attempt(chosen(self._trial, attempt))
            return
        attempts, first = self._trial.attempts, True
        least = attempts[-1].n if attempts else 1
        while (found := (yield from self._begun(least, first=first))) is not None:
            if not first:
                yield Remark(About.COURSE, f"attempt {found.n} runs on {found.host}")
            yield from self._attempt(found)
            self._lines, first, least = None, False, found.n + 1

    def _begun(self, least: int, *, first: bool) -> Generator[Event, None, Attempt | None]:
        """The first attempt from number ``least`` on, waited for; None where there is none more."""
        said = not first  # how the one before it ended says it too
        while True:
            found = next((a for a in self._trial.attempts if a.n >= least), None)
            if found is not None or self._trial.state.finished:
                return found
            if not said:
                yield Remark(About.COURSE, f"trial {self._trial.number} waits for a worker")
            said = True
            yield from self._ask()
            yield from self._look()

    def _attempt(self, attempt: Attempt) -> Told:
        """All that one attempt prints, and how it ended."""
        source = self._source(attempt)
        until = None
        try:
            while True:
                if source.empty and not source.here:
                    source = self._source(attempt)  # its file may have been made since
                moved = yield from self._read(source, attempt)
                if self._over(attempt):
                    if not source.missing:
                        break
                    if until is None or moved:
                        until = monotonic() + self._rest_s(attempt)
                    if monotonic() >= until:
                        break
                elif not source.here:
                    yield from self._ask()
                yield from self._look()
                attempt = next((a for a in self._trial.attempts if a.n == attempt.n), attempt)
            yield from closing_words(self._trial, attempt, source)
        finally:
            source.close()
        yield from _ending(self._trial, attempt)

    def _rest_s(self, attempt: Attempt) -> float:
        """How long the next piece is waited for: its worker may have begun to ship just now."""
        try:
            ended = attempt.ended_at
            lately = ended and self._catalog.now() - ended < timedelta(seconds=REST_S)
        except StoreUnreachable:  # which the next look tells
            lately = True
        return REST_S if lately else 0.0

    def _over(self, attempt: Attempt) -> bool:
        trial = self._trial
        running = trial.state is TrialState.RUNNING and trial.attempts[-1].n == attempt.n
        return attempt.outcome is not None or not running

    def _source(self, attempt: Attempt) -> Source:
        source = source_of(self._catalog, self._study, self._trial, attempt)
        if self._lines is not None:
            source.last(self._lines)
        return source

    def _read(self, source: Source, attempt: Attempt) -> Generator[Event, None, bool]:
        """What is new; whether anything was."""
        moved = False
        source.attempt = attempt
        try:
            for chunk in source.read():
                moved = True
                yield Said(attempt.n, chunk.offset, chunk.data)
        except StoreUnreachable as error:
            yield from self._lost(error)
        return moved

    def _look(self) -> Told:
        """Wait a moment, then read the trial again."""
        sleep(POLL_S)
        try:
            self._trial = self._catalog.trial(self._study, self._trial.number)
        except StoreUnreachable as error:
            yield from self._lost(error)
            return
        if self._away:
            yield Remark(About.COURSE, "the store answers again")
        self._away = False

    def _ask(self) -> Told:
        """Let the worker know that somebody follows."""
        if not self._may_ask or monotonic() < self._ask_at:
            return
        try:
            self._catalog.follow(self._study, self._trial.number)
        except StoreDenied:
            self._may_ask = False
            told = (
                "this account may only look, so that no worker ships output for it while a trial "
                "runs: what is shipped for others is shown, and the whole once the attempt is over"
            )
            yield Remark(About.LACK, told)
        except StoreUnreachable as error:
            yield from self._lost(error)
        self._ask_at = monotonic() + FOLLOW_S / 3

    def _lost(self, error: StoreUnreachable) -> Told:
        if not self._away:
            told = f"the store does not answer and is waited for: {error}"
            yield Remark(About.COURSE, told)
        self._away = True


def _ending(trial: Trial, attempt: Attempt) -> Iterator[Remark]:
    """How an attempt ended, and the trial with it or not."""
    if attempt.error is not None:
        yield Remark(About.ERROR, attempt.error.traceback or attempt.error.message)
    waits = trial.state is TrialState.WAITING
    last = trial.attempts[-1].n == attempt.n and not waits
    name = f"trial {trial.number}" if last else f"attempt {attempt.n} of trial {trial.number}"
    told = f"{name} {_became(trial, attempt)}"
    yield Remark(About.COURSE, f"{told}; it waits to be tried again" if waits else told)


def _became(trial: Trial, attempt: Attempt) -> str:
    if attempt.outcome == "complete":
        return f"is complete: {number(trial.value)} after {duration(trial.duration_s)}"
    if attempt.outcome == "failed" and attempt.error is not None:
        return f"failed ({attempt.error.kind.value})"
    words = {
        "lost": "was lost with its worker",
        "released": "was given back by its worker",
        "unbegun": "was given back before it began",
    }
    return words.get(attempt.outcome or "", f"was {attempt.outcome or 'left'}")
