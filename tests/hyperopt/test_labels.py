from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parzen.hyperopt import Trials, fmin, hp, tpe
from parzen.hyperopt.labels import escaped, unescaped
from parzen.shared.plain import name_fault

AWKWARD = ["a.b", "$x", "", "a/b", "ä", "%41", "%", "a//b", "/", " ", "\0", "é\n", "x" * 300]


@given(st.text(st.characters(), max_size=40))
@example("%")
@example("\ud800")
@example("a/ /b")
@example(" /x")
@example("x" * 600)
@example("x" * 255 + "/" + "$" * 300)
@example("ä\u200b" * 200)
def test_a_label_is_a_name_that_gives_it_back(label):
    name = escaped(label)
    assert name_fault(name) is None
    assert unescaped(name) == label


@given(st.lists(st.text(max_size=6), unique=True, min_size=2))
def test_two_labels_have_two_names(labels):
    assert len({escaped(label) for label in labels}) == len(labels)


@pytest.mark.parametrize("label", ["lr", "opt/lr", "größe", "a b", "x_1-2"])
def test_what_may_be_a_name_stays_as_it_is(label):
    assert escaped(label) == label


def test_a_search_takes_any_label():
    space = {label: hp.uniform(label, 0, 1) for label in AWKWARD}
    trials = Trials()
    best = fmin(
        lambda point: sum(point.values()),
        space, tpe.suggest, max_evals=14, trials=trials, verbose=False, rstate=0,
    )  # fmt: skip
    assert set(best) == set(trials.vals) == set(AWKWARD)
