"""Waiting for a study: one loop that watches it, shows it, and says what it lacks."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from parzen.client import notebook, presence
from parzen.client.invocation import Invocation
from parzen.client.looking import last_failure
from parzen.client.progress import Display, Look, Shows
from parzen.client.wording import gist
from parzen.shared.course import Ended, Silent
from parzen.shared.errors import NotFound, StoreUnreachable
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study, Trial, Worker
from parzen.shared.store import Catalog

LOOK_EVERY_S = 0.5
"""How often the study is read at most, however much happens to it."""
PATIENCE_S = 3.0
LIVE_EVERY_S = 2.0
"""How often the live processes are read."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Attention:
    """How a study is waited for.

    ``check`` is called at every look, with the study and the live processes as they were last
    read; what it raises ends the wait. ``patience_s`` is how long
    something may be missing before it is said: processes need a moment to start.
    """

    progress: bool = True
    check: Callable[[Study, Sequence[Worker]], None] = lambda _study, _live: None
    patience_s: float = PATIENCE_S


def tell(sentence: str, *, progress: bool) -> None:
    """Say something about a study before or after it is watched, where the watching says it."""
    if progress and notebook.inside():
        notebook.say(sentence)
    elif progress:
        sys.stderr.write(f"note: {sentence}\n")
        sys.stderr.flush()
    else:
        log.warning("%s", sentence)


def _display() -> Shows:
    return notebook.NotebookDisplay() if notebook.inside() else Display()


class Watcher:
    """Watches one study of a catalog until it ends."""

    def __init__(self, catalog: Catalog, call: Invocation, attention: Attention) -> None:
        self._catalog, self._call, self._attention = catalog, call, attention
        self._best: Trial | None = None
        self._live: Sequence[Worker] = ()
        self._silent: Sequence[Silent] = ()
        self._ends: Sequence[Ended] = ()
        self._live_at = float("-inf")
        self._missing_since: dict[str, float] = {}
        self._said: set[str] = set()
        self._away = False
        self._failed: float | None = None

    def wait(self, study: Study, until: float | None = None) -> Study:
        """Return the study once it has ended, or as it stands at ``until`` (monotonic seconds)."""
        with contextlib.ExitStack() as stack:
            display = stack.enter_context(_display()) if self._attention.progress else None
            stream = stack.enter_context(contextlib.closing(self._catalog.watch_study(study)))
            while True:
                study = self._look_or_wait(study, display)
                left = LOOK_EVERY_S if until is None else until - time.monotonic()
                if presence.ended(study) or left <= 0:
                    return study
                asleep = time.monotonic()
                stream.wait(min(left, LIVE_EVERY_S))
                time.sleep(max(0.0, min(left, LOOK_EVERY_S) - (time.monotonic() - asleep)))

    def _look_or_wait(self, study: Study, display: Shows | None) -> Study:
        """Look; a store that is away for a while is no reason to stop waiting for the study."""
        try:
            found = self._look(study, display)
        except StoreUnreachable as error:
            if not self._away:
                self._say(f"the store does not answer and is waited for: {error}", display)
            self._away = True
            self._attention.check(study, self._live)
            return study
        if self._away:
            self._say("the store answers again", display)
        self._away = False
        return found

    def _say(self, sentence: str, display: Shows | None) -> None:
        if display is None:
            log.warning("%s", sentence)
        else:
            display.say(f"note: {sentence}")

    def _look(self, study: Study, display: Shows | None) -> Study:
        found = self._catalog.study(study.name)
        if found.uid != study.uid:
            raise NotFound(f"the study {study.name!r} was deleted and submitted anew meanwhile")
        self._refresh(found, shown=display is not None)
        if not presence.ended(found):
            self._attention.check(found, self._live)
        if failure := self._first_failure(found):
            self._say(failure, display)
        for sentence in self._news(presence.lacks(found, self._live, self._call, self._silent)):
            self._say(sentence, display)
        if display is not None:
            since = timedelta(seconds=time.monotonic() - self._live_at)
            look = Look(
                study=found,
                now=self._clock + since,
                best=self._best,
                live=self._live,
                ends=self._ends,
            )
            display.show(look)
        return found

    def _first_failure(self, study: Study) -> str | None:
        """Why a trial failed, once it is seen that one has while this waits; said once."""
        failed = study.counts.get(TrialState.FAILED, 0)
        if self._failed is None:
            self._failed = failed
        if failed <= self._failed:
            return None
        self._failed = math.inf
        return last_failure(self._catalog, study, self._call)

    def _refresh(self, study: Study, *, shown: bool) -> None:
        if time.monotonic() - self._live_at >= LIVE_EVERY_S:
            self._live, self._clock = self._catalog.workers(), self._catalog.now()
            missed = presence.missed(study, self._live)
            self._silent = self._catalog.silent(study) if missed else ()
            self._ends = self._catalog.ends(study) if shown else ()
            self._live_at = time.monotonic()
        number = study.best_number
        if number is not None and (self._best is None or self._best.number != number):
            self._best = self._catalog.trial(study, number)

    def _news(self, missing: Sequence[str]) -> list[str]:
        """Those sentences that have held for a while and were not said since they began to."""
        now = time.monotonic()
        gists = {gist(sentence): sentence for sentence in missing}
        self._missing_since = {g: self._missing_since.get(g, now) for g in gists}
        self._said &= set(gists)
        waited = {
            g for g, at in self._missing_since.items() if now - at >= self._attention.patience_s
        }
        news = [sentence for g, sentence in gists.items() if g in waited - self._said]
        self._said |= waited
        return news
