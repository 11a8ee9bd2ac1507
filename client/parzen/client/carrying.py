"""The part of a handle that takes its study's trials elsewhere, and brings others in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from parzen.client import attaching, conditions, terms
from parzen.client.export.source import Source
from parzen.client.invocation import here
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import shown
from parzen.shared.records import Study, Trial
from parzen.shared.space import check_names

if TYPE_CHECKING:
    from parzen.client.export.exporting import Exported
    from parzen.client.importing.importing import Imported
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

        found = destination(str(to), _format(Format, format))
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

    def import_trials(
        self,
        source: str | Path,
        *,
        format: str | None = None,  # noqa: A002 - as in export
        name: str | None = None,
        value_column: str | None = None,
        trust_pickle: bool = False,
        fill: Mapping[str, Any] | None = None,
        skip_invalid: bool = False,
        skip_known: bool = False,
        again: bool = False,
        keep_limits: bool = False,
        dry_run: bool = False,
        standard_input: BinaryIO | None = None,
        tick: Tick | None = None,
    ) -> Imported:
        """Take trials of another program over as earlier ones; what was imported.

        All rows are looked at before anything is written: each must lie in the study's space, and
        be none that the study has already. `docs/export.md` says what a source may hold.

        Args:
            source: a CSV file, an Optuna storage such as "sqlite:///study.db", a database of
                Hyperopt's such as "mongo://host:port/db/jobs", or a file with its trials.
            format: "csv", "hyperopt" or "optuna", where the name does not tell.
            name: the study in the Optuna storage, or the experiment of Hyperopt's, where there
                are several.
            value_column: the column of a CSV file that holds the value.
            trust_pickle: unpickle a file, which runs whatever code it names, in a process beside
                this one.
            fill: values of parameters that the source does not have, by name.
            skip_invalid: leave out rows that do not fit, and go on.
            skip_known: leave out rows that the study has already.
            again: import rows once more that the study has already.
            keep_limits: do not raise ``max_trials`` by the number of trials imported.
            dry_run: write nothing.
            standard_input: what the source ``-`` means.
            tick: called once for each trial that was written.

        Raises:
            InvalidInput: the source cannot be read, a row does not fit, or is there already;
                nothing was imported.
            NotFound: there is no such file, storage or study.
            StoreError: the database failed; the sentence says how much was imported before.
        """
        from parzen.client.importing import choosing, importing  # noqa: PLC0415 - as in export
        from parzen.client.importing.gathering import Choices, gather  # noqa: PLC0415 - as above

        study, catalog = self._present(), self._store.catalog
        choices = Choices(
            fill=dict(fill or {}), skip_invalid=skip_invalid, skip_known=skip_known, again=again
        )
        check_names(study.dimensions, choices.fill)
        with choosing.opened(
            study,
            str(source),
            format,
            name=name,
            value_column=value_column,
            trust_pickle=trust_pickle,
            standard_input=standard_input,
        ) as opened:
            return importing.bring_in(
                catalog,
                study,
                opened,
                gather(study, opened, catalog.trials(study), choices),
                here(self._where),
                keep_limits=keep_limits,
                dry_run=dry_run,
                tick=tick or _nothing,
            )

    def attach(self, number: int, name: str, data: bytes) -> None:
        """Keep ``data`` with the trial of that number; a later attachment of that name wins.

        Args:
            number: the trial's.
            name: that of a file, such as "plots/loss.png", of at most 200 characters.
            data: at most 1 GiB.

        Raises:
            NotFound: there is no such trial.
            InvalidInput: the name is none that a file could have, or the data is not bytes.
        """
        self._store.catalog.attach(self._study, number, *attaching.checked(name, data))

    def _present(self) -> Study:
        return self.study  # type: ignore[attr-defined,no-any-return]  # the handle's own


def _nothing() -> None:
    """Nobody looks on."""


Known = TypeVar("Known", bound=Enum)


def _format(known: type[Known], given: str | None) -> Known | None:
    """The format of that name."""
    try:
        return None if given is None else known(given)
    except ValueError:
        raise InvalidInput(
            f"there is no format {shown(given)}: expected one of "
            f"{', '.join(one.value for one in known)}"
        ) from None
