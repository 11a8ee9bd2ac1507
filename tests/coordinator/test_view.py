from dataclasses import replace
from datetime import datetime, timezone

from parzen.coordinator.history import History
from parzen.coordinator.view import View
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction, Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Space

WHOLE = Space({"x": Float(0, 1), "c": Choice(["a", "b"])})
PART = Space({"x": Float(0, 1), "c": Choice(["a"])})
NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)


def trial(number, c="a", loss=1.0, **more):
    made = {"state": TrialState.COMPLETE, "value": -loss, "finished_at": NOON, "duration_s": 2.5}
    return Trial(
        study="",
        uid=Uid(""),
        number=number,
        params={"x": 0.25, "c": c},
        loss=loss,
        **{**made, **more},
    )


def history(*trials):
    kept = History(WHOLE.dimensions, Direction.MAXIMIZE, budget=7)
    for one in trials:
        kept.put(one)
    return kept


def test_a_trial_is_told_again_as_it_was_put():
    memo = Proposed(sampler="", memo={"by": "pso"})
    one = trial(3, proposed=memo, result={"gradient": {"x": 2.0}})
    kept = history(one, trial(4, c="edited"))
    assert kept.trial(3) == one
    assert kept.trial(4) is None


def test_a_view_shows_what_lies_in_its_space():
    kept = history(trial(0), trial(1, c="b"), trial(2, loss=0.5))
    shown = View(PART.dimensions).of(kept)
    assert list(shown.ranked_numbers) == [2, 0]
    assert (shown.created, shown.budget, shown.direction) == (3, 7, Direction.MAXIMIZE)


def test_a_view_follows_changes_and_what_is_dropped():
    kept, view = history(trial(0), trial(1, loss=0.5)), View(PART.dimensions)
    view.of(kept)
    kept.put(trial(1, c="b"))
    kept.put(trial(2, loss=2.0))
    assert list(view.of(kept).ranked_numbers) == [0, 2]
    kept.drop(0)
    assert list(view.of(kept).ranked_numbers) == [2]
    assert list(view.of(history(trial(5))).ranked_numbers) == [5]


def test_a_view_may_read_trials_anew_leave_some_out_and_have_others_beside():
    def seen_as(one):
        return replace(one, loss=one.loss * 10) if one.number else None

    view = View(WHOLE.dimensions, seen_as, beside=[trial(100, loss=7.0)])
    kept = history(trial(0), trial(1))
    assert view.of(kept).ranked_numbers == [100, 1]
    assert view.of(kept).losses([100, 1]).tolist() == [7.0, 10.0]
    assert view.of(kept).taken == 1  # what lies beside was tried elsewhere
    assert kept.ranked_numbers == [0, 1]


def test_a_view_may_number_trials_from_another_one_on():
    kept, view = history(trial(0), trial(4, loss=0.5)), View(PART.dimensions, first=3)
    shown = view.of(kept)
    assert (list(shown.ranked_numbers), shown.created) == ([1, -3], 2)
    kept.put(trial(4, c="b"))
    assert list(view.of(kept).ranked_numbers) == [-3]
    assert View(PART.dimensions, first=9).of(kept).created == 0


def test_what_is_supposed_for_a_while_leaves_nothing_behind():
    kept = history(trial(0))
    with kept.supposing() as suppose:
        suppose(1, {"x": 0.75, "c": "b"})
        assert kept.pending() == [1]
        assert kept.created == 2
    assert (list(kept.pending()), kept.created, kept.taken) == ([], 1, 1)
