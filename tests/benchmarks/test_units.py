from __future__ import annotations

import dataclasses
import json
import statistics

import pytest
import units
from benchmarks import toys
from units import Reference, Run

from parzen.shared.errors import InvalidStudy

SUITE = "benchmarks.toys"


@pytest.fixture(autouse=True)
def _afresh():
    yield
    units.problem.cache_clear()
    units.problem_version.cache_clear()


def run(trials=35, sampler="random", problem="bowl", **changes):
    version = units.version(SUITE, problem, sampler)
    known = {"workers": 1, "seed": 0, "version": version}
    return Run(problem=problem, sampler=sampler, trials=trials, **{**known, **changes})


def reference(problem="tree"):
    return Reference(problem, units.version(SUITE, problem, None))


def test_incumbents_are_those_of_the_lowest_observed_loss_by_their_exact_one():
    told = [(5.0, 4.0), (6.0, 1.0), (3.0, 4.5), (3.0, 0.0), (2.0, 2.0)]
    changes = units.incumbents(told)
    assert changes == [(1, 4.0), (3, 4.5), (5, 2.0)]
    assert [units.incumbent_at(changes, budget) for budget in (1, 2, 3, 4, 5, 99)] == [
        4.0, 4.0, 4.5, 4.5, 2.0, 2.0,
    ]  # fmt: skip


def test_what_was_done_is_kept_and_found(tmp_path):
    unit = run()
    assert unit.found(tmp_path) is None
    assert units.load(tmp_path, unit) is None
    units.work(SUITE, tmp_path, unit)
    kept = units.load(tmp_path, unit)
    assert kept["asked"] == 35
    assert kept["cpu_s"] > 0
    assert kept["incumbents"][0][0] == 1
    assert (kept["problem"], kept["sampler"], kept["trials"]) == ("bowl", "random", 35)


def test_it_is_computed_alike_each_time(tmp_path):
    unit = run(sampler="random", workers=4)
    results = [unit.compute(toys.load("bowl"))["incumbents"] for _ in range(2)]
    assert results[0] == results[1]


def test_a_run_goes_by_the_constants_of_its_sampler_and_leaves_them_as_they_were(tmp_path):
    usual, changed = run(sampler="tpe"), run(sampler="tpe:gamma=0.1@tpe.MOST_GOOD=1;tpe.MOST_BAD=4")
    before, other, after = (
        unit.compute(toys.load("bowl"))["incumbents"] for unit in (usual, changed, usual)
    )
    assert before == after != other
    assert changed.path(tmp_path).parent.name == "tpe:gamma=0.1@tpe.MOST_GOOD=1;tpe.MOST_BAD=4"
    assert run(sampler="tpe:gamma=0.2").path(tmp_path).parent.name == "tpe:gamma=0.2"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"workers": 2},
        {"trials": 36},
        {"version": "another"},
        {"sampler": "tpe:n_ei_candidates=3"},
        {"problem": "tree"},
    ],
)
def test_another_unit_is_not_found_in_its_place(tmp_path, change):
    units.work(SUITE, tmp_path, run())
    assert dataclasses.replace(run(), **change).found(tmp_path) is None


def test_a_longer_run_stands_for_a_shorter_one(tmp_path):
    units.work(SUITE, tmp_path, run(trials=60))
    shorter = run(trials=35)
    kept = units.load(tmp_path, shorter)
    alone = shorter.compute(toys.load("bowl"))
    assert [c for c in kept["incumbents"] if c[0] <= 35] == [
        list(change) for change in alone["incumbents"]
    ]


def test_a_space_that_the_sampler_refuses_is_kept_as_that(tmp_path, monkeypatch):
    def refuse(*_):
        raise InvalidStudy("the grid has 10^21 points")

    monkeypatch.setattr(units.registry, "make", refuse)
    units.work(SUITE, tmp_path, run())
    assert units.load(tmp_path, run())["refused"] == "the grid has 10^21 points"


def test_a_result_is_kept_whole_or_not_at_all(tmp_path, monkeypatch):
    unit = run()
    units.save(tmp_path, unit, {"first": 1})
    monkeypatch.setattr(units.Path, "write_text", lambda *args, **named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        units.save(tmp_path, unit, {"second": 2})
    assert json.loads(unit.path(tmp_path).read_text()) == {"first": 1}
    assert list(unit.path(tmp_path).parent.iterdir()) == [unit.path(tmp_path)]


def test_a_reference_is_random_search_many_times(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "REFERENCES", 5)
    units.work(SUITE, tmp_path, reference())
    exact = units.load(tmp_path, reference())["exact"]
    assert list(exact) == [str(budget) for budget in units.BUDGETS]
    assert {len(losses) for losses in exact.values()} == {5}
    medians = [statistics.median(losses) for losses in exact.values()]
    assert medians == sorted(medians, reverse=True)
    assert len(set(exact["30"])) == 5


def test_a_reference_made_at_other_budgets_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "REFERENCES", 2)
    units.work(SUITE, tmp_path, reference())
    assert reference().found(tmp_path)
    monkeypatch.setattr(units, "BUDGETS", (30, 60))
    assert not reference().found(tmp_path)


def test_a_problem_is_told_from_one_that_has_changed(monkeypatch):
    def version(**changes):
        units.problem.cache_clear()
        units.problem_version.cache_clear()
        changed = dataclasses.replace(toys.PROBLEMS["bowl"], **changes)
        monkeypatch.setitem(toys.PROBLEMS, "bowl", changed)
        return units.version(SUITE, "bowl", None)

    before = version()
    assert version(best=-1.0) == before
    assert version(loss=lambda params: toys.bowl(params) + 1e-3) != before
    assert version(loss=toys.bowl, noise=0.2) != before
    assert version(noise=0.1) == before
    assert version(dimensions=toys.BOWL_SPACE[::-1]) != before


def test_a_source_that_changed_since_the_start_is_said(tmp_path):
    with pytest.raises(RuntimeError, match="the source changed since the start: start again"):
        units.work(SUITE, tmp_path, run(version="older"))
    assert not list(tmp_path.iterdir())
