"""What the proposals of one batch share, since they are made on the same results.

The good and the finished bad trials are the same for all of them, so each proposal's candidates are
drawn and compared with those ahead of time, for several proposals at once: the same bits as one at
a time. Only pending trials, which the batch itself adds to, are left to each proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parzen.coordinator.law import Array
from parzen.coordinator.samplers import streams
from parzen.coordinator.samplers.branches import Branch
from parzen.coordinator.samplers.parzen_estimator import (
    Kernels,
    Mixture,
    Scale,
    Sum,
    draws,
    kernel_sum,
)
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.unit import UnitCube

AHEAD = 16
"""For so many proposals at once; their densities still fit into a processor's cache."""

BAD_FACTOR = 0.5
"""The bandwidths of bad and pending trials in those of the rule. The bad are many and everywhere:
with the full bandwidth their density tells little of where each lies."""

FAILED_WEIGHT = 2.0
"""What a failed trial weighs in bad ones. What fails is a region rather than a point, so failed
trials keep the full bandwidth; they weigh more, since their density is low beside the bad's peaks.
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """One proposal's candidates, with ``rng`` as their draw left it.

    ``log_good`` is their density under the good mixture, ``bad`` the sum of the bad kernels.
    """

    points: Points
    log_good: Array
    bad: Sum
    rng: np.random.Generator


class Round:
    """Proposals ``numbers`` with ``count`` candidates each, on the same good and bad trials.

    ``bad`` (n, width) have a loss, ``failed`` (m, width) have none; ``scale`` is that of the bad,
    and of what is pending. Where there is a ``branch``, the good lie in it, and so do all
    candidates.
    """

    def __init__(
        self,
        cube: UnitCube,
        good: Mixture,
        bad: Array,
        failed: Array,
        numbers: Sequence[int],
        *,
        count: int,
        seed: int,
        branch: Branch | None = None,
    ) -> None:
        self.cube = cube
        rows = np.concatenate([bad, failed])
        self.bad_count = len(rows)
        self.scale = Scale(cube, rows, BAD_FACTOR)
        self._bad = [Kernels(bad, self.scale)]
        self._weights: Array | None = None
        if len(failed):
            self._bad.append(Kernels(failed, Scale(cube, rows)))
            self._weights = np.repeat([1.0, FAILED_WEIGHT], [len(bad), len(failed)])
        self._good = good
        self._numbers = sorted(numbers)
        self._count, self._seed, self._branch = count, seed, branch
        self._ahead: dict[int, Candidates] = {}

    def candidates(self, number: int) -> Candidates:
        """Those of proposal ``number``: once each, in ascending order."""
        if number not in self._ahead:
            left = [n for n in self._numbers if n >= number]
            self._ahead = dict(zip(left[:AHEAD], self._draw(left[:AHEAD]), strict=True))
        return self._ahead.pop(number)

    def _draw(self, numbers: Sequence[int]) -> Sequence[Candidates]:
        rngs = [streams.for_trial(self._seed, number) for number in numbers]
        drawn = [draws(self._count, self.cube.width, rng) for rng in rngs]
        which, r, keep = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        if self._branch is not None:
            self._branch.confine(r)
        points = Points(self.cube, self._good.at(which, r, keep), self._count)
        log_good = self._good.log_density(points)
        bad = np.concatenate([kernels.log_densities(points) for kernels in self._bad], axis=1)
        top, total = kernel_sum(bad, self._weights)
        parts = [slice(i * self._count, (i + 1) * self._count) for i in range(len(numbers))]
        return [
            Candidates(points.group(i), log_good[part], (top[part], total[part]), rngs[i])
            for i, part in enumerate(parts)
        ]
