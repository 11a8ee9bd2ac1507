import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.samplers.pso import FASTEST, PSOSampler
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.sobol import SobolSampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

LINE = Space({"x": Float(0, 1)})
PLANE = Space({"x": Float(0, 1), "y": Float(0, 1)})
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
        proposed=Proposed(sampler="pso", memo=memo),
    )


def of(particle, **more):
    return {"by": "pso", "member": particle, **more}


def history(space, *trials):
    kept = History(space.dimensions)
    for one in trials:
        kept.put(one)
    return kept


def proposed(space, kept, count=200, **options):
    """One proposal for each of many numbers, all on the same trials."""
    sampler = PSOSampler(space.dimensions, **options)
    return [sampler.propose(kept, [n], 3)[0] for n in range(kept.created, kept.created + count)]


def member(params):
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

    found = [lowest(PSOSampler(space.dimensions), space, bowl, 100, s) for s in range(3)]
    drawn = [lowest(RandomSampler(space.dimensions), space, bowl, 100, s) for s in range(3)]
    assert max(found) < min(drawn) / 4


def test_particles_begin_at_points_of_a_sobol_sequence_one_after_another():
    kept = History(PLANE.dimensions)
    batch = PSOSampler(PLANE.dimensions).propose(kept, range(5), 3)
    assert [dict(p) for p in batch] == SobolSampler(PLANE.dimensions).propose(kept, range(5), 3)
    assert [member(p) for p in batch] == [0, 1, 2, 3, 4]


def test_a_particle_whose_trial_is_pending_waits_and_the_others_go_on():
    kept = history(
        LINE,
        trial(0, {"x": 0.1}, 1.0, memo=of(0)),
        trial(1, {"x": 0.2}, 2.0, memo=of(1)),
        trial(2, {"x": 0.3}, memo=of(0)),
    )
    assert {member(p) for p in proposed(LINE, kept, 5, n_particles=2)} == {1}


def test_more_pending_trials_than_particles_enlarge_the_swarm():
    batch = PSOSampler(LINE.dimensions, n_particles=3).propose(
        History(LINE.dimensions), range(8), 3
    )
    assert sorted(map(member, batch)) == list(range(8))


def test_the_particle_that_moved_longest_ago_moves_next():
    kept = history(LINE, *(trial(n, {"x": n / 9}, 1.0, memo=of((n + 1) % 3)) for n in range(6)))
    batch = PSOSampler(LINE.dimensions, n_particles=3).propose(kept, [6, 7, 8], 3)
    assert [member(p) for p in batch] == [1, 2, 0]


def test_a_particle_is_drawn_to_the_best_of_all_trials_whoever_proposed_them():
    kept = history(
        LINE, trial(0, {"x": 0.5}, 1.0, memo=of(0)), trial(1, {"x": 0.9}, 0.0, memo=None)
    )
    moved = [p["x"] for p in proposed(LINE, kept, n_particles=1, inertia=0)]
    assert min(moved) >= 0.5
    assert max(moved) <= 0.5 + FASTEST + 1e-9
    assert np.median(moved) > 0.6


def test_it_keeps_its_velocity_and_its_place_between_the_values_of_a_grid():
    space = Space({"n": Int(0, 9)})
    at = of(0, at=[0.62], velocity=[0.1])
    kept = history(space, trial(0, {"n": 6}, 1.0, memo=at))
    moved = PSOSampler(space.dimensions, n_particles=1, inertia=0.9, cognitive=0, social=0)
    [params] = moved.propose(kept, [1], 3)
    assert memo_of(params)["at"] == pytest.approx([0.71])
    assert params["n"] == 7


def test_a_border_turns_it_round():
    kept = history(LINE, trial(0, {"x": 0.98}, 1.0, memo=of(0, at=[0.98], velocity=[0.2])))
    sampler = PSOSampler(LINE.dimensions, n_particles=1, inertia=0.5, cognitive=0, social=0)
    [params] = sampler.propose(kept, [1], 3)
    assert params["x"] == pytest.approx(0.92)
    assert memo_of(params)["velocity"] == pytest.approx([-0.05])


def test_after_a_failure_it_goes_on_towards_what_is_known_to_be_good():
    kept = history(
        LINE,
        trial(0, {"x": 0.2}, 1.0, memo=of(0)),
        trial(1, {"x": 0.5}, state=TrialState.FAILED, memo=of(0, at=[0.5], velocity=[0.0])),
    )
    moved = [p["x"] for p in proposed(LINE, kept, n_particles=1)]
    assert max(moved) <= 0.5


def test_a_branch_that_it_has_not_seen_is_entered_at_the_place_of_the_best():
    kept = history(
        TREE,
        trial(0, {"m": "a", "m/a/x": 0.9}, 1.0, memo=of(0)),
        trial(1, {"m": "b", "m/b/y": 0.2}, 0.0, memo=of(1)),
        trial(2, {"m": "b", "m/b/y": 0.2}, memo=of(1)),
    )
    moved = proposed(TREE, kept, n_particles=2)
    assert {member(p) for p in moved} == {0}
    entered = [p["m/b/y"] for p in moved if p["m"] == "b"]
    assert len(entered) > 50
    assert max(abs(y - 0.2) for y in entered) < 0.01


@pytest.mark.parametrize(
    "memo", [of(0, at=[1e308], velocity=[-1e308]), of(0, at="x", velocity=[1.0, 2.0]), of(10**18)]
)
def test_a_memo_that_somebody_edited_does_no_harm(memo):
    kept = history(LINE, trial(0, {"x": 0.5}, 1.0, memo=memo))
    for params in proposed(LINE, kept, 20, n_particles=1):
        LINE.check(params)


@pytest.mark.parametrize(
    "options",
    [
        {"n_particles": 0},
        {"n_particles": 2.5},
        {"inertia": 1.1},
        {"inertia": -0.1},
        {"cognitive": 4.1},
        {"social": "1"},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        PSOSampler(LINE.dimensions, **options)
