"""The models of scikit-learn whose cross-validated losses are tabulated, and on which data.

Imported only to tabulate: :mod:`problems.tabulated` reads the tables without scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from problems.axes import Axis
from sklearn import datasets, ensemble, linear_model, neighbors, neural_network, svm
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

Array = npt.NDArray[Any]

SEED = 20
FOLDS = 3
LEAST_PROBABILITY = 1e-3
"""Below which a probability is not punished further."""
WORST_ERROR = 2.0
"""The squared error, relative to that of the mean, at which the loss is capped."""


@dataclass(frozen=True)
class Fold:
    """One fold of a data set, its features standardised by what is trained on."""

    regression: bool
    x: Array
    y: Array
    x_test: Array
    y_test: Array


Predict = Callable[[Fold, Mapping[str, Any], Sequence[int]], list[Array]]
"""(fold, settings, stages) -> predictions for the tested part after each stage: shape (n,) of a
regression, and (n, classes) of a classification, as probabilities. Models without stages get (0,).
"""


@dataclass(frozen=True)
class Family:
    """One model with what of it is tuned.

    Attributes:
        predict: trains and predicts.
        axes: the levels of each parameter; the last one is had at no cost where ``staged``.
        staged: whether predictions for all levels of the last axis come of one training.
    """

    predict: Predict
    axes: tuple[Axis, ...]
    staged: bool = False


def losses(table: str, settings: Mapping[str, Any]) -> list[float]:
    """The cross-validated losses at one setting of all axes but a staged one, for each stage."""
    data, family = TABLES[table]
    stages = family.axes[-1].whole() if family.staged else [0]
    folds = folds_of(data)
    with warnings.catch_warnings():
        # A budget of iterations that is too small for some settings is a part of the problem.
        warnings.simplefilter("ignore", ConvergenceWarning)
        predicted = [family.predict(fold, settings, stages) for fold in folds]
    return [_loss(data, folds, [p[i] for p in predicted]) for i in range(len(stages))]


def _loss(data: str, folds: Sequence[Fold], predicted: Sequence[Array]) -> float:
    y = np.concatenate([fold.y_test for fold in folds])
    if folds[0].regression:  # 1 - R2, with infinities and NaN of diverged models capped
        error = np.nan_to_num(np.concatenate(predicted), nan=np.inf) - y
        return float(min(np.mean(np.minimum(error**2, 1e12)) / np.var(y), WORST_ERROR))
    probabilities = np.nan_to_num(np.concatenate(predicted), nan=0.0)
    if data == "digits":
        return float(np.mean(probabilities.argmax(axis=1) != y))
    right = probabilities[np.arange(len(y)), y]
    return float(-np.mean(np.log(np.clip(right, LEAST_PROBABILITY, 1.0))))


@cache
def folds_of(data: str) -> tuple[Fold, ...]:
    """The folds of ``data``, the same in every process."""
    x, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    regression = data == "diabetes"
    kept = np.random.default_rng(SEED).permutation(len(y))[:600]
    x, y = x[kept], y[kept]
    kind = KFold if regression else StratifiedKFold
    folds = []
    for train, test in kind(FOLDS, shuffle=True, random_state=SEED).split(x, y):
        scale = StandardScaler().fit(x[train])
        parts = (scale.transform(x[train]), y[train], scale.transform(x[test]), y[test])
        folds.append(Fold(regression, *parts))
    return tuple(folds)


def _margins(model: Any, x: Array) -> Array:
    """Probabilities of a model that knows none: the softmax of its margins."""
    margins = model.decision_function(x)
    if margins.ndim == 1:
        margins = np.stack([-margins / 2, margins / 2], axis=1)
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _support(fold: Fold, at: Mapping[str, Any], stages: Sequence[int]) -> list[Array]:
    del stages
    chosen = {"C": at["C"], "gamma": at["gamma"], "kernel": at["kernel"], "max_iter": 20_000}
    if fold.regression:
        spread = fold.y.std()
        model = svm.SVR(epsilon=at["epsilon"], **chosen)
        model.fit(fold.x, (fold.y - fold.y.mean()) / spread)
        return [model.predict(fold.x_test) * spread + fold.y.mean()]
    model = svm.SVC(**chosen)
    if "components" in at:
        model = make_pipeline(PCA(at["components"], random_state=SEED), model)
    else:  # margins of all classes, not votes of pairs, so that they can be made probabilities
        model = OneVsRestClassifier(model)
    return [_margins(model.fit(fold.x, fold.y), fold.x_test)]


def _network(fold: Fold, at: Mapping[str, Any], stages: Sequence[int]) -> list[Array]:
    model = neural_network.MLPClassifier(
        hidden_layer_sizes=(at["width"],) * at["layers"],
        activation=at["activation"],
        alpha=at["alpha"],
        learning_rate_init=at["learning_rate"],
        batch_size=100,
        random_state=SEED,
    )
    predicted: list[Array] = []
    for epoch in range(1, max(stages) + 1):
        model.partial_fit(fold.x, fold.y, classes=np.unique(fold.y))
        if epoch in stages:
            predicted.append(model.predict_proba(fold.x_test))
    return predicted


def _boosting(fold: Fold, at: Mapping[str, Any], stages: Sequence[int]) -> list[Array]:
    kind = "Regressor" if fold.regression else "Classifier"
    model = getattr(ensemble, f"GradientBoosting{kind}")(
        learning_rate=at["learning_rate"],
        max_depth=at["max_depth"],
        subsample=at["subsample"],
        n_estimators=max(stages),
        max_features=0.3,
        random_state=SEED,
    ).fit(fold.x, fold.y)
    staged = model.staged_predict if fold.regression else model.staged_predict_proba
    return [p for trees, p in enumerate(staged(fold.x_test), start=1) if trees in stages]


def _forest(fold: Fold, at: Mapping[str, Any], stages: Sequence[int]) -> list[Array]:
    kind = "Regressor" if fold.regression else "Classifier"
    model = getattr(ensemble, f"RandomForest{kind}")(
        n_estimators=max(stages), random_state=SEED, **at
    ).fit(fold.x, fold.y)
    trees = model.estimators_
    each = [
        t.predict(fold.x_test) if fold.regression else t.predict_proba(fold.x_test) for t in trees
    ]
    return [np.mean(each[:stage], axis=0) for stage in stages]


def _neighbours(fold: Fold, at: Mapping[str, Any], stages: Sequence[int]) -> list[Array]:
    del stages
    model = neighbors.KNeighborsClassifier(**at).fit(fold.x, fold.y)
    return [model.predict_proba(fold.x_test)]


def _linear(fold: Fold, at: Mapping[str, Any], stages: Sequence[int]) -> list[Array]:
    del stages
    if fold.regression:
        model = make_pipeline(
            PolynomialFeatures(at["degree"], include_bias=False),
            StandardScaler(),
            linear_model.ElasticNet(alpha=at["alpha"], l1_ratio=at["l1_ratio"], max_iter=300),
        )
        return [model.fit(fold.x, fold.y).predict(fold.x_test)]
    shaped = {
        "none": StandardScaler(),
        "power": PowerTransformer(),
        "quantile": QuantileTransformer(
            n_quantiles=50, output_distribution="normal", random_state=SEED
        ),
    }
    model = linear_model.LogisticRegression(
        C=at["C"], l1_ratio=at["l1_ratio"], solver="saga", max_iter=100, random_state=SEED
    )
    model = make_pipeline(shaped[at["shape"]], model)
    return [model.fit(fold.x, fold.y).predict_proba(fold.x_test)]


def _log(low: float, high: float, count: int) -> tuple[float, ...]:
    return tuple(float(f"{x:.6g}") for x in np.geomspace(low, high, count))


C, GAMMA = Axis("C", _log(1e-2, 1e3, 7), log=True), Axis("gamma", _log(1e-5, 1.0, 9), log=True)
KERNEL = Axis("kernel", ("rbf", "poly", "sigmoid"))
COMPONENTS = Axis("components", (4, 12, 32, 60), log=True)
EPSILON = Axis("epsilon", _log(1e-3, 1.0, 5), log=True)
SHARES = Axis("l1_ratio", (0.0, 0.1, 0.3, 0.6, 1.0))

SUPPORT = Family(_support, (C, GAMMA, KERNEL))
NETWORK = Family(
    _network,
    (
        Axis("layers", (1, 2)),
        Axis("width", (6, 24, 96), log=True),
        Axis("alpha", _log(1e-4, 10.0, 3), log=True),
        Axis("learning_rate", _log(3e-4, 0.1, 5), log=True),
        Axis("activation", ("relu", "tanh")),
        Axis("epochs", (3, 8, 20), log=True),
    ),
    staged=True,
)
BOOSTING = Family(
    _boosting,
    (
        Axis("learning_rate", _log(0.02, 1.0, 6), log=True),
        Axis("max_depth", (1, 2, 4, 7)),
        Axis("subsample", (0.2, 0.5, 1.0)),
        Axis("n_estimators", (5, 10, 20, 40, 80), log=True),
    ),
    staged=True,
)
FOREST = Family(
    _forest,
    (
        Axis("max_depth", (1, 2, 4, 7, 15), log=True),
        Axis("max_features", (0.05, 0.15, 0.4, 1.0), log=True),
        Axis("min_samples_leaf", (1, 4, 12, 32), log=True),
        Axis("n_estimators", (4, 10, 30), log=True),
    ),
    staged=True,
)
NEIGHBOURS = Family(
    _neighbours,
    (
        Axis("n_neighbors", (1, 2, 3, 5, 8, 13, 21, 34, 55), log=True),
        Axis("p", (1.0, 1.5, 2.0, 3.0, 4.0)),
        Axis("weights", ("uniform", "distance")),
    ),
)
LOGISTIC = Family(
    _linear,
    (
        Axis("C", _log(1e-3, 100.0, 9), log=True),
        SHARES,
        Axis("shape", ("none", "power", "quantile")),
    ),
)
ELASTIC = Family(
    _linear, (Axis("alpha", _log(1e-3, 100.0, 11), log=True), SHARES, Axis("degree", (1, 2)))
)

TABLES: dict[str, tuple[str, Family]] = {
    "digits-svm": ("digits", Family(_support, (C, GAMMA, KERNEL, COMPONENTS))),
    "digits-network": ("digits", NETWORK),
    "digits-forest": ("digits", FOREST),
    "digits-neighbours": ("digits", NEIGHBOURS),
    "wine-boosting": ("wine", BOOSTING),
    "wine-svm": ("wine", SUPPORT),
    "wine-logistic": ("wine", LOGISTIC),
    "wine-neighbours": ("wine", NEIGHBOURS),
    "cancer-boosting": ("breast_cancer", BOOSTING),
    "cancer-network": ("breast_cancer", NETWORK),
    "cancer-logistic": ("breast_cancer", LOGISTIC),
    "cancer-forest": ("breast_cancer", FOREST),
    "diabetes-svm": ("diabetes", Family(_support, (C, GAMMA, KERNEL, EPSILON))),
    "diabetes-elastic": ("diabetes", ELASTIC),
    "diabetes-forest": ("diabetes", FOREST),
    "diabetes-boosting": ("diabetes", BOOSTING),
}
"""Each table's data and model."""
