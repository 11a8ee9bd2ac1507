import dataclasses
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from models.histories import searches

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import Remembered, memo_of
from parzen.coordinator.samplers.stages import StagesSampler
from parzen.shared.dimensions import same_value
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, SamplerSpec, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space(
    {
        "layers": Int(1, 8),
        "lr": Float(-5, 7.3),
        "opt": Choice({"sgd": {"momentum": Float(0, 1)}, "adam": {}}),
    }
)
NET = {"name": "net", "free": ["layers"], "trials": 4, "sampler": "random"}
OPT = {"name": "opt", "free": ["lr", "opt"], "trials": 6, "sampler": "random"}
ALL = {"name": "all", "free": ["*"], "sampler": "random"}


def trial(number, params, loss=None, **more):
    state = TrialState.RUNNING if loss is None else TrialState.COMPLETE
    proposed = Proposed(sampler="stages", memo=memo_of(params))
    fields = {"state": state, "loss": loss, "proposed": proposed, **more}
    return Trial(study="s", uid=Uid("u"), number=number, params=params, **fields)


def history(*trials, space=SPACE, budget=None):
    kept = History(space.dimensions, budget=budget)
    for one in trials:
        kept.put(one)
    return kept


def staged(*stages, space=SPACE, **more):
    return StagesSampler(space.dimensions, stages=list(stages), **more)


def fixed(params):
    return {name: value for name, value in params.items() if name != "layers"}


def test_a_stage_moves_what_it_frees_and_holds_the_rest_at_the_best_so_far():
    base = {"layers": 3, "lr": 0.0001, "opt": "sgd", "opt/sgd/momentum": 0.9}
    kept = history(trial(0, base, 1.0), trial(1, {"layers": 2, "lr": 1.0, "opt": "adam"}, 2.0))
    proposed = staged(NET, OPT, ALL).propose(kept, range(2, 12), 0)
    net, opt, rest = proposed[:2], proposed[2:8], proposed[8:]
    assert [fixed(p) for p in net] == [fixed(base)] * 2  # to the last bit
    assert {p["layers"] for p in opt} == {3}
    assert len({p["lr"] for p in opt}) == 6
    assert {p["opt"] for p in opt} == {"sgd", "adam"}
    assert len({p["layers"] for p in rest}) == 2
    assert [list(p) for p in net] == [list(base)] * 2


def test_a_better_base_is_taken_up_at_once_and_nobody_waits_for_it():
    first = {"layers": 3, "lr": 0.5, "opt": "adam"}
    kept = history(trial(0, first, 1.0), *[trial(n, {**first, "layers": n}) for n in (1, 2, 4)])
    sampler = staged(NET, OPT)
    [before] = sampler.propose(kept, [5], 0)
    kept.put(trial(4, {**first, "layers": 4}, 0.5))
    [after] = sampler.propose(kept, [6], 0)
    assert (before["layers"], after["layers"]) == (3, 4)


def test_before_a_trial_is_complete_what_is_held_stands_at_the_start():
    kept = history(trial(0, {"layers": 2, "lr": 7.0, "opt": "adam"}))
    proposed = staged(NET, OPT, start={"lr": 0.001}).propose(kept, range(1, 4), 0)
    wanted = {"lr": 0.001, "opt": "sgd", "opt/sgd/momentum": 0.5}
    assert [fixed(p) for p in proposed] == [wanted] * 3


def test_what_a_better_trial_of_others_has_is_held_as_well():
    enqueued = dataclasses.replace(
        trial(0, {"layers": 5, "lr": 3.0, "opt": "adam"}, 0.1), proposed=None
    )
    [params] = staged(NET, OPT).propose(history(enqueued), [1], 0)
    assert fixed(params) == {"lr": 3.0, "opt": "adam"}


def test_one_stage_of_everything_is_its_sampler_alone():
    kept = history(
        *[trial(n, {"layers": n % 8 + 1, "lr": n / 4, "opt": "adam"}, n) for n in range(20)]
    )
    alone = registry.make(SamplerSpec(name="tpe"), SPACE.dimensions)
    stages = staged({"name": "a", "free": ["*"], "sampler": "tpe"})
    assert stages.propose(kept, range(20, 24), 7) == alone.propose(kept, range(20, 24), 7)


def test_a_stage_searches_as_if_it_were_a_study_of_its_own(spying):
    base = {"layers": 3, "lr": 0.5, "opt": "adam"}
    own = [trial(n, spying.by("opt", {**base, "lr": n / 10}, n), loss=n + 1.0) for n in (4, 5)]
    others = [trial(n, spying.by("net", {**base, "lr": n}, n), loss=9.0) for n in (1, 2, 3)]
    kept = history(trial(0, spying.by("net", base, 0), 0.5), *others, *own, budget=30)
    stages = [{**NET, "sampler": "spy"}, {**OPT, "sampler": "spy"}]
    staged(*stages, ALL).propose(kept, [6, 7], 0)
    seen, numbers = spying.asked[-1]
    assert [d.name for d in seen.cube.dimensions] == ["lr", "opt", "opt/sgd/momentum"]
    assert list(numbers) == [2, 3]
    assert (seen.created, seen.budget) == (2, 6)
    assert seen.ranked_numbers == [-4, 0, 1, -3, -2, -1]
    assert list(seen.series("spy").ranked) == [0, 1]  # not those of the stage before
    assert seen.memo(1) == {"by": "spy", "made": 5}


