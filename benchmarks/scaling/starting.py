"""What a coordinator and an agent hold in memory, and how soon they do their first work.

Every figure is that of a fresh process, from its start to the effect in the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from dispatching import ours, studies
from dispatching.server import Served
from scaling import filling

from parzen.shared.mongo import MongoStore, connect

MIB = 2.0**20
PATIENCE_S = 300.0
TRY_S = 0.005
SETTLE_S = 1.0
"""How long memory may settle after the effect."""
WAITING: Mapping[str, Any] = {"state": "waiting"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One fresh process: seconds until its effect, and what it then holds in MiB."""

    seconds: float
    mib: float


def measured(served: Served, history: int, sampler: str) -> Mapping[str, Start]:
    """Coordinators and agents, with an empty study and with one of ``history`` trials."""
    found: dict[str, Start] = {}
    for name, trials in (("empty", 0), ("long", history)):
        with filling.database(served) as where, connect(where.uri) as store:
            filling.fill(store, 1, trials, sampler)
            with _started(("coordinator",), where, store, WAITING) as start:
                found[f"coordinator, {name}"] = start
            with _started(_AGENT, where, store, _work_for_one(where, store)) as start:
                found[f"agent, {name}"] = start
    return found


_AGENT = ("worker", "--slots", "1", "--grace", "0")


def _work_for_one(served: Served, store: MongoStore) -> Mapping[str, Any]:
    """Lay out a trial with an objective, without which agents claim nothing; what its claim is."""
    record = ours.submitted(studies.declared(served.home, together=1, max_trials=1), served)
    store.db["jobs"].insert_many(studies.laid_out(record.name, record.uid, 1))
    return {"uid": record.uid, "state": {"$ne": "waiting"}}


@contextmanager
def _started(
    words: tuple[str, ...], served: Served, store: MongoStore, effect: Mapping[str, Any]
) -> Iterator[Start]:
    began = time.perf_counter()
    with ours.process(words, served) as pid:
        _await(store, effect, words[0])
        seconds = time.perf_counter() - began
        time.sleep(SETTLE_S)
        yield Start(seconds=round(seconds, 3), mib=round(rss(pid), 1))


def _await(store: MongoStore, effect: Mapping[str, Any], who: str) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not store.db["jobs"].find_one(effect, {"_id": 1}):
        if time.monotonic() > patience:
            raise TimeoutError(f"the {who} did nothing within {PATIENCE_S:g} s")
        time.sleep(TRY_S)


def rss(pid: int) -> float:
    """The resident memory of a process, in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / MIB
