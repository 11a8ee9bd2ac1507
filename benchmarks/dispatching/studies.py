"""The studies of the benchmark, and what their objectives told."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from dispatching import instant
from dispatching.objective import Objective

from parzen.client import Float, Study
from parzen.coordinator.unit import UnitCube
from parzen.shared import codec
from parzen.shared.mongo import MongoStore
from parzen.shared.records import Trial, Uid

SPACE = {
    "x": Float(0.0, 1.0),
    "y": Float(0.0, 1.0),
    "lr": Float(instant.LR_LOW, instant.LR_HIGH, log=True),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an objective: its process, when it began and ended there, when that was stored.

    The first two times are of ``time.monotonic()``, the last of the server's clock, all in seconds.
    """

    process: int
    begun: float
    ended: float
    stored: float


def declared(
    home: Path,
    *,
    sampler: str = "random",
    together: int = 1,
    max_trials: int | None = None,
    seconds: float = 0.0,
) -> Study:
    """A study of its own name, whose gate lies below ``home``."""
    name = f"dispatch-{uuid.uuid4().hex[:8]}"
    return Study(
        name,
        space=SPACE,
        objective=Objective(home / "gates" / name, together, seconds),
        sampler=sampler,
        max_trials=max_trials,
        seed=1,
    )


def laid_out(study: str, uid: str, trials: int) -> Sequence[dict[str, Any]]:
    """The documents of so many waiting trials at random points."""
    cube = UnitCube(declared(Path()).record.dimensions)
    rows = cube.from_uniform(np.random.default_rng(0).random((trials, cube.width)))
    since = datetime.now(timezone.utc)
    return [
        codec.trial_document(
            Trial(
                study=study,
                uid=Uid(uid),
                number=number,
                params=cube.params(row),
                order=number,
                waiting_since=since,
            )
        )
        for number, row in enumerate(rows)
    ]


def calls(store: MongoStore, uid: str) -> Mapping[int, Sequence[Call]]:
    """What the objective of a study told, by process, in the order in which it was called."""
    found: defaultdict[int, list[Call]] = defaultdict(list)
    wanted = {"uid": uid, "state": "complete"}
    for document in store.db.jobs.find(wanted, {"result": 1, "finished_at": 1}):
        told = document["result"]
        stored = document["finished_at"].timestamp()
        call = Call(told["process"], told["begun"], told["ended"], stored)
        found[call.process].append(call)
    return {process: sorted(made, key=lambda c: c.begun) for process, made in found.items()}
