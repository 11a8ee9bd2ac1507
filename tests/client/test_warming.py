import math

import pytest

from parzen.client import warming
from parzen.coordinator.samplers import registry
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space(
    {
        "lr": Float(1e-4, 1e-1, log=True),
        "opt": Choice({"sgd": {"momentum": Float(0, 1)}, "adam": {}}),
        "n": Int(1, 8),
        "b": Float(0, 1),
    }
)
TPE = SamplerSpec(name="tpe", options={"gamma": 0.2}, seed=7)


def adam(lr=0.01, **more):
    return {"lr": lr, "opt": "adam", **more}


@pytest.fixture
def trials(a_trial):
    def make(*params, **changes):
        return [a_trial(n, float(n), params=each, **changes) for n, each in enumerate(params)]

    return make


def taken(*given, spec=TPE, dimensions=SPACE.dimensions):
    """The source that is made of one study's trials, and the remark on it."""
    found, [remark] = warming.composed(spec, dimensions, {"old": given})
    return found.options["sources"][0], remark


def test_what_both_have_is_taken_over_in_columns_and_the_sampler_reads_it(trials):
    sgd = {"lr": 0.1, "opt": "sgd", "opt/sgd/momentum": 0.5}
    source, remark = taken(*trials(adam(n=3, depth=9), sgd))
    assert source == {
        "study": "old",
        "losses": [0.0, 1.0],
        "params": {
            "lr": [0.01, 0.1],
            "opt": ["adam", "sgd"],
            "opt/sgd/momentum": [None, 0.5],
            "n": [3, None],
        },
    }
    assert remark == "took over 2 of 2 complete trials of 'old': 4 of 5 parameters in common"
    spec, _ = warming.composed(TPE, SPACE.dimensions, {"old": trials(adam())})
    assert (spec.name, spec.seed) == ("warm", 7)
    registry.make(spec, SPACE.dimensions)


def test_only_complete_trials_with_a_finite_loss_count(trials, a_trial):
    others = [
        a_trial(5, params=adam(), state=TrialState.FAILED),
        a_trial(6, math.inf, params=adam()),
        a_trial(7, params=adam(), state=TrialState.RUNNING),
    ]
    source, remark = taken(*trials(adam()), *others)
    assert source["losses"] == [0.0]
    assert remark.startswith("took over 1 of 1 complete trial of 'old'")


def test_what_is_maximised_is_taken_by_its_loss(a_trial):
    source, _ = taken(a_trial(0, params=adam(), state=TrialState.COMPLETE, value=0.9, loss=-0.9))
    assert source["losses"] == [-0.9]


def test_trials_outside_the_space_are_left_out_and_that_is_said(trials):
    outside = (adam(lr=5.0), {"lr": 0.01, "opt": "lion"}, adam(n=2.5))
    source, remark = taken(*trials(adam(), *outside, adam(0.1)))
    assert source["losses"] == [0.0, 4.0]
    assert remark.endswith("3 of 5 parameters in common; 3 do not lie in this space")


def test_of_many_the_best_are_taken_and_some_of_all_ranks(trials):
    source, remark = taken(*trials(*[adam()] * 1312))
    losses = source["losses"]
    assert losses[:100] == [float(n) for n in range(100)]
    assert len(losses) == warming.TRIALS
    assert losses == sorted(losses)
    assert losses[-1] > 1290
    assert remark.startswith("took over 200 of 1,312 complete trials of 'old'")


@pytest.mark.parametrize("text", ["", "x" * 200])
def test_a_document_stays_far_below_its_limit_however_wide_the_space(trials, text):
    wide = Space({f"p{n}": Choice([f"{text}{k}" for k in range(3)]) for n in range(2000)})
    point = {f"p{n}": f"{text}1" for n in range(2000)}
    source, _ = taken(*trials(*[point] * 150), dimensions=wide.dimensions)
    held = sum(len(v) + 16 for values in source["params"].values() for v in values)
    assert 0 < held <= warming.BYTES
    assert 0 < len(source["losses"]) < 100


def test_several_sources_share_the_room(trials):
    wide = Space({f"p{n}": Float(0, 1) for n in range(2000)})
    many = trials(*[{f"p{n}": 0.5 for n in range(2000)}] * 100)
    one, _ = warming.composed(TPE, wide.dimensions, {"a": many})
    two, _ = warming.composed(TPE, wide.dimensions, {"a": many, "b": many})
    counts = [[len(s["losses"]) for s in each.options["sources"]] for each in (one, two)]
    assert counts[1] == pytest.approx([counts[0][0] / 2] * 2, abs=1)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ([], "has no complete trial to start from"),
        ([{"rate": 1.0}], "has no parameter in common with this one: parameters are told by"),
        ([adam(lr=7.0)], "one has lr=7, where a number from 0.0001 to 0.1 is wanted"),
    ],
)
def test_a_study_with_nothing_to_take_over_is_refused_in_one_sentence(trials, params, says):
    with pytest.raises(InvalidStudy) as caught:
        taken(*trials(*params))
    assert "'old'" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["old", {"old": 1}, 3, [3], None])
def test_what_are_no_studies_is_refused(given):
    with pytest.raises(InvalidStudy, match="give a list of studies, each by its name"):
        warming.checked(given, TPE)


def test_a_function_that_proposes_is_not_reached():
    spec = SamplerSpec(name="callable", options={"function": "tune.choose"})
    assert warming.checked([], spec) == ()
    with pytest.raises(InvalidStudy, match=r"'tune\.choose' is a function"):
        warming.checked(["old"], spec)


def test_trials_are_told_apart_by_their_studies(a_trial):
    found = warming.by_study([a_trial(0, 1.0), a_trial(1, 2.0, study=""), a_trial(2, 3.0)])
    assert {name: [t.number for t in these] for name, these in found.items()} == {
        "s": [0, 2],
        "earlier": [1],
    }
    for given in ("old", [3], 3):
        with pytest.raises(InvalidStudy, match="give an Optimizer, or trials"):
            warming.by_study(given)


def test_it_is_told_in_one_line_without_the_trials(trials):
    earlier = {"a": trials(adam(), adam()), "b": trials(adam())}
    spec, _ = warming.composed(TPE, SPACE.dimensions, earlier)
    assert warming.told(spec) == (
        "tpe, gamma=0.2, seed 7, warm started from 'a' (2 trials) and 'b' (1 trial)"
    )
    assert warming.told(TPE) == "tpe, gamma=0.2, seed 7"
    assert warming.unwrapped(spec) == (TPE, {"a": 2, "b": 1})
    assert warming.standing("s", spec) == (
        "study 's' stays warm started from 'a' (2 trials) and 'b' (1 trial), as it was first "
        "submitted: warm_start is for a new study"
    )
    assert "stays without a warm start" in warming.standing("s", TPE)


@pytest.mark.parametrize(
    "options", [{}, {"sources": 3}, {"sources": [3, {"losses": 1}], "options": 3, "sampler": 4}]
)
def test_a_document_that_somebody_edited_is_told_as_far_as_it_can_be_read(options):
    assert warming.told(SamplerSpec(name="warm", options=options)).endswith(", seed 0")