def test_two_stages_do_not_draw_alike():
    proposed = staged({**ALL, "trials": 4}, {**ALL, "name": "again"}).propose(
        history(), range(8), 0
    )
    assert len({p["lr"] for p in proposed}) == 8


def test_the_last_stage_has_what_the_study_has_left(spying):
    stages = [{**NET, "free": ["*"], "sampler": "spy"}, {**ALL, "sampler": "spy"}]
    for budget, left in ((30, 26), (None, None), (2, 0)):
        staged(*stages).propose(history(budget=budget), [4], 0)
        assert spying.asked[-1][0].budget == left


@pytest.fixture
def spying(monkeypatch):
    """An installed sampler "spy" that draws, and notes on what it was asked."""

    class Spy:
        def __init__(self, dimensions):
            self.random = registry.make(SamplerSpec(name="random"), dimensions)

        asked: list = []  # noqa: RUF012 - a new class for each test

        @staticmethod
        def by(stage, params, made):
            memo = {"by": "stages", "member": ("net", "opt").index(stage), "stage": stage}
            return Remembered(params, {**memo, "inner": {"by": "spy", "made": made}})

        def propose(self, history, numbers, seed):
            self.asked.append((history, numbers))
            return self.random.propose(history, numbers, seed)

    class Entry:
        name = "spy"

        def load(self):
            return Spy

    monkeypatch.setattr(
        registry.metadata, "entry_points", lambda group, name="spy": [Entry()] * (name == "spy")
    )
    return Spy


SMALL = Space({"k": Int(1, 3), "c": Choice(["a", "b"]), "x": Float(0, 1)})
FEW = {"name": "few", "free": ["k"], "trials": 10, "sampler": "random"}


def run(sampler, space, loss, count, at_once=1):
    kept, proposed = history(space=space), []
    while len(proposed) < count:
        numbers = range(len(proposed), len(proposed) + at_once)
        found = sampler.propose(kept, numbers, 0)
        for number, params in zip(numbers, found, strict=False):
            kept.put(trial(number, params, loss(params)))
        proposed += found
        if len(found) < at_once:
            break
    return kept, proposed


def stages_of(proposed):
    return [memo_of(params)["stage"] for params in proposed]


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_stage_with_nothing_left_gives_its_trials_to_the_next(at_once):
    sampler = staged(
        FEW, {**ALL, "free": ["x"], "trials": 5}, {**ALL, "name": "c", "free": ["c"]}, space=SMALL
    )
    kept, proposed = run(sampler, SMALL, lambda p: p["k"] + p["x"], 30, at_once)
    assert sorted(p["k"] for p in proposed[:3]) == [1, 2, 3]
    # the second begins early, ends where it was to end, and the other option is the third's
    assert stages_of(proposed)[:16] == ["few"] * 3 + ["all"] * 12 + ["c"]
    assert len({p["c"] for p in proposed}) == 2
    assert len(proposed) < 20
    assert sampler.propose(kept, [20], 0) == []


def test_a_stage_that_was_left_is_not_taken_up_again_by_a_better_base():
    sampler = staged(FEW, {**ALL, "free": ["x", "c"]}, space=SMALL)
    kept, _ = run(sampler, SMALL, lambda p: p["k"] + p["x"], 8)
    assert kept.params(kept.best[0])["x"] < 0.5  # where the first stage would find new points
    assert stages_of(sampler.propose(kept, [8, 9], 0)) == ["all"] * 2


def test_a_stage_none_of_whose_parameters_takes_part_is_passed_over():
    base = trial(0, {"layers": 3, "lr": 0.5, "opt": "adam"}, 1.0)
    momentum = {"name": "momentum", "free": ["opt/sgd/*"], "trials": 3}
    sampler = staged(momentum, ALL)
    assert stages_of(sampler.propose(history(base), [1, 2], 0)) == ["all"] * 2
    assert stages_of(sampler.propose(history(), [0, 1], 0)) == ["momentum"] * 2


def test_one_whose_parameters_take_no_part_tries_the_start_once():
    momentum = {"name": "momentum", "free": ["opt/sgd/*"], "trials": 3}
    proposed = staged(momentum, ALL, start={"opt": "adam"}).propose(history(), [0, 1], 0)
    assert stages_of(proposed) == ["momentum", "all"]
    assert proposed[0] == {"layers": 5, "lr": pytest.approx(1.15), "opt": "adam"}


