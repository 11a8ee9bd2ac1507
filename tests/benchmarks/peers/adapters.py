"""What every adapter of a peer owes."""

from __future__ import annotations

import pytest
import simulation
from benchmarks.toys import PROBLEMS

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import active


def keep_inside(problem, make, workers, trials):
    """Runs it, checks that every proposal lies in the space, and returns all that was asked."""
    cube = UnitCube(problem.dimensions)
    searcher = make(problem.dimensions)
    asked = []

    class Checked:
        def ask(self, number):
            params = searcher.ask(number)
            assert set(params) == {d.name for d in active(problem.dimensions, params)}
            row = cube.row(params)  # refuses what is not one of the values
            for name, value in cube.params(row).items():
                assert value == pytest.approx(params[name]) if _number(value) else True
                assert type(value) is type(params[name])
            asked.append(params)
            return params

        tell = staticmethod(searcher.tell)

    simulation.run(problem, Checked(), workers, trials, seed=0)
    return asked


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_all(make, trials):
    """Both toys, sequentially and with workers; every option and both ends of grids turn up."""
    for problem in PROBLEMS.values():
        keep_inside(problem, make, 1, trials)
    return keep_inside(PROBLEMS["tree"], make, 6, trials)
