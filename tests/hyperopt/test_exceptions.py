from __future__ import annotations

import inspect
import pickle

import pytest

from parzen.hyperopt import exceptions

MADE = {
    "BadSearchSpace": ("wrong",),
    "DuplicateLabel": ("x",),
    "InvalidTrial": ("no 'tid'", {"state": 1}),
    "InvalidResultStatus": ({"status": "fine"},),
    "InvalidLoss": ({"status": "ok"},),
    "AllTrialsFailed": (),
    "InvalidAnnotatedParameter": ("not annotated",),
}


@pytest.mark.parametrize("name", MADE)
def test_an_exception_has_a_text_and_survives_a_pickle(name):
    error = getattr(exceptions, name)(*MADE[name])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) != ""
    assert type(again) is type(error)
    assert vars(again) == vars(error)


def test_these_are_all():
    public = {
        name
        for name, found in vars(exceptions).items()
        if inspect.isclass(found) and not name.startswith("_")
    }
    assert public == set(MADE)


def test_a_long_value_is_cut():
    assert len(str(exceptions.InvalidLoss("x" * 9999))) < 500
