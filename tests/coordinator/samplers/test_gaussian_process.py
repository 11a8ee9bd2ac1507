import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.gaussian_process.kernels import Matern

from parzen.coordinator.samplers.features import Features
from parzen.coordinator.samplers.gaussian_process import (
    JITTER,
    Kernel,
    Likelihood,
    fit,
    posterior,
    prior_mean,
)
from parzen.coordinator.samplers.targets import standardised
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Space

MIXED = UnitCube(
    Space(
        {
            "x": Float(0, 1),
            "m": Choice({"a": {"y": Float(0, 1)}, "b": {}}),
            "c": Choice(["p", "q", "r"]),
        }
    ).dimensions
)
THETA = np.array([-1.2, 0.1, -0.3, 0.6, 0.4, -3.0])


def at(belief, vectors):
    """The mean and the standard deviation."""
    view = belief.view(vectors)
    return view.mean, np.sqrt(view.variance)


def cube_of(width):
    return UnitCube(Space({f"x{i}": Float(0, 1) for i in range(width)}).dimensions)


def drawn(cube, count, seed=0):
    """(features, vectors) of random points."""
    rows = cube.from_uniform(np.random.default_rng(seed).random((count, cube.width)))
    features = Features(cube, rows)
    return features, features.of(rows)


def covariance(features, a, b):
    """By scikit-learn."""
    return np.exp(THETA[-2]) * Matern(np.exp(THETA[:-2])[features.groups], nu=2.5)(a, b)


@pytest.fixture
def seen():
    features, vectors = drawn(MIXED, 25)
    return features, vectors, np.random.default_rng(1).normal(size=25)


@pytest.fixture
def elsewhere(seen):
    rows = MIXED.from_uniform(np.random.default_rng(2).random((12, MIXED.width)))
    return seen[0].of(rows)


def test_covariances_are_scikit_learns(seen, elsewhere):
    features, vectors, _ = seen
    kernel = Kernel(features, THETA)
    got = kernel.between(vectors * kernel.scale, elsewhere * kernel.scale)
    np.testing.assert_allclose(got, covariance(features, vectors, elsewhere), rtol=1e-10)


def test_the_posterior_is_the_textbooks(seen, elsewhere):
    features, vectors, targets = seen
    noisy = covariance(features, vectors, vectors) + (np.exp(THETA[-1]) + JITTER) * np.eye(25)
    across = covariance(features, elsewhere, vectors)
    expected = across @ np.linalg.solve(noisy, targets)
    left = covariance(features, elsewhere, elsewhere) - across @ np.linalg.solve(noisy, across.T)
    belief = posterior(features, THETA, vectors, targets)
    mean, sd = at(belief, elsewhere)
    np.testing.assert_allclose(mean, expected, rtol=1e-8)
    np.testing.assert_allclose(sd, np.sqrt(np.diag(left)), rtol=1e-8)
    np.testing.assert_allclose(belief.view(elsewhere).mean, expected, rtol=1e-8)


def test_errors_are_what_each_point_is_off_what_the_others_say():
    features, vectors = drawn(MIXED, 12)
    targets = np.random.default_rng(1).normal(size=12)
    errors = posterior(features, THETA, vectors, targets).errors()
    for i in range(12):
        rest = np.arange(12) != i
        others = posterior(features, THETA, vectors[rest], targets[rest])
        said = others.view(vectors[i : i + 1]).mean[0]
        assert errors[i] == pytest.approx(targets[i] - said, rel=1e-6)


def test_slopes_are_the_gradients_of_mean_and_deviation(seen, elsewhere):
    belief = posterior(seen[0], THETA, *seen[1:])
    for vector in elsewhere:
        mean, sd, by_mean, by_sd = belief.slopes(vector)
        assert (mean, sd) == pytest.approx([float(x[0]) for x in at(belief, vector[None, :])])
        for i, by in enumerate((by_mean, by_sd)):
            by_steps = approx_fprime(vector, lambda v, i=i: at(belief, v[None, :])[i][0], 1e-7)
            np.testing.assert_allclose(by, by_steps, rtol=1e-4, atol=1e-5)


def test_the_deviation_stays_above_nothing_where_all_is_known(seen):
    features, vectors, targets = seen
    certain = THETA.copy()
    certain[-1] = -40
    mean, sd = at(posterior(features, certain, vectors, targets), vectors)
    np.testing.assert_allclose(mean, targets, atol=1e-3)
    assert (sd > 0).all()
    assert (sd < 1e-3).all()


