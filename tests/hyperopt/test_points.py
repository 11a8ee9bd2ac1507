from __future__ import annotations

import numpy as np
import pytest

from parzen.hyperopt import Domain, Trials, hp
from parzen.hyperopt.points import checked, fresh, generate_trial

SPACE = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", "b"])}


def queue(trials, domain, points, seed):
    trials.insert_trial_docs(fresh(trials, domain, points, seed))
    trials.refresh()


def test_a_point_is_a_trial_that_waits():
    doc = generate_trial(3, {"x": 0.5})
    assert Trials().assert_valid_trial(doc)["misc"]["vals"] == {"x": [0.5]}
    assert (doc["state"], doc["result"]) == (0, {"status": "new"})


def test_points_are_dicts_with_labels_of_the_space():
    points = [{"x": 0.5}, {}]
    assert checked(points, ["x", "c"]) == points
    assert checked(tuple(points), ["x"]) == points
    for wrong in ("x", {"x": 1}, [["x"]], [{"y": 1}], 5):
        with pytest.raises(ValueError, match=r"points_to_evaluate (is|holds) .*label"):
            checked(wrong, ["x", "c"])


def test_only_points_that_were_not_tried_are_added():
    domain, trials = Domain(len, SPACE), Trials()
    queue(trials, domain, [{"x": np.float64(0.5), "c": np.int64(1)}], 0)
    queue(trials, domain, [{"x": 0.5}, {"x": 0.5, "c": 0}, {"c": 1}], 0)
    assert [doc["misc"]["vals"] for doc in trials] == [
        {"x": [0.5], "c": [1]},
        {"x": [0.5], "c": [0]},
    ]
    assert fresh(trials, domain, [], 0) == []


def test_an_index_that_is_none_is_refused():
    with pytest.raises(ValueError, match="a switch is given 2: expected 0 to 1"):
        queue(Trials(), Domain(len, SPACE), [{"c": 2}], 0)
