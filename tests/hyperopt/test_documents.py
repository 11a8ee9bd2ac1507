from __future__ import annotations

import collections

import numpy as np
import pytest

from parzen.hyperopt.documents import (
    SONify,
    check_doc,
    coarse_utcnow,
    misc_of,
    miscs_to_idxs_vals,
    miscs_update_idxs_vals,
    new_doc,
    simplified,
    spec_from_misc,
)  # fmt: skip
from parzen.hyperopt.exceptions import InvalidTrial

Pair = collections.namedtuple("Pair", "a b")  # noqa: PYI024 - as users write it


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (np.float32(0.5), 0.5), (np.longdouble(0.5), 0.5), (np.int8(3), 3), (np.bool_(True), True),
        (np.str_("a"), "a"), (np.array([[1, 2]]), [[1, 2]]), (np.array([1], np.longdouble), [1.0]),
        (Pair(np.int8(1), [np.int8(2)]), (1, [2])), ({"k": (np.int8(1),)}, {"k": (1,)}),
        (b"x", b"x"), (collections.OrderedDict(a=np.int8(1)), {"a": 1}), (None, None),
        (coarse_utcnow(), ...),
    ],
)  # fmt: skip
def test_a_document_holds_pythons_own_types(given, plain):
    found = SONify(given)
    assert found == (given if plain is ... else plain)
    assert not isinstance(found, (np.generic, np.ndarray))


@pytest.mark.parametrize("given", [object(), {1, 2}, [len], {"k": np.array([object()])}, 2j])
def test_what_no_document_holds_is_refused(given):
    with pytest.raises(TypeError, match=r"a document cannot hold .*: convert it to numbers, text"):
        SONify(given)
    simplified(given)


def doc(**changes):
    made = new_doc(3, None, {"status": "new"}, misc_of(3, {"x": 1}, ["x", "y"]), "exp")
    return {**made, **changes}


def test_what_takes_no_part_has_no_value():
    assert doc()["misc"]["vals"] == {"x": [1], "y": []}
    assert doc()["misc"]["idxs"] == {"x": [3], "y": []}
    assert spec_from_misc(doc()["misc"]) == {"x": 1}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (5, "a trial must be a dict: 5"),
        ({}, "the trial has no 'tid'"),
        (doc(misc=None), "the trial's misc must be a dict: None"),
        (doc(misc={"tid": 3}), "the trial's misc has no 'cmd'"),
        (doc(tid=4), "tid is not the one in its misc"),
        (doc(exp_key="other"), "of another experiment than 'exp': 'other'"),
    ],
)
def test_what_is_no_trial_is_told(wrong, said):
    check_doc(doc(), "exp")
    with pytest.raises(InvalidTrial) as caught:
        check_doc(wrong, "exp")
    assert said in str(caught.value)


def test_columns_of_trials_with_other_labels():
    miscs = [{"idxs": {"x": [1]}, "vals": {"x": [5]}}, {"idxs": {"y": [2]}, "vals": {"y": [6]}}]
    assert miscs_to_idxs_vals(miscs, ["x", "y"]) == ({"x": [1], "y": [2]}, {"x": [5], "y": [6]})
    assert miscs_to_idxs_vals([], ["x"]) == ({"x": []}, {"x": []})
    with pytest.raises(ValueError, match="give them as keys"):
        miscs_to_idxs_vals([])


def test_values_are_written_into_trials():
    miscs = [{"tid": 70}]
    miscs_update_idxs_vals(miscs, {"x": [0]}, {"x": [5]}, idxs_map={0: 70})
    assert miscs[0]["vals"] == {"x": [5]}
    miscs_update_idxs_vals(miscs, {"x": [1]}, {"x": [5]}, assert_all_vals_used=False)
    assert miscs[0]["vals"] == {"x": []}
    with pytest.raises(InvalidTrial, match="'x' has a value for a trial that is not there: 1"):
        miscs_update_idxs_vals(miscs, {"x": [1]}, {"x": [5]})


def test_several_values_of_one_label_are_refused():
    with pytest.raises(NotImplementedError, match=r"'x' has the values \[1, 2\]"):
        spec_from_misc({"vals": {"x": [1, 2]}})
