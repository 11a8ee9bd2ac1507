"""Documents that somebody broke by hand: every field of a study and of a trial, one at a time.

A broken study stands beside a healthy one. A coordinator, an agent and a laptop then pass by: the
healthy one must move on, the broken one must not change unless it can be read, and each document
gets at most one warning.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from mistakes.rows import Outcome

from parzen.coordinator.service import Coordinator
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import ParzenError
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.mongo import MongoStore
from parzen.shared.records import (
    Completed,
    Limits,
    Requires,
    SamplerSpec,
    Study,
    Uid,
    Worker,
)

MISSING = object()
"""The value of a field that was deleted."""

ALONE = "left alone"
"""The document was not touched, and a warning says why."""

LATE = datetime(2999, 1, 1, tzinfo=timezone.utc)

X = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)


class Warned(logging.Handler):
    """Keeps the warnings of parzen's loggers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def warned() -> Iterator[list[str]]:
    """The warnings that the block makes parzen give."""
    handler, logger = Warned(), logging.getLogger("parzen")
    logger.addHandler(handler)
    before, logger.propagate = logger.propagate, False
    try:
        yield handler.said
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


@dataclass
class Lab:
    """A store with a healthy study, in which one document at a time is broken."""

    store: MongoStore
    made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.healthy = self.study("healthy")

    def study(self, name: str) -> Study:
        """A study with every field filled in, without an objective's bytes."""
        study = Study(
            name=name,
            uid=Uid(uuid.uuid4().hex),
            dimensions=(X,),
            sampler=SamplerSpec(name="random", seed=1),
            limits=Limits(max_trials=1000, timeout_s=1e6, target_loss=-1.0, patience=900),
            requires=Requires(labels=("big",)),
            trial_timeout_s=60.0,
            max_running=4,
            owner="me@here",
            tags=("a",),
        )
        return self.store.catalog.create(study, b"")

    def broken_study(self, path: str, value: Any) -> tuple[Outcome, str]:
        """Break the field at ``path`` of a study that has run."""
        study = self._run_a_while(f"broken{len(self.made)}")
        return self._pass_by(study, "studies", {"_id": study.name}, path, value)

    def broken_trial(self, number: int, path: str, value: Any) -> tuple[Outcome, str]:
        """Break a trial: number 0 is complete, 1 failed, 2 runs, 3 waits, 4 rests."""
        study = self._run_a_while(f"broken{len(self.made)}")
        return self._pass_by(study, "jobs", {"uid": study.uid, "number": number}, path, value)

    def _run_a_while(self, name: str) -> Study:
        self.made.append(name)
        return self.study(name)

    def _pass_by(
        self, study: Study, collection: str, wanted: dict[str, Any], path: str, value: Any
    ) -> tuple[Outcome, str]:
        first = Coordinator(self.store, lease_s=60.0)
        self._turn(first)
        self._work()
        self._turn(first)
        first.close()
        documents = self.store.db[collection]
        change = {"$unset": {path: 1}} if value is MISSING else {"$set": {path: value}}
        before = documents.find_one(wanted)
        documents.with_options().update_one(wanted, change, bypass_document_validation=True)
        before = documents.find_one({"_id": before["_id"]})
        rest_before = self._jobs(study, before)
        done = self.healthy_done()
        with warned() as said:
            coordinator = Coordinator(self.store, lease_s=60.0)
            self._turn(coordinator)
            self._work()
            self._turn(coordinator)
            coordinator.close()
            shown = self._look(study)
        after = documents.find_one({"_id": before["_id"]})
        moved = self.healthy_done() > done
        changed = {k for k in {*before, *(after or {})} if before.get(k) != (after or {}).get(k)}
        self.store.db["studies"].delete_one({"_id": study.name})
        self.store.db["jobs"].delete_many({"uid": study.uid})
        harm = "" if moved else " HARMED THE HEALTHY ONE"
        return Outcome(f"changed {sorted(changed)}{harm}", " | ".join(said)), shown

    def _jobs(self, study, before):
        return None

    def healthy_done(self) -> int:
        return self.store.db["jobs"].count_documents(
            {"uid": self.healthy.uid, "state": TrialState.COMPLETE.value}
        )

    def _turn(self, coordinator: Coordinator) -> None:
        coordinator.step()
        coordinator.step()

    def _work(self) -> None:
        """What an agent does: read the studies, claim, report."""
        queue = self.store.queue
        worker = Worker(id="hand", host="here", pid=1, slots=2)
        queue.beat(worker)
        studies = [s for s in queue.studies() if s.status is StudyStatus.ACTIVE]
        for study in studies:
            claims = queue.claim(worker, [study], 1)
            queue.renew(claims)
            queue.report([(c, Completed(value=float(c.trial.params.get("x", 0)))) for c in claims])

    def _look(self, study: Study) -> str:
        catalog = self.store.catalog
        catalog.all_studies()
        catalog.workers()
        try:
            found = catalog.study(study.name)
            trials = list(catalog.trials(found, slim=False))
            list(catalog.trials(found, sort="loss"))
            return f"{found.status.value} {len(trials)} trials"
        except ParzenError as error:
            return f"{type(error).__name__}: {error}"
