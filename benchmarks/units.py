"""The units of work of a comparison, each done in one go and kept as one small file.

A run is one sampler on one problem; a reference is random search on one problem, many times over.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import constants
import numpy as np
import simulation
from peers import registry
from peers.searcher import Searcher
from problems.problem import Gradient, Problem

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Params
from parzen.shared.errors import InvalidStudy

BUDGETS = (30, 50, 100, 200, 512)
"""The numbers of ended trials at which runs are looked at."""

REFERENCES = 100
"""How many random searches make up a reference."""

PROBES = 4
"""A problem's version is told by its losses at so many points."""


@dataclass(frozen=True, slots=True)
class Run:
    """One sampler's run on one problem.

    Attributes:
        problem: the problem's name.
        sampler: the sampler as it is written, options included.
        workers: how many trials run at once.
        trials: how many are waited for.
        seed: of the sampler, the durations and the noise.
        version: what the result goes by beside these: that of sampler, problem and simulation.
    """

    problem: str
    sampler: str
    workers: int
    trials: int
    seed: int
    version: str

    def path(self, cache: Path) -> Path:
        """Where the result is kept."""
        return self._folder(cache) / f"{self.workers}x{self.trials}{self._ending}"

    def found(self, cache: Path) -> Path | None:
        """Where it was kept: itself, or the shortest longer run, which begins like it."""
        longer = {
            int(path.name[len(f"{self.workers}x") : -len(self._ending)]): path
            for path in self._folder(cache).glob(f"{self.workers}x*{self._ending}")
        }
        return longer.get(min((n for n in longer if n >= self.trials), default=-1))

    @property
    def _ending(self) -> str:
        return f"-{self.seed}-{_key(self.version)}.json"

    def _folder(self, cache: Path) -> Path:
        return cache / self.problem / quote(self.sampler, safe=":=,.@;")

    def compute(self, problem: Problem) -> dict[str, Any]:
        """Run it.

        Returns:
            The fields of the run; ``incumbents``: [count, loss] each time that, after ``count``
            ended trials, the one of the lowest observed loss is another, with its exact loss;
            ``asked``: how many trials were asked for; ``cpu_s``: seconds of CPU for all of asking
            and telling. Where the sampler cannot search this space, ``refused`` instead: why.
        """
        name, options = registry.parse(self.sampler)
        with constants.replaced(self.sampler):
            try:
                made = registry.make(name, problem.dimensions, self.seed, options, self.workers)
            except (InvalidStudy, ValueError) as error:
                return {**_fields(self), "refused": str(error)}
            searcher = _Timed(made)
            ended = simulation.run(problem, searcher, self.workers, self.trials, self.seed)
        return {
            **_fields(self),
            "incumbents": incumbents((e.observed, e.exact) for e in ended),
            "asked": searcher.asked,
            "cpu_s": searcher.cpu_s,
        }


@dataclass(frozen=True, slots=True)
class Reference:
    """Random search on one problem, ``REFERENCES`` times up to the largest of ``BUDGETS``."""

    problem: str
    version: str

    def path(self, cache: Path) -> Path:
        """Where the result is kept."""
        return cache / self.problem / f"reference-{_key(self.version)}.json"

    def found(self, cache: Path) -> Path | None:
        """Where it was kept, at all of ``BUDGETS``."""
        path = self.path(cache)
        if not path.exists():
            return None
        budgets = json.loads(path.read_text(encoding="utf-8"))["exact"]
        return path if set(map(str, BUDGETS)) <= set(budgets) else None

    def compute(self, problem: Problem) -> dict[str, Any]:
        """Run it.

        Returns:
            The fields, and ``exact``: for each of ``BUDGETS`` the exact losses of the incumbents,
            one for each random search.
        """
        cube = UnitCube(problem.dimensions)
        exact: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
        for seed in range(REFERENCES):
            rows = cube.from_uniform(_random(problem, seed).random((max(BUDGETS), cube.width)))
            losses = [simulation.exact_loss(problem, cube.params(row)) for row in rows]
            observed = [
                loss + simulation.noise(problem, seed, number) for number, loss in enumerate(losses)
            ]
            changes = incumbents(zip(observed, losses, strict=True))
            for budget in BUDGETS:
                exact[budget].append(incumbent_at(changes, budget))
        return {**_fields(self), "exact": exact}


