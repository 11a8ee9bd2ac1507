"""Everything of a source that is to be imported, looked at before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parzen.client.importing.fitting import fitted
from parzen.client.importing.known import Print, fingerprint, numbers
from parzen.client.importing.rows import Attached, Refused, Row, Source, Unfit
from parzen.client.wording import counted
from parzen.shared.errors import InvalidInput
from parzen.shared.plain import cut
from parzen.shared.records import Study, Trial
from parzen.shared.steering import Draft

TOLD = 3
"""How many rows that were left out are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is done with rows that do not fit, and with those that the study has already."""

    fill: Mapping[str, Any] = field(default_factory=dict)
    skip_invalid: bool = False
    skip_known: bool = False
    again: bool = False


@dataclass(slots=True)
class Gathered:
    """The trials to import, where each stands in the source, and what was left out.

    ``attached`` are the attachments of each trial. ``have`` are the trials of the study, and
    ``known`` the rows that are one of them, each with its number and its attachments.
    """

    have: Mapping[Print, int]

    drafts: list[Draft] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    known: list[tuple[str, int, Attached]] = field(default_factory=list)
    unfinished: int = 0
    idle: Counter[str] = field(default_factory=Counter)

    def remarks(self, source: Source) -> list[str]:
        """What is worth saying of it, a sentence each."""
        said = list(source.remarks)
        if self.unfinished:
            verb = "is" if self.unfinished == 1 else "are"
            said.append(f"{counted(self.unfinished, 'trial')} that had not ended {verb} left out")
        if self.idle:
            names = cut(", ".join(self.idle))
            said.append(
                f"{counted(self.idle.total(), 'value')} of parameters that take no part in their "
                f"trial were left out: {names}"
            )
        if self.known:
            said.append(f"{counted(len(self.known), 'row')} that the study has were left out")
        said += [f"left out: {one}" for one in self.refused[:TOLD]]
        if len(self.refused) > TOLD:
            said.append(f"and {counted(len(self.refused) - TOLD, 'more row')} like these")
        return said


def gather(study: Study, source: Source, existing: Iterable[Trial], choices: Choices) -> Gathered:
    """Read all of ``source`` as earlier trials of ``study``, which has the trials ``existing``.

    Raises:
        InvalidInput: a row does not fit, or the study has it already, and ``choices`` do not leave
            such out.
    """
    found = Gathered({} if choices.again else numbers(study.dimensions, existing))
    for row in source.rows:
        if isinstance(row, Refused):
            found.refused.append(row)
        elif row.state is not None and not row.state.finished:
            found.unfinished += 1
        else:
            _take(study, source, row, choices, found)
    if found.refused and not choices.skip_invalid:
        raise _unfit(source, found.refused)
    if found.known and not choices.skip_known:
        raise _twice(study, source, found)
    return found


def _take(study: Study, source: Source, row: Row, choices: Choices, found: Gathered) -> None:
    try:
        stamp = f"{source.stamp}:{row.number}"
        draft = fitted(study, row, source.read, stamp, choices.fill)
    except Unfit as fault:
        found.refused.append(Refused(row.place, str(fault)))
        return
    number = found.have.get(fingerprint(study.dimensions, draft))
    if number is not None:
        found.known.append((row.place, number, row.attachments))
        return
    found.idle.update(name for name in row.params if name not in draft.params)
    found.drafts.append(draft)
    found.places.append(row.place)
    found.attached.append(row.attachments)


def _unfit(source: Source, refused: list[Refused]) -> InvalidInput:
    more = "" if len(refused) == 1 else f" ({counted(len(refused) - 1, 'more row')} do not fit)"
    if len(refused) == 2:  # noqa: PLR2004 - one more
        more = more.replace("do not", "does not")
    return InvalidInput(
        f"{source.name}, {refused[0]}{more}: nothing was imported; mend it, or leave such rows out "
        "with --skip-invalid (in Python skip_invalid=True)"
    )


def _twice(study: Study, source: Source, found: Gathered) -> InvalidInput:
    place, number, _ = found.known[0]
    total = len(found.known) + len(found.drafts)
    return InvalidInput(
        f"study {study.name!r} has {len(found.known):,} of the {counted(total, 'trial')} of "
        f"{source.name} already ({place} is trial {number}): nothing was imported; leave those out "
        "with --skip-known (in Python skip_known=True), or import all once more with --again"
    )