@pytest.mark.parametrize("memo", [{"by": "stages"}, {"by": "stages", "member": 9, "inner": 3}])
def test_a_memo_that_somebody_edited_is_none(memo):
    base = {"layers": 3, "lr": 0.5, "opt": "adam"}
    edited = trial(0, Remembered(base, memo), 1.0)
    [params] = staged({**NET, "sampler": "tpe"}, OPT).propose(history(edited), [1], 0)
    assert (memo_of(params)["stage"], fixed(params)) == ("net", fixed(base))


def test_it_says_which_stage_proposes_what_and_where_the_rest_stands():
    sampler = staged(NET, {**OPT, "free": ["lr", "opt*"]}, {**ALL, "sampler": "sobol"})
    kept = history(budget=40)
    start = "stage 1 of 3, net: trials 0 to 3, by random; free: layers; fixed at the start"
    assert sampler.explain(kept) == start
    base = {"layers": 3, "lr": 0.5, "opt": "adam"}
    for n in range(10):
        kept.put(trial(n, {**base, "lr": n / 10}, 1.0 - n))
        if n == 3:
            told = "stage 2 of 3, opt: trials 4 to 9, by random; free: lr, opt*; fixed at trial 3"
            assert sampler.explain(kept) == told
    assert sampler.explain(kept) == "stage 3 of 3, all: trials 10 to 39, by sobol; free: *"
    kept.budget = None
    assert sampler.explain(kept) == "stage 3 of 3, all: from trial 10 on, by sobol; free: *"


def test_it_says_what_a_stages_sampler_says_of_itself():
    alone = registry.make(SamplerSpec(name="auto"), SPACE.dimensions)
    kept = history(budget=9)
    assert f"by auto ({alone.explain(kept)}); free" in StagesSampler(SPACE.dimensions).explain(kept)


def test_many_names_are_told_in_short():
    space = Space({f"x{i}": Float(0, 1) for i in range(9)})
    one = {"name": "a", "free": [f"x{i}" for i in range(9)], "sampler": "random"}
    assert (
        staged(one, space=space)
        .explain(history(space=space))
        .endswith("free: x0, x1, x2, x3, x4, and 4 more")
    )


@st.composite
def staged_searches(draw):
    """A search, and a way to divide it into stages, whose bounds lie about what is asked for."""
    search = draw(searches())
    names = [d.name for d in search.space.dimensions]
    count = draw(st.integers(1, 3))
    shuffled = np.random.default_rng(draw(st.integers(0, 99))).permutation(names).tolist()
    begins = sorted(
        max(1, search.numbers.start + draw(st.integers(-3, 3))) for _ in range(count - 1)
    )
    stages = []
    for i in range(count):
        sampler = draw(st.sampled_from(["tpe", "anneal", "random"]))
        share = shuffled[i::count] if i else [*shuffled[::count], names[0]]
        stage = {"name": f"s{i}", "free": share or names, "sampler": sampler}
        if i < count - 1:
            stage["trials"] = max(1, begins[i] - (begins[i - 1] if i else 0))
        stages.append(stage)
    return search, stages


any_search = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def same(a, b):
    return a.keys() == b.keys() and all(same_value(a[name], b[name]) for name in a)


@any_search
@given(staged_searches())
def test_a_proposal_is_a_new_point_whatever_the_stages(found):
    search, stages = found
    known = [t.params for t in search.trials if t.state is not TrialState.CANCELLED]
    kept = history(*search.trials, space=search.space)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        proposed = staged(*stages, space=search.space).propose(kept, search.numbers, search.seed)
    for params in proposed:
        search.space.check(params)
        assert not any(same(params, old) for old in known)
        known.append(params)


@any_search
@given(staged_searches())
def test_the_set_of_trials_and_the_seed_decide_alone(found):
    search, stages = found
    kept = history(*search.trials, space=search.space)
    batch = staged(*stages, space=search.space).propose(kept, search.numbers, search.seed)
    used = staged(*stages, space=search.space)
    used.propose(history(*search.trials[::2], space=search.space), search.numbers, search.seed + 1)
    later = History(search.space.dimensions)
    for i, one in enumerate(search.shuffled()):
        if i % 5 == 0:
            later.put(dataclasses.replace(one, state=TrialState.RUNNING, loss=None))
        later.put(one)
    for number, params in zip(search.numbers, batch, strict=False):
        [again] = used.propose(later, [number], search.seed)
        assert repr(again) == repr(params)
        assert memo_of(again) == memo_of(params)
        later.put(trial(number, params))
    if len(batch) < len(search.numbers):
        assert not used.propose(later, search.numbers[len(batch) :], search.seed)


def test_a_hundred_trials_in_stages_find_what_they_look_for():
    space = Space({f"x{i}": Float(-5, 5) for i in range(4)})
    stages = [
        {"name": "two", "free": ["x0", "x1"], "trials": 30, "sampler": "tpe"},
        {"name": "others", "free": ["x2", "x3"], "trials": 30, "sampler": "tpe"},
    ]
    sampler = staged(*stages, space=space)
    kept, _ = run(sampler, space, lambda p: sum((x - 1) ** 2 for x in p.values()), 60)
    assert math.sqrt(kept.best[1]) < 1
