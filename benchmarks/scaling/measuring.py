"""One cell: a database with studies and a history, a coordinator, and a crowd of slots."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import psutil
from dispatching import ours
from dispatching.server import Served
from scaling import explaining, filling
from scaling.cells import Cell, Effort, Examined, Figures
from scaling.crowd import Crowd, Present, present
from scaling.tally import Tally, latency

from parzen.shared.mongo import MongoStore, connect

LOAD_S = 120.0
"""How long a coordinator may take until it proposes."""
TRY_S = 0.02


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of CPU within the window."""

    mongod: float
    coordinator: float
    agents: float

    def __sub__(self, before: Spent) -> Spent:
        return Spent(
            self.mongod - before.mongod,
            self.coordinator - before.coordinator,
            self.agents - before.agents,
        )


def measured(cell: Cell, served: Served, effort: Effort, mean_s: float = 0.0) -> Figures:
    """The figures of ``cell``, whose trials take ``mean_s`` in the mean."""
    crowd = Crowd(
        slots=cell.slots,
        slots_per_agent=effort.slots_per_agent,
        processes=effort.processes,
        threads=effort.threads,
        mean_s=mean_s,
    )
    with filling.database(served) as where, connect(where.uri) as store:
        studies = filling.fill(store, cell.studies, cell.history, effort.sampler)
        with ours.process(("coordinator",), where) as coordinator:
            await_waiting(store)
            with present(crowd, where.uri) as agents:
                spent = _count(agents, coordinator, where, effort)
                waiting = store.db["jobs"].count_documents({"state": "waiting"})
                tally = agents.tally()
            examined = explaining.by_one_and_many(store, studies)
    return _figures(Seen(cell, crowd, effort.window_s, spent, tally, waiting, *examined))


def await_waiting(store: MongoStore) -> None:
    """Wait until a coordinator has proposed something.

    Raises:
        TimeoutError: it has not.
    """
    patience = time.monotonic() + LOAD_S
    while not store.db["jobs"].find_one({"state": "waiting"}, {"_id": 1}):
        if time.monotonic() > patience:
            raise TimeoutError(f"the coordinator proposed nothing within {LOAD_S:g} s")
        time.sleep(TRY_S)


def _count(agents: Present, coordinator: int, served: Served, effort: Effort) -> Spent:
    agents.await_first()
    time.sleep(effort.warm_up_s)
    before = _spent(agents, coordinator, served)
    agents.count(effort.window_s)
    return _spent(agents, coordinator, served) - before


def _spent(agents: Present, coordinator: int, served: Served) -> Spent:
    return Spent(served.cpu_s(), cpu_s(coordinator), sum(cpu_s(pid) for pid in agents.pids))


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen of a cell."""

    cell: Cell
    crowd: Crowd
    window_s: float
    spent: Spent
    tally: Tally
    waiting: int
    examined_one: Examined
    examined_many: Examined | None


def _figures(seen: Seen) -> Figures:
    tally, spent = seen.tally, seen.spent
    had = tally.had(worker.id for worker in seen.crowd.agents)
    finished = sum(had)
    return Figures(
        cell=seen.cell,
        mean_s=round(seen.crowd.mean_s, 4),
        trials_per_s=round(finished / seen.window_s, 2),
        claim=latency(tally.claims_s),
        empty=latency(tally.empty_s),
        report=latency(tally.reports_s),
        trials_per_claim=_per(tally.claimed, len(tally.claims_s)),
        trials_per_report=_per(finished, len(tally.reports_s)),
        least=had[0],
        median=median(had),
        without=sum(count == 0 for count in had),
        agents=len(had),
        late_ms=round(1e3 * median(tally.late_s), 3) if tally.late_s else 0.0,
        mongod_ms=_per(1e3 * spent.mongod, finished),
        coordinator_ms=_per(1e3 * spent.coordinator, finished),
        agents_ms=_per(1e3 * spent.agents, finished),
        waiting=seen.waiting,
        examined_one=seen.examined_one,
        examined_many=seen.examined_many,
        errors=tally.errors,
        lost=tally.lost,
        first_error=tally.first_error,
    )


def _per(amount: float, count: int) -> float:
    return round(amount / count, 4) if count else 0.0
