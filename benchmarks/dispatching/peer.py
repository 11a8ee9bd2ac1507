"""What all peers are to the benchmark, and how their processes begin together."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing.context import SpawnContext
from threading import BrokenBarrierError
from typing import Protocol

from dispatching.server import Served

START_S = 60.0
"""How long a process waits for the others to have imported and connected."""


class Peer(Protocol):
    """One subject of the benchmark."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    def run(self, workers: int, trials: int, served: Served) -> Sequence[Sequence[float]]:
        """Run ``trials`` trials in ``workers`` processes.

        Returns:
            For each worker, the moments of ``time.monotonic()`` at which its trials ended.

        Raises:
            ImportError: a package that it needs is not installed.
        """
        ...


class Gate:
    """Where the processes of a round wait for one another and get their shares of its trials."""

    def __init__(self, context: SpawnContext, processes: int, trials: int) -> None:
        self._barrier = context.Barrier(processes)
        self._left = context.Value("q", trials)

    def wait(self) -> None:
        """Return when every process has come here.

        Raises:
            BrokenBarrierError: one of them failed, or takes too long.
        """
        self._barrier.wait(START_S)

    def take(self) -> bool:
        """Take one of the trials that are left; False where there is none."""
        with self._left.get_lock():
            self._left.value -= 1
            return bool(self._left.value >= 0)

    def fail(self) -> None:
        """Let nobody wait any longer."""
        self._barrier.abort()


Part = Callable[[Gate], list[float]]
"""What one process does; it can be pickled, and calls ``Gate.wait`` once."""


def together(parts: Sequence[Part], trials: int) -> Sequence[list[float]]:
    """Call each part in a process of its own, and return what they return.

    Args:
        parts: what the processes do.
        trials: how many trials they may take from the gate in all.
    """
    context = multiprocessing.get_context("spawn")
    gate = Gate(context, len(parts), trials)
    with ProcessPoolExecutor(len(parts), context, _enter, (gate,)) as pool:
        playing = [pool.submit(_play, part) for part in parts]
    failures = [failure for future in playing if (failure := future.exception())]
    for failure in sorted(failures, key=lambda f: isinstance(f, BrokenBarrierError)):
        raise failure  # those that only waited for it come last
    return [future.result() for future in playing]


def require(package: str) -> None:
    """Refuse a peer whose package is missing.

    Raises:
        ImportError: it is not installed.
    """
    if find_spec(package) is None:
        raise ImportError(
            f"{package} is not installed, so that it cannot be measured: "
            "pip install 'parzen[benchmarks]' brings it",
            name=package,
        )


def _enter(gate: Gate) -> None:
    globals()["_gate"] = gate  # it can be handed to a process only where that is started


def _play(part: Part) -> list[float]:
    gate: Gate = globals()["_gate"]
    try:
        return part(gate)
    except BaseException:
        gate.fail()
        raise
