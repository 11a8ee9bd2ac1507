"""Hyperopt's ``MongoTrials``, tuned: short polls, and workers that stay in their processes.

A driver (what ``fmin`` runs) keeps a queue of proposals filled in MongoDB, and workers take from
it. As shipped, that is one trial a second at most: ``fmin`` looks at its queue of one each second,
``hyperopt-mongo-worker`` looks for a trial every 1 to 5 s, and starts a process for each. Here

- the driver polls every 10 ms and keeps ``QUEUE`` proposals waiting,
- the workers are ``MongoWorker`` objects that call the objective in their process, with the
  shortest poll that it has (uniform from 0 to 1 s, so they should never find the queue empty), one
  connection, one folder and no log file.

The writes are acknowledged as Hyperopt has it, from the journal. The class needs methods that
pymongo 4 removed, also in Hyperopt 0.3.0, so that they are put back in these processes.
"""

from __future__ import annotations

import importlib
import logging
import math
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bson import SON
from dispatching import instant, peer
from dispatching.peer import Gate
from dispatching.server import Served
from gridfs import GridFS
from pymongo import MongoClient, ReturnDocument
from pymongo.collection import Collection
from pymongo.cursor import Cursor

ALGORITHMS: Mapping[str, str] = {"random": "rand", "TPE": "tpe"}
KEY = "dispatch"
QUEUE = 100
POLL_S = 0.01
PATIENCE_S = 60.0
"""How long a worker waits for a trial."""
ROUND_S = 600.0
"""How long the driver may take."""


@dataclass(frozen=True, slots=True)
class HyperoptTrials:
    """``MongoTrials`` with one of Hyperopt's algorithms.

    Args:
        algorithm: a key of ``ALGORITHMS``.
    """

    algorithm: str

    @property
    def name(self) -> str:
        """See :class:`~dispatching.peer.Peer`."""
        return f"hyperopt tuned, {self.algorithm}"

    def run(self, workers: int, trials: int, served: Served) -> Sequence[Sequence[float]]:
        """See :class:`~dispatching.peer.Peer`; the driver is one process more."""
        peer.require("hyperopt")
        mark = uuid.uuid4().hex
        where = _Where(served.uri, f"hyperopt_{mark}")
        driver = _Driver(where, ALGORITHMS[self.algorithm], workers, trials)
        worker = _Worker(where, served.home / f"hyperopt-{mark}")
        try:
            _, *ends = peer.together([driver, *[worker] * workers], trials)
        finally:
            with MongoClient[dict[str, Any]](served.uri) as client:
                client.drop_database(where.database)
        return ends


@dataclass(frozen=True, slots=True)
class _Where:
    uri: str
    database: str

    def jobs(self) -> Any:
        """A ``MongoJobs`` on a client made as Hyperopt makes its own, but with our address.

        Hyperopt's way to one logs in by a method that is gone, and its form of an address has no
        place for what ours says.
        """
        logging.getLogger("hyperopt").setLevel(logging.ERROR)
        _put_back()
        client: MongoClient[Any] = MongoClient(self.uri, document_class=SON, w=1, journal=True)
        database = client[self.database]
        jobs = importlib.import_module("hyperopt.mongoexp").MongoJobs
        return jobs(database, database["jobs"], GridFS(database), client, None, "spec")


@dataclass(frozen=True, slots=True)
class _Driver:
    where: _Where
    algorithm: str
    workers: int
    trials: int

    def __call__(self, gate: Gate) -> list[float]:
        """Propose until all is proposed; one trial for each worker waits when they begin."""
        hyperopt = importlib.import_module("hyperopt")
        mongoexp = importlib.import_module("hyperopt.mongoexp")
        trials = mongoexp.MongoTrials(self.where.jobs(), exp_key=KEY)
        driver = hyperopt.FMinIter(
            importlib.import_module(f"hyperopt.{self.algorithm}").suggest,
            hyperopt.base.Domain(_objective, _space(hyperopt.hp)),
            trials,
            np.random.default_rng(1),
            max_queue_len=QUEUE,
            poll_interval_secs=POLL_S,
            max_evals=self.trials,
            timeout=ROUND_S,
            show_progressbar=False,
        )
        first = min(self.workers, self.trials)
        driver.run(first, block_until_done=False)
        gate.wait()
        driver.run(self.trials - first, block_until_done=False)
        return []


@dataclass(frozen=True, slots=True)
class _Worker:
    where: _Where
    folder: Path

    def __call__(self, gate: Gate) -> list[float]:
        ends: list[float] = []
        mongoexp = importlib.import_module("hyperopt.mongoexp")
        self.folder.mkdir(exist_ok=True)
        jobs = self.where.jobs()
        worker = mongoexp.MongoWorker(
            jobs, poll_interval=0.0, workdir=str(self.folder), exp_key=KEY, logfilename=None
        )
        jobs.db.command("ping")
        gate.wait()
        while gate.take():
            worker.run_one(reserve_timeout=PATIENCE_S)
            ends.append(time.monotonic())
        return ends


def _objective(params: Mapping[str, float]) -> float:
    return instant.loss(**params)


def _space(hp: Any) -> dict[str, Any]:
    low, high = math.log(instant.LR_LOW), math.log(instant.LR_HIGH)
    return {
        "x": hp.uniform("x", 0.0, 1.0),
        "y": hp.uniform("y", 0.0, 1.0),
        "lr": hp.loguniform("lr", low, high),
    }


def _put_back() -> None:
    """Give pymongo's classes the methods that Hyperopt calls and pymongo 4 removed."""
    for method in (insert, update, find_and_modify):
        setattr(Collection, method.__name__, method)
    setattr(Cursor, "count", count)  # noqa: B010 - mypy knows that it has none


def insert(self: Collection[Any], document: Any, *, check_keys: bool = True) -> Any:
    """Insert one document; its id. The server checks the keys nowadays."""
    del check_keys
    return self.insert_one(document).inserted_id


def update(
    self: Collection[Any], query: Any, change: Any, *, upsert: bool = False, multi: bool = False
) -> None:
    """Change one document, or all that are found."""
    (self.update_many if multi else self.update_one)(query, change, upsert=upsert)


def find_and_modify(
    self: Collection[Any], query: Any, change: Any, *, upsert: bool = False, new: bool = False
) -> Any:
    """Change one document, and return it as it was, or as it is then."""
    which = ReturnDocument.AFTER if new else ReturnDocument.BEFORE
    return self.find_one_and_update(query, change, upsert=upsert, return_document=which)


def count(self: Cursor[Any]) -> int:
    """How many documents the query of a cursor finds."""
    asked: Any = self
    return int(self.collection.count_documents(asked._spec))  # noqa: SLF001 - said nowhere else


PEERS = tuple(HyperoptTrials(algorithm) for algorithm in ALGORITHMS)
