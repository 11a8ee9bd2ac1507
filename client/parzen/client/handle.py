"""A submitted study in one's hand: wait for it, read it, end it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from parzen.client import (
    html,
    invocation,
    notebook,
    presence,
)
from parzen.client.best import Best, best_of
from parzen.client.carrying import Carried
from parzen.client.interrupts import interrupted
from parzen.client.looking import Looked
from parzen.client.steering import Steered
from parzen.client.watching import Attention, Watcher
from parzen.shared.errors import NotFound, ParzenError, StudyFailed
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Study
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore
    from parzen.shared.space import Space


@final
class StudyHandle(Looked, Carried, Steered):
    """One study in a store. Every property reads the store afresh."""

    def __init__(
        self,
        store: MongoStore,
        where: StoreAddress,
        study: Study,
        *,
        space: Space | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        self._store, self._where, self._study, self._space = store, where, study, space
        self.remarks = tuple(remarks)
        """What was worth saying when it was submitted, one sentence each."""

    @property
    def name(self) -> str:
        """The study's name."""
        return self._study.name

    @property
    def record(self) -> Study:
        """The study's record as it was last read, without reading it again."""
        return self._study

    @property
    def study(self) -> Study:
        """The study's record, as it stands now.

        Raises:
            NotFound: it was deleted since.
        """
        found = self._store.catalog.study(self.name)
        if found.uid != self._study.uid:
            raise NotFound(
                f"the study {self.name!r} was deleted and submitted anew: connect to the new one"
            )
        self._study = found
        return found

    @property
    def status(self) -> StudyStatus:
        """Where the study stands."""
        return self.study.status

    @property
    def best(self) -> Best | None:
        """The complete trial with the smallest loss; None before the first."""
        found = next(iter(self.trials(states=(TrialState.COMPLETE,), sort="loss", limit=1)), None)
        return best_of(found, self._space)

    def server_clock(self) -> datetime:
        """What the store's server takes for now; all dates in records are its."""
        return self._store.catalog.now()

    def notices(self) -> list[str]:
        """What the study lacks to move on, such as a live worker; a sentence each."""
        call = invocation.here(self._where)
        study, live = self.study, self._store.catalog.workers()
        silent = self._store.catalog.silent(study) if presence.missed(study, live) else ()
        return presence.lacks(study, live, call, silent)

    def wait(self, timeout_s: float | None = None, *, progress: bool = True) -> StudyHandle:
        """Wait until the study has ended, or for ``timeout_s`` seconds, and return the handle.

        Progress goes to standard error, in a notebook below the cell, and so does, within seconds,
        what is missing: a live coordinator, a worker that can run the study. The last line says
        how the study ended. Look at ``status`` after a time-out.

        Raises:
            StudyFailed: the study failed, or ended without one complete trial, cancelled or not.
            KeyboardInterrupt: Ctrl-C ended the waiting, and nothing else.
        """
        try:
            return self.attend(Attention(progress=progress), timeout_s)
        except KeyboardInterrupt:
            raise interrupted(
                f"only the waiting has ended, study {self.name!r} goes on: wait() takes it up "
                "again, cancel() ends the study"
            ) from None

    def coordinate(self, sampler: Callable[..., Any], *, progress: bool = True) -> StudyHandle:
        """Propose for a study that was submitted with a function as its sampler, until it ends.

        A coordinator runs in a thread of this process, which needs the rights of one; workers are
        whoever serves the store. Ctrl-C leaves the study as it is, and the same call goes on with
        the same proposals, also where this process was killed.

        Args:
            sampler: the function ``choose(seen, rng)`` that proposes.
            progress: show how it goes, as :meth:`wait` does.

        Raises:
            InvalidStudy: that is no such function, or the study has another sampler.
            StudyFailed: the study failed, or ended without one complete trial.
            StoreDenied: the store's user may not lead studies.
            KeyboardInterrupt: Ctrl-C.
        """
        from parzen.client.conductor import Conductor, conduct  # noqa: PLC0415 - most only look

        return conduct(self, Conductor(self.study, self._where, sampler), progress=progress)

    def attend(self, attention: Attention, timeout_s: float | None = None) -> StudyHandle:
        """Wait as :meth:`wait` does, with everything settable."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        call = invocation.here(self._where)
        self._study = Watcher(self._store.catalog, call, attention).wait(self._study, until)
        if presence.ended(self._study):
            self._require_result()
            if attention.progress and not notebook.inside():  # whose last picture says it
                sys.stderr.write(f"{self._ending()}\n")
        return self

    def _ending(self) -> str:
        study = self._study
        reason = study.status_reason or "no reason was recorded"
        return visible(f"study {self.name!r} is {study.status.value}: {reason}")

    def _require_result(self) -> None:
        study = self._study
        if study.status is StudyStatus.FAILED:
            raise StudyFailed(self._ending())
        if not study.counts.get(TrialState.COMPLETE):
            said = f"{self._ending()}, without one complete trial"
            failure = self.last_failure()
            raise StudyFailed(said if failure is None else f"{said}; {failure}")

    def close(self) -> None:
        """Close the connection to the store."""
        self._store.close()

    def __enter__(self) -> StudyHandle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"StudyHandle({self.name!r} in {self._store!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows of it, read afresh."""
        try:
            study = self.study
            failure = self.last_failure() if study.counts.get(TrialState.FAILED) else None
            return html.study(study, self.best, failure, self.notices())
        except ParzenError as error:
            return html.study(self._study, None, notes=[f"as it was last read: {error}"])
