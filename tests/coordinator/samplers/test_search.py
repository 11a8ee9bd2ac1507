import numpy as np
import pytest

from parzen.coordinator.samplers.acquisition import LogImprovement
from parzen.coordinator.samplers.features import Features
from parzen.coordinator.samplers.gaussian_process import posterior, prior_mean
from parzen.coordinator.samplers.search import Search, candidates
from parzen.coordinator.samplers.targets import standardised
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

SPACES = {
    "floats": Space({"x": Float(0, 1), "y": Float(1e-5, 1, log=True)}),
    "normals": Space({"x": Normal(0, 1), "y": LogNormal(0, 2), "z": LogNormal(0, 2, step=1.0)}),
    "ints": Space({"n": Int(1, 9), "k": Int(1, 300, log=True)}),
    "grids": Space({"n": Int(1, 500), "x": Float(0, 4.99, step=0.01)}),
    "huge": Space({"n": Int(-(2**63), 2**63 - 1), "k": Int(1, 2**62, log=True)}),
    "choices": Space({"c": Choice(list("abc")), "d": Choice(list(range(40)))}),
    "branches": Space(
        {
            "m": Choice({"a": {"x": Float(0, 1), "c": Choice(["p", "q"])}, "b": {"n": Int(0, 4)}}),
            "z": Float(0, 1),
        }
    ),
}


class Made:
    """A search after some random points, whose loss is a bowl around 0.3 in every number."""

    def __init__(self, space, *, seen=30):
        self.cube = UnitCube(space.dimensions)
        rng = np.random.default_rng(0)
        rows = self.cube.from_uniform(rng.random((seen, self.cube.width)))
        losses = np.nansum((rows - 0.3) ** 2, axis=1)
        self.tried = rows[np.argsort(losses)]
        self.features = Features(self.cube, rows)
        theta = prior_mean(self.features, self.cube.width)
        targets = standardised(losses)
        belief = posterior(self.features, theta, self.features.of(rows), targets)
        self.improvement = LogImprovement(belief, float(targets.min()))

    def uniform(self, count, rng):
        return self.cube.from_uniform(rng.random((count, self.cube.width)))

    def rows(self, seed=0):
        rng = np.random.default_rng(seed)
        starts = candidates(self.cube, self.uniform, self.tried, rng)
        search = Search(self.cube, self.features, self.improvement, self.crowd, rng)
        return search.best_first(starts, self.merit(starts))

    def crowd(self, rows):
        return np.zeros(len(rows))

    def merit(self, rows):
        return self.improvement.at(self.features.of(rows))


@pytest.mark.parametrize("kind", SPACES)
def test_rows_are_points_of_the_space(kind):
    space, made = SPACES[kind], Made(SPACES[kind])
    for row in made.rows():
        params = made.cube.params(row)
        space.check(params)
        np.testing.assert_allclose(made.cube.row(params), row, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["ints", "grids", "choices"])
def test_on_a_grid_rows_are_its_values_exactly(kind):
    made = Made(SPACES[kind])
    for row in made.rows():
        assert made.cube.row(made.cube.params(row)).tolist() == row.tolist()


@pytest.mark.parametrize("kind", SPACES)
def test_the_most_promising_stands_first(kind):
    made = Made(SPACES[kind])
    merit = made.merit(made.rows())
    assert len(merit) > 300
    assert (np.diff(merit) < 1e-6).all()


@pytest.mark.parametrize("kind", SPACES)
def test_the_same_stream_finds_the_same(kind):
    made = Made(SPACES[kind])
    first = made.rows(seed=5)
    np.testing.assert_array_equal(made.rows(seed=5), first)
    assert not np.array_equal(made.rows(seed=6), first, equal_nan=True)


def test_what_was_tried_stays_as_it_was():
    made = Made(SPACES["branches"])
    before = made.tried.copy()
    made.rows()
    np.testing.assert_array_equal(made.tried, before)


@pytest.mark.parametrize("seed", range(3))
def test_the_highest_point_of_a_plane_is_found(seed):
    made = Made(Space({"x": Float(0, 1), "y": Float(0, 1)}))
    line = np.linspace(0, 1, 201)
    everywhere = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    merit = made.merit(everywhere)
    best = made.rows(seed)[0]
    assert made.merit(best[None, :])[0] > merit.max() - 1e-6
    np.testing.assert_allclose(best, everywhere[np.argmax(merit)], atol=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_value_of_a_grid_is_found(seed):
    made = Made(Space({"n": Int(0, 60), "c": Choice(list("abcd"))}), seen=12)
    everywhere = np.array(list(made.cube.points(np.random.default_rng(0))))
    best = everywhere[np.argmax(made.merit(everywhere))]
    assert made.rows(seed)[0].tolist() == best.tolist()


def test_the_best_branch_is_found_where_no_good_trial_has_it():
    made = Made(SPACES["branches"])
    draws = made.uniform(20_000, np.random.default_rng(7))
    made.tried = made.tried[made.tried[:, 0] == 1]
    assert made.merit(made.rows()[:1])[0] > made.merit(draws).max()


def test_six_numbers_are_searched_better_than_by_a_crowd_of_draws():
    made = Made(Space({f"x{i}": Float(0, 1) for i in range(6)}), seen=60)
    draws = made.uniform(50_000, np.random.default_rng(7))
    assert made.merit(made.rows()[:1])[0] > made.merit(draws).max()


def test_a_crowd_keeps_away():
    made = Made(SPACES["floats"])
    [best] = made.rows()[:1]
    made.crowd = lambda rows: 50.0 * (np.abs(rows - best).max(axis=1) < 0.1)
    assert np.abs(made.rows()[0] - best).max() >= 0.1
