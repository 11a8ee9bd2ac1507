"""For methods that move numbers only: their points, with all other parameters by TPE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty
from parzen.coordinator.samplers.rounds import Round
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension


def moved(cube: UnitCube) -> NDArray[np.intp]:
    """The columns that such a method moves: numbers that take part in every trial."""
    always = [j for j in cube.numeric.tolist() if not cube.dimensions[j].active_when]
    return np.array(always, dtype=np.intp)


class Completing:
    """Makes points of the space of what a method wants of its own columns.

    Args:
        dimensions: the space.
        n_startup_trials: as for TPE.
    """

    def __init__(self, dimensions: Sequence[Dimension], *, n_startup_trials: int = 10) -> None:
        self.tpe = TPESampler(dimensions, n_startup_trials=n_startup_trials)

    def round(self, history: History, numbers: Sequence[int], seed: int) -> Round | None:
        """What proposals ``numbers`` share; for :meth:`point`, and for ``tpe.one``."""
        return self.tpe.round(history, numbers, seed)

    def point(
        self, outlook: Outlook, number: int, seed: int, shared: Round | None, u: Array
    ) -> novelty.Point | None:
        """The new point that has ``u`` in the moved columns, on their grids; None: it is known.

        Where other columns are left, TPE proposes for trial ``number``, and they are its.

        Args:
            outlook: what is known.
            number: the trial.
            seed: the study's.
            shared: what :meth:`round` gave.
            u: a value in [0, 1] for each of the moved columns.
        """
        cube = outlook.cube
        columns = moved(cube)
        row = np.empty(cube.width)
        if len(columns) < cube.width:
            others = self.tpe.one(outlook, number, seed, shared)
            if others is None:
                return None
            row = others[0].copy()
        for j, x in zip(columns.tolist(), np.clip(u, 0.0, 1.0), strict=True):
            row[j] = cube.axes[j].snap(np.array([x]))[0]
        return novelty.first_new(outlook, cube.prune(row[None, :]))
