"""An import from beginning to end, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from parzen.client.importing.attaching import Attaching
from parzen.client.importing.gathering import Gathered
from parzen.client.importing.limits import raise_by, room
from parzen.client.importing.rows import Source
from parzen.client.invocation import Invocation
from parzen.client.wording import counted, number
from parzen.shared.errors import StoreError
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study
from parzen.shared.store import Catalog

AT_ONCE = 1000
"""How many trials are sent between two looks at how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was imported: the numbers of the new trials, and what was left out of the source.

    ``states`` counts the trials by state. ``refused`` are the rows that do not fit, each with its
    place and why; ``known`` counts those that the study had already, ``unfinished`` those that had
    not ended. ``attachments`` counts those of new trials, and of known ones that lacked them.
    ``max_trials`` is the study's limit from now on, None where there is none.
    ``dry_run``: nothing was written, and ``trials`` is empty.
    """

    study: str
    source: str
    count: int
    trials: tuple[int, ...] = ()
    states: dict[str, int]
    refused: tuple[dict[str, str], ...] = ()
    known: int = 0
    unfinished: int = 0
    attachments: int = 0
    max_trials: int | None = None
    dry_run: bool = False
    best: str | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``imported 100 trials from x.csv into 's' (97 complete, 3 failed)``, and the best."""
        verb = "would import" if self.dry_run else "imported"
        tally = ", ".join(f"{count} {state}" for state, count in self.states.items())
        said = f"{verb} {counted(self.count, 'trial')} from {self.source} into {self.study!r}"
        said += f" ({tally})" if self.count else ""
        said += f" with {counted(self.attachments, 'attachment')}" if self.attachments else ""
        said += f"; the best, {self.best}" if self.best else ""
        return said


def bring_in(
    catalog: Catalog,
    study: Study,
    source: Source,
    found: Gathered,
    call: Invocation,
    *,
    keep_limits: bool,
    dry_run: bool,
    tick: Callable[[], object],
) -> Imported:
    """Add what was ``found`` in ``source`` to the study; ``tick`` is called once for each trial.

    Raises:
        StoreError: the database failed; the sentence says how many trials it had taken.
    """
    space = room(study, catalog.created(study), len(found.drafts), call, keep=keep_limits)
    most = space.limit
    attaching = Attaching(catalog, study)
    numbers: list[int] = []
    if dry_run:
        attaching.count = attaching.would_bring(found)
    else:
        raised = _add(attaching, found, numbers, tick, raises=space.raised)
        most = raised if space.raised else most
    notes = [*found.remarks(source), *attaching.left_out]
    if space.said is not None and found.drafts:
        as_said = most == space.limit
        notes.append(space.said if as_said else _otherwise(study, most))
    return _told(
        study,
        source,
        found,
        numbers,
        attachments=attaching.count,
        max_trials=most,
        dry_run=dry_run,
        notes=tuple(notes),
    )


def _otherwise(study: Study, most: int | None) -> str:
    return (
        f"max_trials of study {study.name!r} is {'not set' if most is None else most} now: it was "
        "changed, or the study ended, while trials were imported"
    )


def _add(
    attaching: Attaching,
    found: Gathered,
    numbers: list[int],
    tick: Callable[[], object],
    *,
    raises: bool,
) -> int | None:
    """Add the trials and their attachments; ``numbers`` gets those of the new trials.

    Where it ``raises`` the limit it does so by what comes next, so that one who was interrupted and
    begins again counts no more than that twice. What the limit is in the end, None where not.
    """
    total, most = len(found.drafts), None
    try:
        for start in range(0, total, AT_ONCE):
            drafts = found.drafts[start : start + AT_ONCE]
            if raises:
                most = raise_by(attaching.catalog, attaching.study, len(drafts))
            numbers += attaching.catalog.append(attaching.study, drafts)
            for row, number in enumerate(numbers[start:], start):
                attaching.bring(number, found.places[row], found.attached[row])
                tick()
        for place, number, attached in found.known:
            attaching.bring(number, place, attaching.lacking(number, attached))
    except StoreError as error:
        if not numbers:
            raise
        raise StoreError(
            f"{error}; {len(numbers)} of {counted(total, 'trial')} were imported before: import "
            "what is missing with --skip-known"
        ) from error
    return most


def _told(
    study: Study, source: Source, found: Gathered, numbers: Sequence[int], **more: Any
) -> Imported:
    """What became of ``found``; ``numbers`` are those of the new trials."""
    states = Counter(draft.state.value for draft in found.drafts)
    return Imported(
        study=study.name,
        source=source.name,
        count=len(found.drafts),
        trials=tuple(numbers),
        states={s.value: states[s.value] for s in TrialState if states[s.value]},
        refused=tuple({"place": one.place, "why": one.why} for one in found.refused),
        known=len(found.known),
        unfinished=found.unfinished,
        best=_best(found, numbers),
        **more,
    )


def _best(found: Gathered, numbers: Sequence[int]) -> str | None:
    """``0.98 (line 17, now trial 103)``."""
    losses = [(draft.loss, i) for i, draft in enumerate(found.drafts) if draft.loss is not None]
    if not losses:
        return None
    place = min(losses)[1]
    now = f", now trial {numbers[place]}" if numbers else ""
    return f"{number(found.drafts[place].value)} ({found.places[place]}{now})"
