"""Workers that run trials of a problem side by side, in simulated time.

A worker whose trial ends tells its loss and asks for the next trial at once. How long a trial runs
is random, by its number, and the same whoever proposes it; nothing waits in real time.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from peers.searcher import Exhausted, Searcher
from problems.problem import Problem

from parzen.shared.dimensions import Params

VERSION = 1
"""Raised when the same searcher would see other durations or noise: cached runs are void then."""

MEDIAN_S = 60.0
SPREAD = 0.5
"""The standard deviation of the logarithm of a trial's duration."""

DURATION, NOISE = 0, 1


@dataclass(frozen=True, slots=True)
class Ended:
    """A trial that ended.

    Attributes:
        number: the trial's, as asked.
        observed: the loss that the searcher was told.
        exact: the loss without noise.
        at: when it ended, in simulated seconds.
    """

    number: int
    observed: float
    exact: float
    at: float


def run(problem: Problem, searcher: Searcher, workers: int, trials: int, seed: int) -> list[Ended]:
    """Let ``workers`` work until ``trials`` trials have ended.

    Args:
        problem: what is minimised.
        searcher: who proposes.
        workers: how many trials run at once; 1 is sequential.
        trials: how many ended trials are returned; those that run then are abandoned. There are
            fewer where the searcher is exhausted before.
        seed: of the durations and the noise, which depend on the problem's name, this and the
            trial's number alone.

    Returns:
        The ended trials in the order in which they ended.

    Raises:
        ValueError: the problem's loss at a proposal is no finite number.
    """
    running: list[tuple[float, int, Params]] = []
    ended: list[Ended] = []
    asked = 0
    now = 0.0
    exhausted = False
    while len(ended) < trials:
        while len(running) < workers and not exhausted:
            try:
                params = searcher.ask(asked)
            except Exhausted:
                exhausted = True
                break
            heapq.heappush(running, (now + duration(problem, seed, asked), asked, params))
            asked += 1
        if not running:
            break
        now, number, params = heapq.heappop(running)
        exact = exact_loss(problem, params)
        observed = exact + noise(problem, seed, number)
        seconds = duration(problem, seed, number)
        if problem.gradient is None:
            searcher.tell(number, observed, at=now, seconds=seconds)
        else:
            slopes = problem.gradient(params)
            searcher.tell(number, observed, at=now, seconds=seconds, gradient=slopes)
        ended.append(Ended(number, observed, exact, now))
    return ended


def exact_loss(problem: Problem, params: Params) -> float:
    """The problem's loss at ``params``.

    Raises:
        ValueError: it is no finite number.
    """
    loss = float(problem.loss(params))
    if not math.isfinite(loss):
        raise ValueError(
            f"the loss of problem {problem.name!r} is {loss!r} at {dict(params)!r}: expected a "
            "finite number; mend the problem"
        )
    return loss


def duration(problem: Problem, seed: int, number: int) -> float:
    """How many simulated seconds trial ``number`` runs."""
    normal = _stream(problem, seed, number, DURATION).standard_normal()
    return MEDIAN_S * math.exp(SPREAD * float(normal))


def noise(problem: Problem, seed: int, number: int) -> float:
    """What is added to the exact loss of trial ``number``; 0 where the problem has no noise."""
    if not problem.noise:
        return 0.0
    return problem.noise * float(_stream(problem, seed, number, NOISE).standard_normal())


def _stream(problem: Problem, seed: int, number: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([crc32(problem.name.encode()), seed, number, purpose])
