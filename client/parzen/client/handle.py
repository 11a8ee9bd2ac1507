"""A submitted study in one's hand: wait for it, read it, end it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, final

from parzen.client import (
    attachments,
    conditions,
    fields,
    following,
    html,
    invocation,
    logs,
    notebook,
    presence,
    terms,
)
from parzen.client.best import Best, best_of
from parzen.client.interrupts import interrupted
from parzen.client.logs import Event
from parzen.client.steering import Steered
from parzen.client.watching import Attention, Watcher
from parzen.shared.course import Improvement, Spent
from parzen.shared.errors import NotFound, ParzenError, StudyFailed
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Measurement, Study, Trial
from parzen.shared.visible import visible

if TYPE_CHECKING:
    import pandas as pd

    from parzen.shared.mongo import MongoStore
    from parzen.shared.space import Space


@final
class StudyHandle(Steered):
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

    def trials(
        self,
        *,
        states: Sequence[TrialState | str] = (),
        where: Sequence[str] | str = (),
        sort: str = "number",
        limit: int | None = None,
        slim: bool = False,
    ) -> list[Trial]:
        """The study's trials.

        Args:
            states: only those in one of these states.
            where: only those that meet all of these conditions, such as ``"lr<0.01"`` or
                ``"kind=timeout"``, see :mod:`parzen.client.conditions`.
            sort: a parameter, or "number", "loss", "started_at", "finished_at" or another field,
                see :mod:`parzen.client.fields`; a minus before it sorts down. Trials that lack it
                come last.
            limit: at most so many.
            slim: leave out attempts, results and user data, which is faster.

        Raises:
            InvalidInput: a condition, a field or a state cannot be read.
        """
        wanted = [terms.state(state) for state in states]
        return list(
            self._store.catalog.trials(
                self._study,
                states=wanted,
                where=conditions.criteria(where, self._study, self.server_clock),
                sort=fields.order(sort, self._study),
                limit=limit,
                slim=slim,
            )
        )

    def improvements(self) -> list[Improvement]:
        """The trials that were better than all of lower numbers, by number, with their losses."""
        return list(self._store.catalog.improvements(self._study))

    def spent(self) -> list[Spent]:
        """How the attempts at the last 5,000 trials ended, and how many seconds they ran."""
        return list(self._store.catalog.spent(self._study))

    def trial(self, number: int) -> Trial:
        """One trial with everything.

        Raises:
            NotFound: there is none of that number.
        """
        return self._store.catalog.trial(self._study, number)

    def measurements(self, number: int) -> list[Measurement]:
        """What ``trial.report()`` said in the trial of that number, by step.

        Raises:
            NotFound: there is no such trial.
        """
        self.trial(number)
        return list(self._store.catalog.measurements(self._study, number))

    def attachments(self, number: int) -> list[str]:
        """The names of what ``trial.attach()`` kept with the trial of that number.

        Raises:
            NotFound: there is no such trial.
        """
        self.trial(number)
        return list(self._store.catalog.attachments(self._study, number))

    def attachment_sizes(self, number: int) -> dict[str, int]:
        """How many bytes ``trial.attach()`` kept with the trial of that number, by name.

        Raises:
            NotFound: there is no such trial.
        """
        self.trial(number)
        return dict(self._store.catalog.attachment_sizes(self._study, number))

    def attachment(self, number: int, name: str) -> bytes:
        """What ``trial.attach()`` kept under ``name`` with the trial of that number.

        Raises:
            NotFound: there is no such trial, or none of that name with it.
        """
        self.trial(number)
        return self._store.catalog.attachment(self._study, number, name)

    def save_attachments(
        self, number: int, folder: Path | str, names: Sequence[str] = ()
    ) -> dict[str, Path]:
        """Write the attachments of a trial, all or those ``names``, as new files below ``folder``.

        Where they lie, by name; slashes in a name become folders.

        Raises:
            NotFound: there is no such trial, or none of that name with it.
            InvalidInput: a name leads out of the folder, or a file cannot be written; names are
                looked at before anything is written.
        """
        root = Path(folder)
        lie = attachments.places(root, names or self.attachments(number))
        for name, path in lie.items():
            attachments.write(root, path, self.attachment(number, name))
        return lie

    def logs(
        self,
        number: int,
        *,
        attempt: int | None = None,
        follow: bool = False,
        tail: int | None = None,
    ) -> Iterator[str]:
        """What the trial of that number printed, piece by piece, from wherever it ran.

        What is beside it, such as that not all of it is kept, goes to the log
        ``parzen.client.logs``.

        Args:
            number: the trial's.
            attempt: which attempt at it, the last one by default.
            follow: go on as it is printed, through further attempts, until the trial is over.
            tail: begin with so many last lines of what there is, by default with all.

        Raises:
            NotFound: there is no such trial or attempt, or nobody has tried it and it is not
                followed.
        """
        return logs.texts(self.output(number, attempt=attempt, follow=follow, tail=tail))

    def output(
        self,
        number: int,
        *,
        attempt: int | None = None,
        follow: bool = False,
        tail: int | None = None,
    ) -> Iterator[Event]:
        """As :meth:`logs`, in bytes with their places, and what is to be told beside them."""
        catalog = self._store.catalog
        if follow:
            return following.Follower(catalog, self._study, number, lines=tail).events(attempt)
        return logs.printed(catalog, self._study, number, attempt=attempt, lines=tail)

    def last_failure(self) -> str | None:
        """The last trial that failed, why, and where to read more; None without one."""
        found = self.trials(states=(TrialState.FAILED,), sort="-finished_at", limit=1)
        if not found:
            return None
        call = invocation.here(self._where)
        return failure_line(found[0], call.line("logs", self.name, str(found[0].number)))

    def dataframe(self) -> pd.DataFrame:
        """One row for each trial: number, state, value, loss, attempt, times, parameters, results.

        Parameters are the columns ``params.NAME``; what the objective returned beside its loss,
        where it is a number, a text or a truth value, the columns ``result/KEY``.

        Raises:
            ParzenError: pandas is not installed.
        """
        from parzen.client.frame import frame  # noqa: PLC0415 - pandas is optional

        return frame(self._study, self.trials())

    def server_clock(self) -> datetime:
        """What the store's server takes for now; all dates in records are its."""
        return self._store.catalog.now()

    def notices(self) -> list[str]:
        """What the study lacks to move on, such as a live worker; a sentence each."""
        call = invocation.here(self._where)
        study, live = self.study, self._store.catalog.workers()
        others = self._store.catalog.all_studies() if presence.crowded(study, live) else ()
        return presence.lacks(study, live, call, others)

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


def failure_line(trial: Trial, more: str) -> str:
    """Why a trial failed, in one line; ``more`` is the command that shows the whole."""
    error = trial.attempts[-1].error if trial.attempts else None
    why = "its worker was lost"
    if error is not None:
        why = f"{error.type or error.kind.value}: {error.message}".rstrip(": ")
    return visible(f"trial {trial.number} failed: {why} (`{more}` shows more)")
