import itertools
from datetime import datetime, timezone

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.checked import CheckedSampler
from parzen.coordinator.samplers.protocol import Remembered, memo_of
from parzen.shared.errors import InvalidProposal, InvalidStudy
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space({"x": Float(0, 1), "n": Int(1, 9), "opt": Choice({"a": {"y": Float(0, 1)}, "b": {}})})
GOOD = {"x": 0.5, "n": 2, "opt": "b"}


class Says:
    """A third party's sampler that returns what the test wants."""

    def __init__(self, returned, explains=None):
        self.returned, self.explains = returned, explains

    def propose(self, history, numbers, seed):
        return self.returned

    def explain(self, history):
        return self.explains


def propose(returned, count=1):
    sampler = CheckedSampler("theirs", Says(returned), SPACE.dimensions)
    return sampler.propose(History(SPACE.dimensions), range(3, 3 + count), 0)


def test_sound_proposals_are_handed_on_in_a_documents_types():
    [params] = propose([{"x": np.float64(0.5), "n": np.int64(2), "opt": np.str_("b")}])
    assert params == GOOD
    assert {type(value) for value in params.values()} == {float, int, str}


def test_fewer_than_asked_means_that_nothing_is_left():
    assert propose([GOOD], count=2) == [GOOD]
    assert propose((), count=2) == []


def test_any_iterable_will_do_and_a_point_may_come_again():
    assert propose((dict(GOOD) for _ in range(2)), count=2) == [GOOD, GOOD]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned None: expected a list of dicts {parameter: value}, one for each trial"),
        (GOOD, "expected a list of dicts"),
        ("x", "expected a list of dicts"),
        (0.5, "expected a list of dicts"),
        ([GOOD, GOOD], "returned more than the 1 proposals that it was asked for"),
        (itertools.repeat(GOOD), "returned more than the 1 proposals that it was asked for"),
        ([None], "proposed for trial 3 does not lie in the space: params must be a dict"),
        ([[0.5, 2, "b"]], "params must be a dict {name: value}, not [0.5, 2, 'b']"),
        ([{**GOOD, "x": 1.5}], "the parameter 'x' is 1.5; it must be a number from 0.0 to 1.0"),
        ([{**GOOD, "x": float("nan")}], "the parameter 'x' is nan"),
        ([{"x": 0.5, "opt": "b"}], "the parameter 'n' is missing"),
        ([{**GOOD, "z": 1}], "there is no parameter 'z'"),
        ([{**GOOD, 5: 1}], "there is no parameter 5"),
        ([{**GOOD, "opt/a/y": 0.5}], "takes part only where 'opt' is 'a'"),
    ],
)
def test_rubbish_is_told_in_one_sentence(returned, said):
    with pytest.raises(InvalidProposal) as error:
        propose(returned)
    assert "the sampler 'theirs'" in str(error.value)
    assert said in str(error.value)


def nested(depth):
    return [nested(depth - 1)] if depth else 1


ENDLESS = {"by": "theirs"}
ENDLESS["again"] = ENDLESS


@pytest.mark.parametrize(
    ("memo", "said"),
    [
        (
            {"by": "theirs", "at": np.zeros(2)},
            "memo['at'] is array([0., 0.]), a ndarray; a memo holds",
        ),
        ({"by": "theirs", "n": np.int64(1)}, "a int64; a memo holds None, bool, int, float, str"),
        ({"by": "theirs", "all": [{"at": {1, 2}}]}, "memo['all'][…]['at'] is {1, 2}, a set"),
        (
            {"by": "theirs", "n": 2**63},
            "memo['n'] is 9223372036854775808, which does not lie in 64",
        ),
        ({"by": "theirs", 5: 1}, "memo has the key 5; keys are texts without NUL"),
        ({"by": "theirs", "a\0b": 1}, "keys are texts without NUL"),
        ({"by": "theirs", "a": "\ud800"}, "memo['a'] holds half a surrogate pair"),
        ({"by": "theirs", "a": nested(60)}, "it nests deeper than 50 levels"),
        (ENDLESS, "it nests deeper than 50 levels"),
        ({"by": "theirs", "a": [0.5] * 200_000}, "makes it larger than 1,048,576 bytes"),
        ({"by": "theirs", "a": b"x" * 2**21}, "memo['a'] makes it larger than 1,048,576 bytes"),
        ({"at": 1}, "it is no dict with a text under 'by'"),
        ([1], "it is no dict with a text under 'by'"),
    ],
)
def test_a_memo_that_no_document_holds_is_told_in_one_sentence(memo, said):
    with pytest.raises(InvalidProposal) as error:
        propose([Remembered(GOOD, memo)])
    assert "the memo of the sampler 'theirs' for trial 3 cannot be stored: " in str(error.value)
    assert said in str(error.value)


def test_a_memo_comes_with_its_proposal():
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    memo = {"by": "theirs", "a": [1, np.float64(0.5), None, True, "b", b"c", (1,)], "d": {"t": at}}
    [params] = propose([Remembered(GOOD, memo)])
    assert memo_of(params) == memo


def test_what_it_says_of_itself_is_handed_on_where_it_is_a_text():
    def explain(said):
        sampler = CheckedSampler("theirs", Says([], said), SPACE.dimensions)
        return sampler.explain(History(SPACE.dimensions))

    assert (explain("by turns"), explain(None)) == ("by turns", None)
    with pytest.raises(InvalidProposal, match="'theirs' explains itself with 5: expected a text"):
        explain(5)


@pytest.mark.parametrize("made", [None, GOOD, object()])
def test_what_has_no_propose_is_no_sampler(made):
    with pytest.raises(InvalidStudy, match=r"expected an object with propose"):
        CheckedSampler("theirs", made, SPACE.dimensions)
