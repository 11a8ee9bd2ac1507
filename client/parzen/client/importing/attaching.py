"""The attachments of imported trials, brought one by one once their trials stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from parzen.client.attaching import checked
from parzen.client.importing.gathering import Gathered
from parzen.client.importing.rows import Attached, Unfit
from parzen.shared.errors import InvalidInput
from parzen.shared.records import Study
from parzen.shared.store import Catalog


@dataclass(slots=True)
class Attaching:
    """How many attachments were brought to trials of ``study``, and why others were left out."""

    catalog: Catalog
    study: Study
    count: int = 0
    left_out: list[str] = field(default_factory=list)

    def bring(self, number: int, place: str, attached: Attached) -> None:
        """Bring ``attached``, which stands at ``place`` in the source, to the trial ``number``.

        Raises:
            StoreError: the database failed.
        """
        for name, read in attached.items():
            try:
                kept, data = checked(name, read())
            except (Unfit, InvalidInput) as fault:
                self.left_out.append(f"left out: {place}: {fault}")
                continue
            self.catalog.attach(self.study, number, kept, data)
            self.count += 1

    def lacking(self, number: int, attached: Attached) -> Attached:
        """Those of ``attached`` that a trial of an earlier import does not have."""
        have = frozenset(self.catalog.attachments(self.study, number)) if attached else ()
        return {name: read for name, read in attached.items() if name not in have}

    def would_bring(self, found: Gathered) -> int:
        """How many attachments an import of what was ``found`` brings, if all can be read."""
        known = (self.lacking(number, attached) for _, number, attached in found.known)
        return sum(map(len, (*found.attached, *known)))
