import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.de import DESampler
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.sobol import SobolSampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Space

LINE = Space({"x": Float(0, 1)})
TREE = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"y": Float(0, 1)}})})


def trial(number, params, loss=None, state=None, memo=None):
    state = state or (TrialState.WAITING if loss is None else TrialState.COMPLETE)
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        loss=loss,
        state=state,
        proposed=Proposed(sampler="de", memo=memo),
    )


def of(slot):
    return {"by": "de", "member": slot}


def population(space, *points):
    """One complete trial for each slot."""
    kept = History(space.dimensions)
    for number, (params, loss) in enumerate(points):
        kept.put(trial(number, params, loss, memo=of(number)))
    return kept


def proposed(space, kept, count=200, **options):
    """One proposal for each of many numbers, all on the same trials."""
    sampler = DESampler(space.dimensions, **options)
    return [sampler.propose(kept, [n], 3)[0] for n in range(kept.created, kept.created + count)]


def slot(params):
    return memo_of(params)["member"]


def lowest(sampler, space, loss, trials, seed):
    kept = History(space.dimensions)
    for number in range(trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(trial(number, params, loss(params), memo=memo_of(params)))
    return kept.best[1]


def test_a_bowl_in_five_dimensions_is_searched_far_better_than_by_chance():
    space = Space({f"x{i}": Float(-5, 5) for i in range(5)})

    def bowl(params):
        return sum((x - 1) ** 2 for x in params.values())

    found = [lowest(DESampler(space.dimensions), space, bowl, 100, s) for s in range(3)]
    drawn = [lowest(RandomSampler(space.dimensions), space, bowl, 100, s) for s in range(3)]
    assert max(found) < min(drawn) / 2


def test_slots_are_filled_from_a_sobol_sequence_in_turn_however_many_are_pending():
    kept = History(LINE.dimensions)
    batch = DESampler(LINE.dimensions, population_size=4).propose(kept, range(10), 3)
    assert [dict(p) for p in batch] == SobolSampler(LINE.dimensions).propose(kept, range(10), 3)
    assert [slot(p) for p in batch] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]


def test_the_slot_with_the_fewest_trials_is_next():
    kept = population(LINE, *[({"x": n / 9}, float(n)) for n in range(4)])
    kept.put(trial(4, {"x": 0.5}, memo=of(0)))
    kept.put(trial(5, {"x": 0.6}, state=TrialState.FAILED, memo=of(1)))
    batch = DESampler(LINE.dimensions, population_size=4).propose(kept, [6, 7, 8], 3)
    assert [slot(p) for p in batch] == [2, 3, 0]


def test_a_slot_holds_its_best_trial_not_its_last():
    kept = population(LINE, *[({"x": 0.2 + n / 1000}, float(n)) for n in range(4)])
    for number in range(4):
        kept.put(trial(4 + number, {"x": 0.9 + number / 1000}, 50.0, memo=of(number)))
    sampler = DESampler(LINE.dimensions, population_size=4)
    moved = [sampler.propose(kept, [n], 3)[0]["x"] for n in range(8, 208)]
    assert sorted(moved)[100] < 0.25


def test_a_good_trial_of_somebody_else_leads():
    points = [({"x": 0.1 + n / 1000}, 1.0 + n) for n in range(4)]
    kept = population(LINE, *points)
    before = [p["x"] for p in proposed(LINE, kept, population_size=4)]
    for number in (4, 5):
        kept.put(trial(number, {"x": 0.8 + number / 1000}, 0.0))
    after = [p["x"] for p in proposed(LINE, kept, population_size=4)]
    assert sorted(before)[100] < 0.2
    assert sorted(after)[100] > 0.3


def test_children_stay_in_the_space_and_take_options_of_all_branches():
    kept = population(
        TREE,
        ({"m": "a", "m/a/x": 0.0}, 1.0),
        ({"m": "b", "m/b/y": 1.0}, 2.0),
        ({"m": "a", "m/a/x": 1.0}, 3.0),
        ({"m": "b", "m/b/y": 0.0}, 4.0),
    )
    children = proposed(TREE, kept, population_size=4)
    for params in children:
        TREE.check(params)
    assert {p["m"] for p in children} == {"a", "b"}


def test_a_slot_whose_trials_all_failed_begins_again():
    kept = History(LINE.dimensions)
    for number in range(4):
        state = TrialState.FAILED if number == 0 else TrialState.COMPLETE
        loss = None if number == 0 else 1.0
        kept.put(trial(number, {"x": number / 9}, loss, state, of(number)))
    [params] = DESampler(LINE.dimensions, population_size=4).propose(kept, [4], 3)
    assert slot(params) == 0
    assert dict(params) == SobolSampler(LINE.dimensions).propose(kept, [4], 3)[0]


@pytest.mark.parametrize("member", [-1, 10**18, "0"])
def test_a_memo_that_somebody_edited_does_no_harm(member):
    kept = population(LINE, *[({"x": n / 9}, 1.0) for n in range(4)])
    kept.put(trial(4, {"x": 0.77}, 0.0, memo={"by": "de", "member": member}))
    for params in proposed(LINE, kept, 20, population_size=4):
        LINE.check(params)


@pytest.mark.parametrize(
    "options",
    [
        {"population_size": 3},
        {"population_size": 8.0},
        {"mutation": 0.3},
        {"mutation": 2},
        {"crossover": 0},
        {"crossover": 1},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        DESampler(LINE.dimensions, **options)
