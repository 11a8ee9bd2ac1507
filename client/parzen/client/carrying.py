"""The part of a handle that takes its study's trials elsewhere, and brings others in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parzen.client import conditions, terms
from parzen.client.export.source import Source
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import shown
from parzen.shared.records import Study, Trial

if TYPE_CHECKING:
    from parzen.client.export.exporting import Exported
    from parzen.shared.home import StoreAddress
    from parzen.shared.mongo import MongoStore

Tick = Callable[[], object]
"""Called once for each trial that was read or written: what shows progress."""


class Carried:
    """A study whose trials travel; see :class:`parzen.client.handle.StudyHandle`."""

    _store: MongoStore
    _where: StoreAddress
    _study: Study

    def export(
        self,
        to: str | Path,
        *,
        format: str | None = None,  # noqa: A002 - the word that everybody looks for
        states: Sequence[TrialState | str] = (),
        where: Sequence[str] | str = (),
        name: str | None = None,
        force: bool = False,
    ) -> Exported:
        """Write the study's trials to a new file or to an Optuna storage; what was written.

        Trials are read one by one. A file appears at once and whole. `docs/export.md` says what
        each format holds.

        Args:
            to: a file that ends in .csv, .jsonl or .parquet, or an Optuna storage, such as
                "sqlite:///study.db" or "journal:study.log".
            format: "csv", "jsonl", "parquet" or "optuna", where the name does not tell.
            states: only trials in one of these states.
            where: only those that meet all of these conditions, see :meth:`trials`.
            name: the study's name in the Optuna storage, where it is to be another.
            force: write over a file, or replace an earlier export in the Optuna storage.

        Raises:
            InvalidInput: there is such a file or study already, or it cannot be written.
            ParzenError: what the format needs is not installed.
        """
        from parzen.client.export import exporting  # noqa: PLC0415 - most handles export nothing
        from parzen.client.export.destination import Format, destination  # noqa: PLC0415 - as above

        try:
            given = None if format is None else Format(format)
        except ValueError:
            raise InvalidInput(
                f"there is no format {shown(format)}: expected one of "
                f"{', '.join(known.value for known in Format)}"
            ) from None
        found = destination(str(to), given)
        if found.path is None and found.storage is None:
            raise InvalidInput("the export needs a file or an Optuna storage to go to, not '-'")
        return exporting.export(self.source(states, where), found, name=name, force=force)

    def source(
        self,
        states: Sequence[TrialState | str] = (),
        where: Sequence[str] | str = (),
        tick: Tick | None = None,
    ) -> Source:
        """What an export reads of the study; ``tick`` is called at each trial.

        Raises:
            InvalidInput: a condition or a state cannot be read.
        """
        study, catalog = self._study, self._store.catalog
        chosen = [terms.state(state) for state in states]
        criteria = conditions.criteria(where, study, catalog.now)

        def trials(*, slim: bool = False) -> Iterator[Trial]:
            for trial in catalog.trials(study, states=chosen, where=criteria, slim=slim):
                if tick is not None and not slim:
                    tick()
                yield trial

        return Source(
            study=study,
            trials=trials,
            slim=lambda: trials(slim=True),
            measurements=lambda number: catalog.measurements(study, number),
        )
