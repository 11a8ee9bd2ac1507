import math
from collections import Counter

import pytest
from scipy import stats

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.mix import MixSampler
from parzen.coordinator.samplers.protocol import memo_of
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, SamplerSpec, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

SQUARE = Space({"x": Float(0, 1), "y": Float(0, 1)})
GRID = {"sampler": "grid", "weight": 3, "options": {"resolution": 2}}


def trial(number, params, loss=None):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        state=TrialState.RUNNING if loss is None else TrialState.COMPLETE,
        loss=loss,
        proposed=Proposed(sampler="mix", memo=memo_of(params)),
    )


def who(params):
    memo = memo_of(params)
    return memo.get("sampler", memo["by"])


def proposed(samplers, count, space=SQUARE):
    sampler = MixSampler(space.dimensions, samplers=samplers)
    return sampler.propose(History(space.dimensions), range(count), 3)


def test_each_member_proposes_its_share():
    made = Counter(who(p) for p in proposed({"sobol": 2, "anneal": 1, "random": 0.5}, 400))
    expected = [400 * 4 / 7, 400 * 2 / 7, 400 / 7]
    assert stats.chisquare([made["sobol"], made["anneal"], made["random"]], expected).pvalue > 0.001


def test_a_member_that_writes_no_memo_is_named_by_the_mixs_and_others_keep_theirs():
    for params in proposed({"policy": 1, "random": 1}, 20):
        assert memo_of(params) in ({"by": "mix", "sampler": "random"}, {"by": "policy", "step": 0})


def test_a_member_learns_from_the_trials_of_the_others():
    kept = History(SQUARE.dimensions)
    for number in range(40):
        at = number / 40
        kept.put(trial(number, {"x": at, "y": at}, (at - 0.3) ** 2))
    sampler = MixSampler(SQUARE.dimensions, samplers={"anneal": 1, "random": 1e-9})
    near = [p["x"] for p in sampler.propose(kept, range(40, 60), 0)]
    assert max(abs(x - 0.3) for x in near) < 0.25


def test_members_draw_apart_though_their_study_has_one_seed():
    sampler = MixSampler(SQUARE.dimensions, samplers={"random": 1, "anneal": 1})
    drawn = sampler.propose(History(SQUARE.dimensions), range(60), 3)
    alone = registry.make(SamplerSpec(name="random"), SQUARE.dimensions)
    same = alone.propose(History(SQUARE.dimensions), range(60), 3)
    assert not [p for p, q in zip(drawn, same, strict=True) if p["x"] == q["x"]]


def test_a_grid_that_is_done_gives_its_turns_to_the_others_in_their_shares():
    made = proposed([GRID, {"sampler": "sobol", "weight": 2}, {"sampler": "random"}], 304)
    told = Counter(who(p) for p in made)
    assert told["grid"] == 4
    expected = [200, 100]
    assert stats.chisquare([told["sobol"], told["random"]], expected).pvalue > 0.01


def test_a_batch_in_which_a_member_runs_dry_is_what_one_after_another_gives():
    samplers = [GRID, {"sampler": "random"}, {"sampler": "tpe", "weight": 0.5}]
    batch = proposed(samplers, 16)
    sampler, kept = MixSampler(SQUARE.dimensions, samplers=samplers), History(SQUARE.dimensions)
    for number, params in enumerate(batch):
        [again] = sampler.propose(kept, [number], 3)
        assert (again, memo_of(again)) == (params, memo_of(params))
        kept.put(trial(number, again))
    assert {who(p) for p in batch} == {"grid", "random", "tpe"}


def test_it_ends_where_no_member_has_anything_left():
    space = Space({"k": Int(1, 3), "m": Choice(["a", "b"])})
    made = proposed({"grid": 1, "random": 1}, 20, space)
    assert sorted((p["k"], p["m"]) for p in made) == [(k, m) for k in (1, 2, 3) for m in "ab"]
    listed = {"sampler": "grid", "options": {"values": {"k": [2]}}}
    assert [p["k"] for p in proposed([listed], 20, space)] == [2, 2]


def test_a_mix_within_a_mix_shares_its_share():
    inner = {"sampler": "mix", "weight": 3, "options": {"samplers": {"sobol": 1, "anneal": 1}}}
    made = Counter(who(p) for p in proposed([inner, {"sampler": "random", "weight": 1}], 400))
    expected = [150, 150, 100]
    assert stats.chisquare([made["sobol"], made["anneal"], made["random"]], expected).pvalue > 0.01


def test_without_options_it_mixes_tpe_and_the_policy():
    assert {who(p) for p in proposed(None, 40)} == {"policy", "tpe"}


def test_it_says_who_proposes_how_often_and_what_they_say():
    sampler = MixSampler(SQUARE.dimensions, samplers=[GRID, {"sampler": "random"}])
    said = sampler.explain(History(SQUARE.dimensions))
    assert said == "grid 75%, random 25%; grid: point 1 of 4, in order"


def test_the_largest_weights_are_shares_too():
    sampler = MixSampler(SQUARE.dimensions, samplers={"sobol": 1.7e308, "random": 1.7e308})
    assert sampler.explain(History(SQUARE.dimensions)).startswith("sobol 50%, random 50%")


@pytest.mark.parametrize(
    ("samplers", "said"),
    [
        ("tpe", "option samplers is 'tpe': expected weights"),
        ({}, "option samplers is .*: expected weights"),
        ([{"weight": 2}], r"lists {'weight': 2}: expected weights"),
        ([{"sampler": "tpe", "share": 2}], "'share': 2}: expected weights"),
        (["tpe"], "lists 'tpe': expected weights"),
        ({"tep": 1}, "there is no sampler 'tep'"),
        ({3: 1}, "names 3: expected a sampler that proposes, one of anneal"),
        ({"enqueued": 1, "tpe": 1}, "names 'enqueued': expected a sampler that proposes"),
        ({"tpe": 0}, "the weight of 'tpe' is 0: expected a number above 0"),
        ({"tpe": math.inf}, "the weight of 'tpe' is inf"),
        ({"tpe": "2"}, "the weight of 'tpe' is '2'"),
        ([{"sampler": "tpe", "options": 3}], "gives 'tpe' the options 3: expected a dict"),
        ([{"sampler": "tpe", "options": {"gamma": 2}}], "sampler 'tpe': option gamma is 2"),
        ([{"sampler": "tpe", "options": {"gama": 2}}], "sampler 'tpe' has no option 'gama'"),
        ([{"sampler": "tpe"}, {"sampler": "tpe"}], "names 'tpe' twice"),
        (
            [{"sampler": "tpe"}, {"sampler": "mix", "options": {"samplers": {"tpe": 1}}}],
            "names 'tpe' twice",
        ),
    ],
)
def test_members_that_do_not_fit_are_refused_in_a_sentence(samplers, said):
    with pytest.raises(InvalidStudy, match=said) as error:
        MixSampler(SQUARE.dimensions, samplers=samplers)
    assert "\n" not in str(error.value)
