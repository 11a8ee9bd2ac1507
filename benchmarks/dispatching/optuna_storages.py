"""Optuna's storages on one machine: a journal file, and SQLite, each worker a process.

The study is made once. Each worker calls ``Study.optimize`` on it, with a storage of its own on the
same file, until the trials of the round are taken. A trial's end is here the return of its
objective: between one and the next lies everything that a trial costs, and no callback is measured.

SQLite gets the long timeout that Optuna's documentation asks for where processes share a file
(which it advises against), and a write-ahead log, with which readers and a writer wait for each
other less.
"""

from __future__ import annotations

import contextlib
import importlib
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatching import instant, peer
from dispatching.peer import Gate
from dispatching.server import Served

SAMPLERS: Mapping[str, str] = {"random": "RandomSampler", "TPE": "TPESampler"}
STUDY = "dispatch"
LOCKED_S = 100
"""How long SQLite may wait for the lock of its file."""


@dataclass(frozen=True, slots=True)
class OptunaStorage:
    """One of Optuna's storages with one of its samplers.

    Args:
        storage: a key of ``STORAGES``.
        sampler: a key of ``SAMPLERS``.
    """

    storage: str
    sampler: str

    @property
    def name(self) -> str:
        """See :class:`~dispatching.peer.Peer`."""
        return f"optuna {self.storage}, {self.sampler}"

    def run(self, workers: int, trials: int, served: Served) -> Sequence[Sequence[float]]:
        """See :class:`~dispatching.peer.Peer`."""
        peer.require("optuna")
        folder = served.home / f"optuna-{uuid.uuid4().hex}"
        folder.mkdir()
        parts = [_Worker(self.storage, self.sampler, folder, number) for number in range(workers)]
        _create(self.storage, folder)
        return peer.together(parts, trials)


WARM_UP = 15
"""So many trials of a study in memory come before: TPE's own proposals begin with the eleventh."""


@dataclass(frozen=True, slots=True)
class _Worker:
    storage: str
    sampler: str
    folder: Path
    seed: int

    def __call__(self, gate: Gate) -> list[float]:
        ends: list[float] = []
        optuna = _optuna()
        make = getattr(optuna.samplers, SAMPLERS[self.sampler])
        # what is imported with the first trials of all is no part of it
        optuna.create_study(sampler=make(seed=self.seed)).optimize(_loss, n_trials=WARM_UP)
        study = optuna.load_study(
            study_name=STUDY,
            storage=STORAGES[self.storage](optuna, self.folder),
            sampler=make(seed=self.seed),
        )

        def objective(trial: Any) -> float:
            found = _loss(trial)
            if not gate.take():
                study.stop()  # after this trial
            ends.append(time.monotonic())
            return found

        gate.wait()
        if gate.take():
            study.optimize(objective)
        return ends


def _loss(trial: Any) -> float:
    return instant.loss(
        trial.suggest_float("x", 0.0, 1.0),
        trial.suggest_float("y", 0.0, 1.0),
        trial.suggest_float("lr", instant.LR_LOW, instant.LR_HIGH, log=True),
    )


def _create(storage: str, folder: Path) -> None:
    optuna = _optuna()
    made = STORAGES[storage](optuna, folder)
    optuna.create_study(study_name=STUDY, storage=made)
    if storage == "sqlite":
        made.remove_session()
        made.engine.dispose()


def _journal(optuna: Any, folder: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "journal.log"))
    return optuna.storages.JournalStorage(backend)


def _sqlite(optuna: Any, folder: Path) -> Any:
    file = folder / "study.db"
    if not file.exists():
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")  # the file keeps it
    waits = {"connect_args": {"timeout": LOCKED_S}}
    return optuna.storages.RDBStorage(f"sqlite:///{file}", engine_kwargs=waits)


STORAGES: Mapping[str, Callable[[Any, Path], Any]] = {"journal": _journal, "sqlite": _sqlite}
PEERS = tuple(OptunaStorage(storage, sampler) for storage in STORAGES for sampler in SAMPLERS)


def _optuna() -> Any:
    """The module, silent; imported here, so that the benchmark runs where it is not installed."""
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
