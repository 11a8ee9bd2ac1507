"""The part of a handle that reads what stands of its study: trials, and what they kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parzen.client import attachments, conditions, fields, following, invocation, logs, terms
from parzen.client.invocation import Invocation
from parzen.client.logs import Event
from parzen.shared.course import Ended, Improvement, Spent
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Measurement, Study, Trial
from parzen.shared.store import Catalog
from parzen.shared.visible import visible

if TYPE_CHECKING:
    import pandas as pd

    from parzen.shared.home import StoreAddress
    from parzen.shared.mongo import MongoStore


class Looked:
    """A study whose trials are read; see :class:`parzen.client.handle.StudyHandle`."""

    _store: MongoStore
    _where: StoreAddress
    _study: Study

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
                where=conditions.criteria(where, self._study, self._store.catalog.now),
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

    def ends(self) -> list[Ended]:
        """When the study's last trials ended that were tried, in order."""
        return list(self._store.catalog.ends(self._study))

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
        return last_failure(self._store.catalog, self._study, invocation.here(self._where))

    def dataframe(self) -> pd.DataFrame:
        """One row for each trial: number, state, value, loss, times, parameters, results and more.

        The columns are those of an export to CSV. Parameters are the columns ``params.NAME``; what
        the objective returned beside its loss, where it is a number, a text or a truth value, the
        columns ``result/KEY``.

        Raises:
            ParzenError: pandas is not installed.
        """
        from parzen.client.frame import frame  # noqa: PLC0415 - pandas is optional

        return frame(self._study, self.trials())


def last_failure(catalog: Catalog, study: Study, call: Invocation) -> str | None:
    """The last trial of ``study`` that failed, why, and where to read more; None without one."""
    failed = [TrialState.FAILED]
    for trial in catalog.trials(study, states=failed, sort="-finished_at", limit=1, slim=False):
        return failure_line(trial, call.line("logs", study.name, str(trial.number)))
    return None


def failure_line(trial: Trial, more: str) -> str:
    """Why a trial failed, in one line; ``more`` is the command that shows the whole."""
    if not trial.attempts:
        return visible(f"trial {trial.number} failed before it was added ({trial.enqueued_by})")
    error = trial.attempts[-1].error
    why = "its worker was lost"
    if error is not None:
        why = f"{error.type or error.kind.value}: {error.message}".rstrip(": ")
    return visible(f"trial {trial.number} failed: {why} (`{more}` shows more)")
