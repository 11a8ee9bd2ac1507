"""The idle gap: from an objective's return to the next one's call, and from a submit to the first.

What lies between two calls is told by the objective itself (studies.py), for each process. It is
compared with one claim's round trip, measured on the same server while nothing else runs: parzen's
claim of one trial, as often as one slot makes one (a process that rested wakes up cold, as do its
server and the disk) and one after another, and the claim of the bare loop one after another. The
first call after a submit is compared with what loading its objective takes in a process that has
parzen imported already.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
from dispatching import bare, ours, studies
from dispatching.ours import Crew
from dispatching.server import Served
from dispatching.studies import Call
from pymongo.write_concern import WriteConcern
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table as Grid

from parzen.client import Study
from parzen.shared import bundle
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.mongo.schema import INDEXES
from parzen.shared.records import Study as Record
from parzen.shared.records import Worker

FIRST = 5
"""So many calls of each process are left out: it has just started."""
OBJECTIVE_S = 0.05
LOADS = ((Crew(1), True), (Crew(1, 8), True), (Crew(1), False))
"""Who works, and whether a coordinator proposes all the while."""
TRY_S = 0.05
PATIENCE_S = 120.0
LEASE_S = 600.0
LOAD = """
import sys, time
from pathlib import Path
import parzen.worker.executor.child
from parzen.shared import bundle
data, folder = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
began = time.perf_counter()
bundle.load(data, folder, None)
print(time.perf_counter() - began)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured: calls of each slot, claims, and submits to an idle agent.

    It is left alone for ``settle_s`` before the first submit, and ``rest_s`` before the others.
    """

    calls: int = 100
    claims: int = 200
    submits: int = 20
    settle_s: float = 3.0
    rest_s: float = 2.0


QUICK = Effort(calls=25, claims=100, submits=3, rest_s=1.0)


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in ms: their median, their 99th percentile, and how many there were."""

    median: float
    most: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """From a submit's return to the first call on an idle agent, and what belongs to it."""

    latency: Spread
    submit: Spread
    load: Spread

    @property
    def beyond_load_ms(self) -> float:
        """What the median latency is beyond loading the objective."""
        return self.latency.median - self.load.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What was measured on one server; ``between`` by what ran."""

    server: str
    paced_claim: Spread
    claim: Spread
    bare_claim: Spread
    between: Mapping[str, Spread]
    first: FirstCall

    def told(self) -> Mapping[str, object]:
        """All figures, for a machine."""
        return {
            **asdict(self),
            "over_paced_claim": self._over(self.paced_claim),
            "over_claim": self._over(self.claim),
            "first_beyond_load_ms": round(self.first.beyond_load_ms, 4),
        }

    def _over(self, claim: Spread) -> Mapping[str, float]:
        """The gaps' medians over that of ``claim``."""
        return {name: round(s.median / claim.median, 3) for name, s in self.between.items()}


def measured(server: str, served: Served, effort: Effort) -> Gaps:
    """All gaps on one server, which nobody else uses."""
    with connect(served.uri) as store:
        # before the others: this agent and this coordinator serve whatever studies there are
        first = first_call(store, served, effort)
        paced_claim = claims(store, served, effort, OBJECTIVE_S)
        claim, bare_claim = claims(store, served, effort), bare_claims(store, effort)
        between = {
            f"{'closed loop' if proposing else 'laid out'}, {_slots(crew)}": spread(
                between_calls(store, crew, served, effort, proposing=proposing)
            )
            for crew, proposing in LOADS
        }
    return Gaps(
        server=server,
        paced_claim=paced_claim,
        claim=claim,
        bare_claim=bare_claim,
        between=between,
        first=first,
    )


def show(every: Sequence[Gaps], console: Console) -> None:
    """Two tables for readers: between calls, and before the first."""
    grid = Grid(
        "server", "gap between calls", "median ms", "99 % ms", "over a claim, paced",
        "over a claim", "over a bare claim", box=MARKDOWN,
    )  # fmt: skip
    for found in every:
        claims = {
            f"(one claim every {1e3 * OBJECTIVE_S:.0f} ms)": found.paced_claim,
            "(one claim after another)": found.claim,
            "(one bare claim after another)": found.bare_claim,
        }
        for name, of in {**found.between, **claims}.items():
            times = (f"{of.median / one.median:.2f}" for one in claims.values())
            grid.add_row(found.server, name, f"{of.median:.2f}", f"{of.most:.2f}", *times)
    console.print(grid)
    grid = Grid(
        "server", "submit to first call, median ms", "99 % ms", "loading ms", "beyond loading ms",
        "the submit itself ms", box=MARKDOWN,
    )  # fmt: skip
    for found in every:
        first = found.first
        figures = (first.latency.median, first.latency.most, first.load.median)
        shown = (*figures, first.beyond_load_ms, first.submit.median)
        grid.add_row(found.server, *(f"{ms:.1f}" for ms in shown))
    console.print(grid)


def spread(seconds: Sequence[float]) -> Spread:
    """What durations come to.

    Raises:
        ValueError: there are none.
    """
    if not seconds:
        raise ValueError(f"nothing was measured: a process needs over {FIRST + 1} calls")
    middle, most = np.percentile(seconds, [50, 99])
    return Spread(round(1e3 * float(middle), 4), round(1e3 * float(most), 4), len(seconds))


