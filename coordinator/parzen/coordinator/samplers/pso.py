"""A swarm of particles, each drawn to the best point of its own and to the best of all.

Source: Kennedy and Eberhart, "Particle Swarm Optimization" (1995), with the inertia of Shi and
Eberhart, "A Modified Particle Swarm Optimizer" (1998). It is asynchronous as in Carlisle and
Dozier, "An Off-The-Shelf PSO" (2001): a particle moves on as soon as its own trial has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, takewhile

import numpy as np

from parzen.coordinator import memos
from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.memos import BY, MEMBER, Memo
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import crossing, novelty, options, streams
from parzen.coordinator.samplers.protocol import Remembered
from parzen.coordinator.samplers.starting import Start
from parzen.shared.dimensions import Dimension, Params

NAME = "pso"
AT, VELOCITY = "at", "velocity"

FASTEST = 0.2
"""No number moves further at once, in u."""

REBOUND = -0.5
"""What a border makes of a number's velocity."""

CHANCES = (0.2, 0.3, 0.4)
"""With these a particle's option is the last one of its own, that of its best point and that of the
best of all; else it is drawn from the prior."""


class PSOSampler:
    """Particle swarm optimization: points that fly towards the best known.

    A particle flies on from the last of its trials that ended, whatever the others do; one whose
    trial is pending waits. Where all of them wait, the swarm gets another.

    Args:
        dimensions: the space.
        n_particles: how many there are at least; they begin at points of a Sobol sequence.
        inertia: how much of its velocity a particle keeps, from 0 to 1.
        cognitive: how strongly it is drawn to the best point of its own, from 0 to 4.
        social: how strongly it is drawn to the best point of all, from 0 to 4.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        n_particles: int = 10,
        inertia: float = 0.6,
        cognitive: float = 1.2,
        social: float = 1.2,
    ) -> None:
        self._particles = options.whole("n_particles", n_particles, 1, options.LARGEST_POPULATION)
        self._inertia = options.between("inertia", inertia, 0, 1, inclusive=True)
        self._cognitive = options.between("cognitive", cognitive, 0, 4, inclusive=True)
        self._social = options.between("social", social, 0, 4, inclusive=True)
        self._start = Start(dimensions)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            rng = streams.for_trial(seed, number)
            particle = self._free(outlook)
            moved = self._moved(history, particle, rng)
            if moved is None:
                motion: Memo = {}
                point = self._start.one(outlook, number, seed)
            else:
                row, motion = moved
                point = crossing.nearest_new(outlook, row, rng)
            if point is None:
                return None
            return point[0], Remembered(point[1], {BY: NAME, MEMBER: particle, **motion})

        return novelty.batch(history, numbers, one)

    def _free(self, outlook: Outlook) -> int:
        """The particle that moves next: of those that do not wait, the one whose turn was first.

        A new one where the swarm is not complete, or waits as a whole.
        """
        history = outlook.history
        waiting = {memos.member(memo) for _, memo in outlook.pending_memos(NAME)}
        swarm = list(takewhile(lambda p: p in waiting or history.series(NAME, p).ended, count()))
        free = [(history.series(NAME, p).ended[-1], p) for p in swarm if p not in waiting]
        return min(free)[1] if free and len(swarm) >= self._particles else len(swarm)

    def _moved(
        self, history: History, particle: int, rng: np.random.Generator
    ) -> tuple[Array, Memo] | None:
        """Where the particle goes, a whole row, and its motion as it will remember it.

        None: no trial of its own has ended, or nobody's is complete.
        """
        series, best, cube = history.series(NAME, particle), history.ranked_numbers, history.cube
        if not series.ended or not best:
            return None
        last = series.ended[-1]
        rows = history.rows([last, (series.ranked or best)[0], best[0]])
        own = crossing.whole(cube, rows, rng)
        personal = crossing.whole(cube, np.stack([rows[1], rows[2], own]), rng)
        leader = crossing.whole(cube, np.stack([rows[2], own]), rng)
        j = cube.numeric
        at, velocity = _motion(history.memo(last), own[j], ~np.isnan(rows[0, j]), rng)
        pulls = rng.random((2, len(j)))
        velocity = (
            self._inertia * velocity
            + self._cognitive * pulls[0] * (personal[j] - at)
            + self._social * pulls[1] * (leader[j] - at)
        )
        at, velocity = _flown(at, np.clip(velocity, -FASTEST, FASTEST))
        row = own.copy()
        row[j] = at
        row[cube.categorical] = crossing.options(
            cube, np.stack([own, personal, leader]), np.array(CHANCES), rng
        )
        return row, {AT: at.tolist(), VELOCITY: velocity.tolist()}


def _motion(
    memo: Memo | None, own: Array, took_part: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Where a particle is, between the values of a grid too, and its velocity: (n,) each.

    Args:
        memo: that of its last trial.
        own: its last trial's numbers, made whole, (n,).
        took_part: which of them took part, (n,); the others are at rest.
        rng: what its first velocity is drawn from.
    """
    at = velocity = None
    if memo is not None:
        at, velocity = (memos.vector(memo, key, len(own)) for key in (AT, VELOCITY))
    if at is None or velocity is None:
        at, velocity = own, (rng.random(len(own)) - own) / 2
    return (
        np.where(took_part, np.clip(at, 0.0, 1.0), own),
        np.where(took_part, np.clip(velocity, -FASTEST, FASTEST), 0.0),
    )


def _flown(at: Array, velocity: Array) -> tuple[Array, Array]:
    """Position and velocity one step on; borders mirror and slow down."""
    to = at + velocity
    outside = (to < 0.0) | (to > 1.0)
    return 1.0 - np.abs(1.0 - np.abs(to)), np.where(outside, REBOUND * velocity, velocity)
