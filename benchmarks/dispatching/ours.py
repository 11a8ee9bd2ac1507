"""parzen itself: its worker and its coordinator as processes, as its users start them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatching import studies
from dispatching.server import Served

from parzen.client import Study
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.records import Study as Record

PARZEN = (sys.executable, "-m", "parzen.client.cli")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
HERE = Path(__file__).parent.parent
TRY_S = 0.2
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Crew:
    """So many agents with so many slots each."""

    agents: int
    slots: int = 1

    @property
    def size(self) -> int:
        """How many trials run at a time."""
        return self.agents * self.slots


def prepared(crew: Crew, trials: int, served: Served) -> Sequence[Sequence[float]]:
    """Trials that were laid out beforehand; for each slot, when its reports were stored."""
    study = studies.declared(served.home, together=crew.size)
    with connect(served.uri) as store:
        record = submitted(study, served)
        store.db.jobs.insert_many(
            studies.laid_out(record.name, record.uid, trials), ordered=False
        )  # fmt: skip
        with working(crew, served, record):
            _await(lambda: _idle(store, record))
        return _ends(store, record)


def closed(crew: Crew, sampler: str, trials: int, served: Served) -> Sequence[Sequence[float]]:
    """The whole loop, a coordinator proposing all the while."""
    study = studies.declared(
        served.home, sampler=sampler, together=crew.size, max_trials=trials
    )  # fmt: skip
    with connect(served.uri) as store:
        record = submitted(study, served)
        with coordinating(served, record), working(crew, served, record):
            _await(lambda: _ended(store, record))
        return _ends(store, record)


def submitted(study: Study, served: Served) -> Record:
    """Put ``study`` in the store, as a user would."""
    with contextlib.closing(study.submit(served.uri, data_dir=served.home)) as handle:
        return handle.study


@contextlib.contextmanager
def working(crew: Crew, served: Served, study: Record) -> Iterator[None]:
    """Agents of ``study`` while the block lasts."""
    words = ("worker", "--slots", str(crew.slots), "--studies", study.name, "--grace", "0")
    with contextlib.ExitStack() as stack:
        for _ in range(crew.agents):
            stack.enter_context(process(words, served))
        yield


@contextlib.contextmanager
def coordinating(served: Served, study: Record) -> Iterator[int]:
    """A coordinator of ``study``; its process."""
    with process(("coordinator", "--studies", study.name), served) as pid:
        yield pid


@contextlib.contextmanager
def process(words: Sequence[str], served: Served) -> Iterator[int]:
    """A command of parzen's while the block lasts; its process."""
    environ = {**os.environ, **dict.fromkeys(THREADS, "1"), "PARZEN_STORE": served.uri}
    environ["PARZEN_HOME"] = str(served.home)
    environ["PYTHONPATH"] = str(HERE)  # where workers find the objective
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [*PARZEN, *words, "--log-level", "error"], env=environ
    ) as started:
        try:
            yield started.pid
        finally:
            started.terminate()


def _await(over: Callable[[], bool]) -> None:
    """Wait for the end, at a pace that costs nothing."""
    patience = time.monotonic() + PATIENCE_S
    while not over():
        if time.monotonic() > patience:
            raise TimeoutError(f"a round took longer than {PATIENCE_S:g} s")
        time.sleep(TRY_S)


def _idle(store: MongoStore, study: Record) -> bool:
    """Whether no trial waits or runs."""
    unfinished = {"uid": study.uid, "state": {"$in": ["waiting", "running"]}}
    return store.db.jobs.count_documents(unfinished, limit=1) == 0


def _ended(store: MongoStore, study: Record) -> bool:
    """Whether its coordinator has ended it."""
    found = store.db.studies.find_one({"uid": study.uid}, {"ended_at": 1})
    return found is not None and "ended_at" in found


def _ends(store: MongoStore, study: Record) -> Sequence[Sequence[float]]:
    made = studies.calls(store, study.uid)
    return [sorted(call.stored for call in of_one) for of_one in made.values()]