def test_the_likelihood_is_that_of_the_normal_law_and_its_prior(seen):
    """As differences between two hyperparameters, which is all that a fit looks at."""
    features, vectors, targets = seen
    prior = prior_mean(features, 2.5)
    likelihood = Likelihood(features, vectors, targets, prior)
    deviations = np.array([0.7] * 4 + [1.0, 2.0])
    noisy = covariance(features, vectors, vectors) + (np.exp(THETA[-1]) + JITTER) * np.eye(25)
    expected = 0.5 * targets @ np.linalg.solve(noisy, targets)
    expected += 0.5 * np.linalg.slogdet(noisy)[1]
    expected += 0.5 * (((THETA - prior) / deviations) ** 2).sum()
    assert likelihood(THETA)[0] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihoods_gradient_is_its_slope(seen, seed):
    features, vectors, targets = seen
    likelihood = Likelihood(features, vectors, targets, prior_mean(features, 2.5))
    theta = THETA + np.random.default_rng(seed).normal(0, 0.5, len(THETA))
    by_steps = approx_fprime(theta, lambda t: likelihood(t)[0], 1e-6)
    np.testing.assert_allclose(likelihood(theta)[1], by_steps, rtol=1e-4, atol=1e-4)


def test_what_is_believed_to_end_as_predicted_leaves_predictions_and_takes_doubt(seen, elsewhere):
    features, vectors, targets = seen
    before = posterior(features, THETA, vectors, targets)
    pending, others = elsewhere[:4], elsewhere[4:]
    after = before.believing(pending)
    ended = np.append(targets, before.view(pending).mean)
    as_if = posterior(features, THETA, np.concatenate([vectors, pending]), ended)
    for where in (pending, others, vectors):
        np.testing.assert_allclose(after.view(where).mean, before.view(where).mean, atol=1e-12)
        np.testing.assert_allclose(after.view(where).mean, as_if.view(where).mean, atol=1e-8)
        np.testing.assert_allclose(at(after, where)[1], at(as_if, where)[1], rtol=1e-8)
        assert (at(after, where)[1] <= at(before, where)[1] + 1e-12).all()
    assert (at(after, pending)[1] < 0.9 * at(before, pending)[1]).all()


def test_believing_twice_is_believing_both(seen, elsewhere):
    belief = posterior(seen[0], THETA, *seen[1:])
    once = belief.believing(elsewhere[:6])
    twice = belief.believing(elsewhere[:2]).believing(elsewhere[2:6])
    np.testing.assert_allclose(at(once, elsewhere), at(twice, elsewhere), rtol=1e-8)


def fitted(cube, count, loss):
    """(theta, features, vectors, targets) for a loss of the rows."""
    features, vectors = drawn(cube, count)
    targets = standardised(loss(vectors))
    prior = prior_mean(features, cube.width)
    theta = fit(Likelihood(features, vectors, targets, prior), [prior])
    return theta, features, vectors, targets


def test_a_parameter_that_matters_gets_a_short_length_and_another_a_long_one():
    theta, *_ = fitted(cube_of(2), 40, lambda x: np.sin(9 * x[:, 0]))
    short, long = np.exp(theta[:2])
    assert short < 0.5
    assert long > 4 * short


def test_noise_is_told_from_signal():
    noise = np.random.default_rng(3).normal(0, 1, 80)
    smooth, *_ = fitted(cube_of(1), 80, lambda x: np.sin(6 * x[:, 0]))
    rough, *_ = fitted(cube_of(1), 80, lambda x: np.sin(6 * x[:, 0]) + noise)
    assert np.exp(smooth[-1]) < 0.01
    assert np.exp(rough[-1]) > 0.1


def test_the_best_of_several_starts_is_kept():
    _, features, vectors, targets = fitted(cube_of(2), 30, lambda x: np.cos(5 * x[:, 0]))
    prior = prior_mean(features, 2)
    likelihood = Likelihood(features, vectors, targets, prior)
    starts = [prior, prior + 1.5, prior - 1.5]
    alone = [likelihood(fit(likelihood, [start]))[0] for start in starts]
    assert likelihood(fit(likelihood, starts))[0] == min(alone)


def test_lengths_are_expected_to_grow_as_distances_do():
    for width in (1, 4, 100):
        expected = prior_mean(drawn(cube_of(width), 3)[0], width)
        np.testing.assert_allclose(np.exp(expected[:-2]), 0.5 * np.sqrt(width))


def test_sixty_points_tell_of_a_sphere_in_twenty_dimensions():
    """And more than if lengths were expected to be those of one dimension."""
    cube = cube_of(20)

    def error(seed, active):
        """As a share of that of the mean."""
        features, vectors = drawn(cube, 60, seed)
        _, fresh = drawn(cube, 200, seed + 50)
        losses, expected = (((x - 0.3) ** 2).sum(axis=1) for x in (vectors, fresh))
        targets = (losses - losses.mean()) / losses.std()
        prior = prior_mean(features, active)
        theta = fit(Likelihood(features, vectors, targets, prior), [prior])
        predicted = posterior(features, theta, vectors, targets).view(fresh).mean
        off = predicted * losses.std() + losses.mean() - expected
        return (off**2).mean() / expected.var()

    grown, short = (np.mean([error(seed, active) for seed in range(4)]) for active in (20, 1))
    assert grown < 0.5
    assert grown < 0.8 * short
