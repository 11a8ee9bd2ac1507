"""How a study begins that has trials from the start: it rests until all of them are there."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from parzen.shared.errors import StoreError
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import Study, Want, Wish
from parzen.shared.steering import Draft
from parzen.shared.store import Catalog


def begin(catalog: Catalog, study: Study, bundle: bytes, drafts: Sequence[Draft]) -> Study:
    """Create ``study`` with these trials; the study as stored.

    The study comes first, since what belongs to no study counts as left over. Whoever is killed in
    between leaves a paused study.

    Raises:
        Conflict: the name is taken.
        StoreError: the trials could not be added; the study is taken away again if it can be.
    """
    if not drafts:
        return catalog.create(study, bundle)
    resting = replace(study, status=StudyStatus.PAUSED, wish=Wish(want=Want.PAUSE))
    made = catalog.create(resting, bundle)
    try:
        catalog.append(made, drafts)
    except StoreError:
        with contextlib.suppress(StoreError):  # a paused study harms nobody
            catalog.delete(made)
        raise
    return catalog.wish(study.name, Want.RUN)
