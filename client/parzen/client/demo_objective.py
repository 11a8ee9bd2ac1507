"""What ``parzen demo`` tunes: which model family reads handwritten digits best, and how.

The data are scikit-learn's 1,797 images of 8 x 8 pixels. A trial fits one model of one family with
that family's own parameters, and is judged by its accuracy in three-fold cross-validation.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from parzen.shared.space import Choice, Float, Int

FOLDS = 3
EPOCHS = 30
"""How long the neural network learns: enough to tell good settings from bad ones."""

SPACE = {
    "scale": Choice([True, False]),
    "model": Choice(
        {
            "logistic": {"C": Float(1e-6, 1e2, log=True)},
            "svm": {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-6, 1.0, log=True)},
            "forest": {
                "trees": Int(3, 60, log=True),
                "max_depth": Int(2, 16),
                "max_features": Float(0.02, 0.5, log=True),
            },
            "neighbours": {
                "k": Int(1, 100, log=True),
                "weights": Choice(["uniform", "distance"]),
                "p": Choice([1, 2]),
            },
            "mlp": {
                "hidden": Int(4, 96, log=True),
                "alpha": Float(1e-6, 1.0, log=True),
                "learning_rate": Float(1e-4, 1e-1, log=True),
            },
        }
    ),
}

Options: TypeAlias = Mapping[str, Any]


def load() -> tuple[Any, Any]:
    """The images as rows of 64 numbers, and their digits; called once in each process."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - an optional extra

    images, digits = load_digits(return_X_y=True)
    return images, digits


def accuracy(params: Mapping[str, Any], trial: Any) -> dict[str, Any]:
    """Fit and judge the model that ``params`` describe: the mean accuracy over the folds."""
    from sklearn.model_selection import StratifiedKFold, cross_val_score  # noqa: PLC0415 - an extra
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415 - an optional extra
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415 - an optional extra

    [(family, options)] = params["model"].items()
    steps = [StandardScaler()] if params["scale"] else []
    model = make_pipeline(*steps, FAMILIES[family](options))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    images, digits = trial.shared
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # models cut short say so, once a fit
        scores = cross_val_score(model, images, digits, cv=folds)
    return {"value": float(scores.mean()), "worst_fold": float(scores.min())}


def _logistic(options: Options) -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - an optional extra

    return LogisticRegression(C=options["C"], max_iter=50)


def _svm(options: Options) -> Any:
    from sklearn.svm import SVC  # noqa: PLC0415 - an optional extra

    return SVC(C=options["C"], gamma=options["gamma"])


def _forest(options: Options) -> Any:
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - an optional extra

    return RandomForestClassifier(
        n_estimators=options["trees"],
        max_depth=options["max_depth"],
        max_features=options["max_features"],
        random_state=0,
    )


def _neighbours(options: Options) -> Any:
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415 - an optional extra

    return KNeighborsClassifier(options["k"], weights=options["weights"], p=options["p"])


def _mlp(options: Options) -> Any:
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - an optional extra

    return MLPClassifier(
        options["hidden"],
        alpha=options["alpha"],
        learning_rate_init=options["learning_rate"],
        max_iter=EPOCHS,
        random_state=0,
    )


FAMILIES: Mapping[str, Callable[[Options], Any]] = {
    "logistic": _logistic,
    "svm": _svm,
    "forest": _forest,
    "neighbours": _neighbours,
    "mlp": _mlp,
}
