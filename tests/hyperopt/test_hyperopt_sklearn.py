"""hyperopt-sklearn, which imports hyperopt by that name, with parzen in its place."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="hyperopt-sklearn 1.1.1 needs Python 3.11 or newer"
)

SCRIPT = """
import json, multiprocessing, os, pickle, sys, warnings

warnings.simplefilter("ignore")  # of scikit-learn's, about arguments that hyperopt-sklearn gives
multiprocessing.set_start_method("fork")  # each trial runs in a process that is not told of ours

from parzen.hyperopt.substitution import pose_as_hyperopt

pose_as_hyperopt()

import hpsklearn
import hyperopt
import numpy as np
from hpsklearn import HyperoptEstimator
from sklearn import datasets

def halves(load, rows):
    X, y = load(return_X_y=True)
    drawn = np.random.default_rng(0).permutation(len(y))[:rows]
    return X[drawn][::2], y[drawn][::2], X[drawn][1::2], y[drawn][1::2]

def seed(number):
    # hyperopt-sklearn does not hand its own on to fmin
    os.environ["HYPEROPT_FMIN_SEED"] = str(number)

def told(estimator, X=None, y=None):
    best = estimator.best_model()
    return {
        "score": None if X is None else estimator.score(X, y),
        "learner": type(best["learner"]).__name__,
        "preprocs": [type(step).__name__ for step in best["preprocs"]],
        "results": estimator.trials.results,
        "best_loss": min(estimator.trials.losses()),
        "vals": estimator.trials.vals,
        "tids": estimator.trials.tids,
        "ours": type(estimator.trials).__module__.startswith("parzen.hyperopt"),
    }

seen = {}
X, y, X_test, y_test = halves(datasets.load_iris, 150)

knn = HyperoptEstimator(
    classifier=hpsklearn.k_neighbors_classifier("knn"),
    preprocessing=[hpsklearn.standard_scaler("scaler")],
    max_evals=3,
    fit_increment=3,
    trial_timeout=30,
    fit_increment_dump_filename=sys.argv[1],
)
seed(1)
knn.fit(X, y)
seen["knn"] = told(knn, X_test, y_test)
with open(sys.argv[1], "rb") as dumped:
    seen["dumped"] = len(pickle.load(dumped))
seed(2)
knn.fit(X, y, warm_start=True)
seen["warm"] = told(knn, X_test, y_test)
going_on = knn.fit_iter(X, y, warm_start=True)
next(going_on)
seen["iterated"] = [len(going_on.send(count)) for count in (1, 2)]

late = HyperoptEstimator(
    classifier=hpsklearn.svc("svc"), preprocessing=[], max_evals=2, trial_timeout=1e-6
)
try:
    late.fit(X, y)
except RuntimeError as error:
    seen["late"] = {"error": str(error), "results": late.trials.results}

X, y, X_test, y_test = halves(datasets.load_breast_cancer, 200)
some = HyperoptEstimator(
    classifier=hpsklearn.any_classifier("classifier"),
    preprocessing=hpsklearn.any_preprocessing("preprocessing"),
    algo=hyperopt.tpe.suggest,
    max_evals=6,
    fit_increment=3,
    trial_timeout=30,
)
seed(3)
some.fit(X, y)
seen["any"] = told(some, X_test, y_test)

X, y, X_test, y_test = halves(datasets.load_diabetes, 300)
forest = HyperoptEstimator(
    regressor=hpsklearn.random_forest_regressor("forest", n_estimators=20),
    preprocessing=[],
    algo=hyperopt.anneal.suggest,
    max_evals=3,
    trial_timeout=30,
)
seed(4)
forest.fit(X, y)
seen["forest"] = told(forest, X_test, y_test)
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("trials") / "trials.pkl")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_classifier_is_fitted(seen):
    knn = seen["knn"]
    assert knn["ours"]
    assert knn["score"] > 0.8
    assert knn["learner"] == "KNeighborsClassifier"
    assert knn["preprocs"] == ["StandardScaler"]


def test_its_trials_are_kept_without_their_models(seen):
    for result in seen["knn"]["results"]:
        assert result["status"] == "ok"
        assert set(result) == {"loss", "loss_variance", "status", "duration"}
        assert 0 <= result["loss"] < 0.5
    assert seen["knn"]["tids"] == [0, 1, 2]
    neighbours = seen["knn"]["vals"]["knn.k_neighbors_classifier_n_neighbors"]
    assert len(set(neighbours)) == 3
    assert seen["dumped"] == 3, "in the file that it writes as it goes"


def test_a_search_goes_on(seen):
    warm = seen["warm"]
    assert warm["tids"] == [0, 1, 2, 3, 4, 5]
    assert warm["results"][:3] == seen["knn"]["results"]
    assert warm["score"] > 0.8
    assert seen["iterated"] == [7, 9]


def test_a_trial_that_takes_too_long_fails(seen):
    assert seen["late"]["error"].startswith("All trials failed or timed out")
    assert seen["late"]["results"] == [{"status": "fail", "failure": "TimeOut"}] * 2


def test_one_of_many_classifiers_and_transformations_is_found(seen):
    found = seen["any"]
    assert found["score"] > 0.7
    assert found["best_loss"] < 0.3
    assert len(found["tids"]) == 6
    assert len(set(found["vals"]["classifier"])) > 1
    steps = [label for label in found["vals"] if label.startswith("preprocessing")]
    assert len(found["preprocs"]) == 1
    assert steps


def test_a_regressor_is_fitted(seen):
    assert seen["forest"]["learner"] == "RandomForestRegressor"
    assert seen["forest"]["score"] > 0.1
    assert [result["status"] for result in seen["forest"]["results"]] == ["ok"] * 3
