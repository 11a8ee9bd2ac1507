"""Simulated slots in a few processes: so many agents, spread over threads."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np
from scaling.agents import Agent, Setting, serve
from scaling.tally import Tally, Window, merged

from parzen.shared.lifecycle import StudyStatus
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.mongo.faults import translated
from parzen.shared.mongo.projections import WORKABLE
from parzen.shared.mongo.queue import LIVE
from parzen.shared.records import Worker

LIMIT_S = 10.0
START_S = 120.0
"""How long the first trial may take to finish."""
FAREWELL_S = 30.0
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who is simulated; a trial takes ``mean_s`` in the mean, exponentially distributed."""

    slots: int
    slots_per_agent: int
    processes: int
    threads: int
    mean_s: float = 0.0
    seed: int = 0

    @property
    def agents(self) -> Sequence[Worker]:
        """All of them; the last one has what slots are left."""
        host, pid = socket.gethostname(), os.getpid()
        starts = range(0, self.slots, self.slots_per_agent)
        return [
            Worker(
                id=f"simulated-{place}",
                host=host,
                pid=pid,
                slots=min(self.slots_per_agent, self.slots - start),
            )
            for place, start in enumerate(starts)
        ]


@dataclass(slots=True)
class Present:
    """A crowd at work."""

    pids: Sequence[int]
    _window: Window
    _first: Any
    _pipes: Sequence[Connection]

    def await_first(self) -> None:
        """Wait until a trial has finished.

        Raises:
            TimeoutError: none has.
        """
        if not self._first.wait(START_S):
            raise TimeoutError(f"no simulated agent finished a trial within {START_S:g} s")

    def count(self, seconds: float) -> None:
        """Open the window for so long; returns when it has closed."""
        begin = time.monotonic()
        self._window.end.value = begin + seconds
        self._window.begin.value = begin
        time.sleep(seconds)

    def tally(self) -> Tally:
        """What all have counted, once the window has closed.

        Raises:
            RuntimeError: a process died.
        """
        try:
            return merged(tally for pipe in self._pipes for tally in pipe.recv())
        except EOFError as error:
            raise RuntimeError("a process of simulated agents died; see above") from error


@contextlib.contextmanager
def present(crowd: Crowd, uri: str) -> Iterator[Present]:
    """The crowd at work while the block lasts."""
    context = multiprocessing.get_context("spawn")
    window = Window(context.Value("d", NEVER, lock=False), context.Value("d", NEVER, lock=False))
    first = context.Event()
    pipes: list[Connection] = []
    processes: list[BaseProcess] = []
    try:
        for place in range(crowd.processes):
            mine, theirs = context.Pipe(duplex=False)
            process = context.Process(
                target=_process, args=(_Post(crowd, place, uri, window, first), theirs), daemon=True
            )
            process.start()
            theirs.close()  # so that the end of the process is the end of the pipe
            pipes.append(mine)
            processes.append(process)
        yield Present([p.pid for p in processes if p.pid], window, first, pipes)
    finally:
        window.end.value = 0.0
        for one in processes:
            one.join(FAREWELL_S)
            if one.is_alive():
                one.terminate()


@dataclass(frozen=True, slots=True)
class _Post:
    """What one process, the ``place``th, is to do."""

    crowd: Crowd
    place: int
    uri: str
    window: Window
    first: Any

    @property
    def agents(self) -> Sequence[Worker]:
        """Those that it simulates."""
        return self.crowd.agents[self.place :: self.crowd.processes]

    def settings(self, store: MongoStore) -> Sequence[Setting]:
        """One for each of its threads."""
        studies = [s for s in store.queue.studies() if s.status is StudyStatus.ACTIVE]
        return [
            Setting(
                queue=store.queue,
                studies=studies,
                reread=lambda: reread(store),
                seconds=self._seconds(thread),
                tally=Tally(),
                window=self.window,
                finished=_once(self.first.set),
            )
            for thread in range(self.crowd.threads)
        ]

    def _seconds(self, thread: int) -> Callable[[], float]:
        rng = np.random.default_rng((self.crowd.seed, self.place, thread))
        mean_s = self.crowd.mean_s
        return lambda: float(rng.exponential(mean_s)) if mean_s else 0.0


def _once(call: Callable[[], object]) -> Callable[[], object]:
    """``call``, the first time only: what all processes share is slow to ask."""
    left = [call]
    return lambda: left.pop()() if left else None


def _process(post: _Post, pipe: Connection) -> None:
    broken: list[BaseException] = []
    threading.excepthook = lambda told: broken.append(told.exc_value or told.exc_type())
    with connect(post.uri) as store:
        for worker in post.agents:
            store.queue.beat(worker)
        settings = post.settings(store)
        threads = [
            threading.Thread(target=_thread, args=(post, place, setting))
            for place, setting in enumerate(settings)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if broken:
        raise broken[0]
    pipe.send([setting.tally for setting in settings])


def _thread(post: _Post, place: int, setting: Setting) -> None:
    rng = np.random.default_rng((post.crowd.seed, post.place, place))
    mine = post.agents[place :: post.crowd.threads]
    serve([Agent(worker, setting, rng) for worker in mine], setting)


def reread(store: MongoStore) -> None:
    """Have the server read the studies as an agent does, and decode nothing.

    Real agents decode on machines of their own, which the simulated ones would take from the
    server's.
    """
    with translated(store.where, LIMIT_S):
        wanted = {"status": {"$in": LIVE}}
        for _ in store.db["studies"].find_raw_batches(wanted, WORKABLE, sort=[("created_at", 1)]):
            pass
