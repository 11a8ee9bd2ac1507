from __future__ import annotations

import classes
import pytest
import standings
from benchmarks.test_report import NAN, flat, kept

FAMILIES = ["bbob", "bbob", "conditional"]


def read(scores):
    return kept(scores, FAMILIES)


def test_each_class_is_held_against_random_search():
    found = standings.standings(
        read({("random", 1, 100): flat(0.1), ("cmaes", 1, 100): [[0.6] * 2, [0.6] * 2, [0.1] * 2]})
    )
    bbob, conditional = found
    assert (bbob.sampler, bbob.family, bbob.problems, bbob.pairs) == ("cmaes", "bbob", 2, 4)
    assert (bbob.workers, bbob.budget) == (1, 100)
    assert bbob.score.mean == pytest.approx(0.6)
    assert bbob.difference.low == bbob.difference.high == pytest.approx(0.5)
    assert (bbob.declared, bbob.verdict, bbob.fails) == (True, "above", False)
    assert (conditional.declared, conditional.verdict, conditional.fails) == (
        False, "within", False,
    )  # fmt: skip


@pytest.mark.parametrize(("scores", "verdict"), [([0.5, -0.4], "within"), ([-0.5, -0.4], "below")])
def test_a_class_that_a_sampler_is_for_fails_where_it_is_not_above(scores, verdict):
    found = standings.standings(
        read({("random", 1, 200): flat(0.0), ("cmaes:sigma=0.3", 1, 200): [scores] * 3})
    )
    assert [(s.verdict, s.fails) for s in found] == [(verdict, True), (verdict, False)]


def test_only_runs_that_both_have_enter_and_without_any_there_is_no_standing():
    found = standings.standings(
        read({
            ("random", 1, 100): [[0.0, 0.3], [NAN, 0.0], [NAN, NAN]],
            ("tpe", 1, 100): [[0.5, NAN], [0.9, 0.7], [0.9, 0.9]],
        })
    )  # fmt: skip
    (bbob,) = found
    assert (bbob.problems, bbob.pairs) == (2, 2)
    assert bbob.difference.mean == pytest.approx(0.6)


def test_one_run_shows_nothing():
    found = standings.standings(
        read({("random", 1, 100): flat(0.0), ("tpe", 1, 100): [[NAN, 0.9], *[[NAN] * 2] * 2]})
    )
    assert [(s.pairs, s.verdict, s.fails) for s in found] == [(1, "within", True)]


def test_other_budgets_and_runs_without_random_search_have_none():
    assert not standings.standings(read({("random", 1, 50): flat(0.0), ("tpe", 1, 50): flat(1.0)}))
    assert not standings.standings(read({("tpe", 1, 100): flat(1.0)}))


def test_a_method_is_held_against_its_peers_on_all_problems_and_on_its_own():
    found = standings.matches(
        read({
            ("cmaes", 1, 50): [[0.5] * 2, [0.5] * 2, [0.0] * 2],
            ("cmaes-library", 1, 50): [[0.5] * 2, [0.4] * 2, [0.9] * 2],
            ("nevergrad-de", 1, 50): flat(0.0),
        })
    )  # fmt: skip
    assert [(m.sampler, m.peer, m.on, m.problems, m.pairs) for m in found] == [
        ("cmaes", "cmaes-library", "all", 3, 6),
        ("cmaes", "cmaes-library", "declared", 2, 4),
    ]
    assert [m.verdict for m in found] == ["within", "within"]
    assert found[1].difference.mean == pytest.approx(0.05)


def test_a_method_for_all_classes_is_held_against_its_peers_once():
    scores = {("tpe", 8, 50): flat(0.1), ("optuna-tpe", 8, 50): flat(0.4)}
    (match,) = standings.matches(read(scores))
    assert (match.on, match.workers, match.verdict) == ("all", 8, "below")


def test_what_never_ran_together_makes_no_match():
    scores = {("de", 1, 50): [[0.1] * 2, *[[NAN] * 2] * 2], ("nevergrad-de", 1, 50): flat(NAN)}
    assert "nevergrad-de" in classes.METHODS["de"].peers
    assert not standings.matches(read(scores))