Unit = Run | Reference


class _Timed:
    """A searcher whose CPU time is taken."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self.asked = 0
        self.cpu_s = 0.0

    def ask(self, number: int) -> Params:
        start = time.process_time()
        params = self._searcher.ask(number)
        self.cpu_s += time.process_time() - start
        self.asked += 1
        return params

    def tell(
        self,
        number: int,
        loss: float,
        *,
        at: float,
        seconds: float,
        gradient: Gradient | None = None,
    ) -> None:
        start = time.process_time()
        self._searcher.tell(number, loss, at=at, seconds=seconds, gradient=gradient)
        self.cpu_s += time.process_time() - start


def incumbents(losses: Iterable[tuple[float, float]]) -> list[tuple[int, float]]:
    """(count, exact loss) of each trial that is the lowest observed so far.

    Args:
        losses: (observed, exact) of the ended trials, in their order.
    """
    changes: list[tuple[int, float]] = []
    lowest = float("inf")
    for count, (observed, exact) in enumerate(losses, start=1):
        if observed < lowest:
            lowest = observed
            changes.append((count, exact))
    return changes


def incumbent_at(changes: Iterable[tuple[int, float]], budget: int) -> float:
    """The exact loss of the incumbent after ``budget`` ended trials, at least 1."""
    return [exact for count, exact in changes if count <= budget][-1]


def load(cache: Path, unit: Unit) -> dict[str, Any] | None:
    """What was kept of the unit; None where nothing was."""
    path = unit.found(cache)
    if path is None:
        return None
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and start again") from None
    return kept


def save(cache: Path, unit: Unit, result: Mapping[str, Any]) -> None:
    """Keep the result: whole, or not at all."""
    path = unit.path(cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        written = Path(folder) / path.name
        written.write_text(json.dumps(result), encoding="utf-8")
        written.replace(path)


def work(suite: str, cache: Path, unit: Unit) -> None:
    """Do one unit and keep its result; called in a worker process."""
    if unit.version != version(suite, unit.problem, getattr(unit, "sampler", None)):
        raise RuntimeError("the source changed since the start: start again to go by the new one")
    save(cache, unit, unit.compute(problem(suite, unit.problem)))


def version(suite: str, problem: str, sampler: str | None) -> str:
    """What the result of a unit goes by: of a sampler's run, or where it is None of a reference."""
    told = problem_version(suite, problem)
    return told if sampler is None else f"{told} {registry.version(registry.parse(sampler)[0])}"


@lru_cache(maxsize=8)
def problem(suite: str, name: str) -> Problem:
    """The problem ``name`` of the module ``suite``."""
    loaded: Problem = importlib.import_module(suite).load(name)
    return loaded


@lru_cache(maxsize=1024)
def problem_version(suite: str, name: str) -> str:
    """What tells the problem from an earlier one of its name: its space, noise and some losses."""
    it = problem(suite, name)
    cube = UnitCube(it.dimensions)
    rows = cube.from_uniform(_random(it, 0).random((PROBES, cube.width)))
    losses = [f"{simulation.exact_loss(it, cube.params(row)):.8g}" for row in rows]
    return _key(f"{simulation.VERSION} {it.dimensions!r} {it.noise!r} {losses!r}")


def _random(problem: Problem, seed: int) -> np.random.Generator:
    return np.random.default_rng([*problem.name.encode(), seed])


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _fields(unit: Unit) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in unit.__dataclass_fields__}
