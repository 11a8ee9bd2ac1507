"""Databases of their own, with studies that have a history."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone

import numpy as np
from dispatching.server import Served
from long_history import BATCH, DIMENSIONS

from parzen.coordinator.unit import UnitCube
from parzen.shared import codec
from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.records import Proposed, SamplerSpec, Study, Trial, Uid

SECONDS = 60.0
"""How long each trial of a history took, as it tells."""


@contextlib.contextmanager
def database(served: Served) -> Iterator[Served]:
    """An empty, prepared database on the same server while the block lasts."""
    before, options = served.uri.rsplit("?", 1)
    name = f"scale_{uuid.uuid4().hex}"
    uri = f"{before.rsplit('/', 1)[0]}/{name}?{options}"
    with connect(uri, prepare=True) as store:
        try:
            yield replace(served, uri=uri)
        finally:
            store.db.client.drop_database(name)


def fill(
    store: MongoStore, studies: int, history: int, sampler: str, *, first: int = 0
) -> Sequence[Study]:
    """So many active studies, with so many finished trials over all of them.

    Their names count from ``first``.
    """
    made = [_study(store, place, sampler) for place in range(first, first + studies)]
    rng = np.random.default_rng(0)
    for place, study in enumerate(made):
        share = len(range(place, history, studies))
        for start in range(0, share, BATCH):
            numbers = range(start, min(start + BATCH, share))
            store.db["jobs"].insert_many(finished(study, numbers, rng), ordered=False)
    return made


def _study(store: MongoStore, place: int, sampler: str) -> Study:
    study = Study(
        name=f"scale-{place}",
        uid=Uid(uuid.uuid4().hex),
        dimensions=DIMENSIONS,
        sampler=SamplerSpec(name=sampler, seed=place),
    )
    return store.catalog.create(study, b"")


def finished(
    study: Study, numbers: Sequence[int], rng: np.random.Generator
) -> Sequence[dict[str, object]]:
    """The documents of complete trials at random points."""
    cube, at = UnitCube(DIMENSIONS), datetime.now(timezone.utc)
    rows = cube.from_uniform(rng.random((len(numbers), cube.width)))
    losses = np.nansum((rows - 0.3) ** 2, axis=1)
    return [
        codec.trial_document(
            Trial(
                study=study.name,
                uid=study.uid,
                number=number,
                params=cube.params(row),
                state=TrialState.COMPLETE,
                loss=float(loss),
                value=float(loss),
                proposed=Proposed(sampler=study.sampler.name, term=0),
                finished_at=at,
                duration_s=SECONDS,
            )
        )
        for number, row, loss in zip(numbers, rows, losses, strict=True)
    ]
