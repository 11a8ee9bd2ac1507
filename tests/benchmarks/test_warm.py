import json

import earlier
import pytest
import units
import warm
from benchmarks import toys

ARGUMENTS = [
    *("--suite=benchmarks.toys", "--problems=bowl", "--half=tune", "--jobs=1"),
    *("--samplers", "random", "--kinds", "same", "negated"),
]


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(warm, "BUDGETS", (5, 10))
    monkeypatch.setattr(warm, "REFERENCES", 3)
    monkeypatch.setattr(earlier, "TRIALS", 12)
    yield
    units.problem.cache_clear()
    units.problem_version.cache_clear()


@pytest.fixture
def here(monkeypatch):
    """Runs in this process, which has fewer budgets."""
    monkeypatch.setattr(
        warm,
        "_carry_out",
        lambda todo, options: [warm._work(run, run.path(options.cache)) for run in todo],
    )


def test_a_warm_start_is_compared_with_none_and_what_was_run_is_kept(tmp_path, here, capsys):
    assert warm.main([*ARGUMENTS, f"--cache={tmp_path}"]) == 0
    first = capsys.readouterr().out
    *table, last = first.splitlines()
    assert [line.split(" | ")[1:3] for line in table[2:]] == [["same", "1, 1"], ["negated", "1, 1"]]
    rows = json.loads(last)["rows"]
    assert [(row["kind"], row["trials"]) for row in rows] == [
        *(("same", 5), ("same", 10)),
        *(("negated", 5), ("negated", 10)),
    ]
    assert warm.main([*ARGUMENTS, f"--cache={tmp_path}", "--report"]) == 0
    assert capsys.readouterr().out == first


def test_what_is_missing_is_said_and_has_no_row(tmp_path, capsys):
    assert warm.main([*ARGUMENTS, f"--cache={tmp_path}", "--report"]) == 0
    output = capsys.readouterr()
    assert "missing: Run(" in output.err
    assert json.loads(output.out.splitlines()[-1])["rows"] == []


def test_a_pattern_that_matches_nothing_is_refused(capsys):
    with pytest.raises(SystemExit):
        warm.main([*ARGUMENTS, "--problems=z*"])
    assert "no problem matches 'z*'" in capsys.readouterr().err


@pytest.mark.parametrize("kind", list(earlier.KINDS))
@pytest.mark.parametrize("name", list(toys.PROBLEMS))
def test_every_kind_of_earlier_study_is_one_that_the_sampler_reads(name, kind):
    problem = toys.load(name)
    source = earlier.source(problem, kind, seed=0)
    assert len(source["losses"]) == earlier.TRIALS
    options = {"sampler": "random", "sources": [source]}
    assert warm.Ours("warm", problem.dimensions, 0, options).ask(0)


def test_a_related_study_searched_for_the_best_and_a_misleading_one_for_the_worst():
    problem = toys.load("bowl")
    same, negated = (earlier.source(problem, kind, 0) for kind in ("same", "negated"))
    for source, sign in ((same, 1), (negated, -1)):
        names, columns = source["params"].keys(), source["params"].values()
        points = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        exact = [sign * problem.loss(point) for point in points]
        assert exact == pytest.approx(source["losses"], abs=1)  # which have noise
    assert min(same["losses"]) < 1
    assert min(negated["losses"]) < -3