def gaps(made: Mapping[int, Sequence[Call]]) -> Sequence[float]:
    """The seconds between one call and the next of the same process, but for the first calls."""
    return [
        later.begun - earlier.ended
        for of_one in made.values()
        for earlier, later in pairwise(of_one[FIRST:])
    ]


def between_calls(
    store: MongoStore, crew: Crew, served: Served, effort: Effort, *, proposing: bool
) -> Sequence[float]:
    """The gaps while a coordinator proposes at random, or while what was laid out is run."""
    trials = effort.calls * crew.size
    study = studies.declared(
        served.home,
        together=crew.size,
        max_trials=trials if proposing else None,
        seconds=OBJECTIVE_S,
    )
    record = ours.submitted(study, served)
    if not proposing:
        _lay_out(store, record, trials)
    proposer = ours.coordinating(served, record) if proposing else contextlib.nullcontext()
    with proposer, ours.working(crew, served, record):
        _await_complete(store, record, trials)
    return gaps(studies.calls(store, record.uid))


def claims(store: MongoStore, served: Served, effort: Effort, rest_s: float = 0.0) -> Spread:
    """The round trip of parzen's claim of one trial, after resting so long."""
    record = ours.submitted(studies.declared(served.home), served)
    _lay_out(store, record, effort.claims)
    worker = Worker(id=uuid.uuid4().hex, host="", pid=0, slots=1, lease_s=LEASE_S)
    store.queue.beat(worker)
    found = _timed(lambda: store.queue.claim(worker, [record], 1), effort.claims, rest_s)
    store.queue.leave(worker.id)
    return found


def bare_claims(store: MongoStore, effort: Effort) -> Spread:
    """The round trip of the bare loop's claim."""
    database = store.db.client[f"bare_{uuid.uuid4().hex}"]
    jobs = database.get_collection("jobs", write_concern=WriteConcern(w="majority", j=True))
    jobs.create_indexes(list(INDEXES["jobs"]))
    jobs.insert_many(studies.laid_out("bare", uuid.uuid4().hex, effort.claims), ordered=False)
    try:
        return _timed(lambda: bare.claim(jobs), effort.claims)
    finally:
        database.client.drop_database(database.name)


def first_call(store: MongoStore, served: Served, effort: Effort) -> FirstCall:
    """Submit to an agent and a coordinator that have nothing to do, again and again.

    Both serve every study of the store.
    """
    submits: list[float] = []
    latencies: list[float] = []
    with _idling(store, served, effort):
        for _ in range(effort.submits):
            study = studies.declared(served.home, max_trials=1)
            began = time.monotonic()
            record = ours.submitted(study, served)
            returned = time.monotonic()
            _await_complete(store, record, 1)
            ((call,),) = studies.calls(store, record.uid).values()
            submits.append(returned - began)
            latencies.append(call.begun - returned)
            time.sleep(effort.rest_s)
    loads = [loading(studies.declared(served.home), served) for _ in range(effort.submits)]
    return FirstCall(latency=spread(latencies), submit=spread(submits), load=spread(loads))


def loading(study: Study, served: Served) -> float:
    """How many seconds a new process, with parzen imported, takes to load a study's objective."""
    built = bundle.build(study.objective, study.space, setup=study.setup, main_file=study.main_file)
    folder = served.home / "loading" / study.name
    folder.mkdir(parents=True)
    file = folder / "bundle"
    file.write_bytes(built.data)
    # what an agent's process sees
    environ = {**os.environ, **dict.fromkeys(ours.THREADS, "1"), "PYTHONPATH": str(ours.HERE)}
    said = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", LOAD, str(file), str(folder)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(said.stdout)


@contextlib.contextmanager
def _idling(store: MongoStore, served: Served, effort: Effort) -> Iterator[None]:
    """An agent of one slot and a coordinator, of all studies, both long started."""
    agent = ours.process(("worker", "--slots", "1", "--grace", "0"), served)
    with agent, ours.process(("coordinator",), served):
        _await(lambda: {w.role for w in store.ledger.workers()} >= {"worker", "coordinator"})
        time.sleep(effort.settle_s)
        yield


def _lay_out(store: MongoStore, record: Record, trials: int) -> None:
    waiting = studies.laid_out(record.name, record.uid, trials)
    store.db.jobs.insert_many(waiting, ordered=False)


def _timed(step: Callable[[], Sized | None], times: int, rest_s: float = 0.0) -> Spread:
    taken = []
    for _ in range(times):
        time.sleep(rest_s)
        began = time.perf_counter()
        found = step()
        taken.append(time.perf_counter() - began)
        if not found:
            raise ValueError("a claim came back without a trial, though some wait")
    return spread(taken)


def _await_complete(store: MongoStore, record: Record, trials: int) -> None:
    wanted = {"uid": record.uid, "state": "complete"}
    _await(lambda: store.db.jobs.count_documents(wanted) >= trials)


def _await(over: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not over():
        if time.monotonic() > patience:
            raise TimeoutError(f"the gap's measurement took longer than {PATIENCE_S:g} s")
        time.sleep(TRY_S)


def _slots(crew: Crew) -> str:
    return f"{crew.slots} slot{'' if crew.slots == 1 else 's'}"
