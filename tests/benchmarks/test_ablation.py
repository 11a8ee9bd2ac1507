import json

import ablation
import pytest
import units

ARGUMENTS = [
    *("--suite=benchmarks.toys", "--problems=bowl", "--seeds=1", "--jobs=1"),
    "--only=tpe:n_ei_candidates=*",
]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "REFERENCES", 3)  # the processes would make a hundred
    version = units.version("benchmarks.toys", "bowl", None)
    units.work("benchmarks.toys", tmp_path, units.Reference("bowl", version))
    yield tmp_path
    units.problem.cache_clear()
    units.problem_version.cache_clear()


def test_each_variant_is_compared_with_the_sampler_as_it_is(cache, monkeypatch, capsys):
    assert ablation.main([*ARGUMENTS, f"--cache={cache}"]) == 0
    first = capsys.readouterr().out
    *table, last = first.splitlines()
    assert [line.split(" | ")[2:4] for line in table[2:]] == [["64", "24"], ["64", "256"]]
    rows = json.loads(last)["rows"]
    assert [(row["problems"], row["runs"]) for row in rows] == [(1, 1), (1, 1)]
    assert len({row["difference"]["mean"] for row in rows} | {0.0}) > 1
    monkeypatch.setattr(ablation.pool, "ProcessPoolExecutor", None)  # whoever makes one fails
    assert ablation.main([*ARGUMENTS, f"--cache={cache}", "--report"]) == 0
    assert capsys.readouterr().out == first


def test_what_is_missing_is_said_and_has_no_row(cache, capsys):
    assert ablation.main([*ARGUMENTS, f"--cache={cache}", "--report"]) == 0
    output = capsys.readouterr()
    assert "missing: 1 of tpe:n_ei_candidates=24 1x100" in output.err
    assert json.loads(output.out.splitlines()[-1])["rows"] == []


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--seeds=0", "--seeds is 0: expected at least 1"),
        ("--jobs=-1", "--jobs is -1: expected at least 1"),
        ("--problems=z*", "no problem matches 'z*'"),
    ],
)
def test_a_mistake_is_said_before_anything_runs(capsys, argument, says):
    with pytest.raises(SystemExit):
        ablation.main([*ARGUMENTS, argument])
    assert says in capsys.readouterr().err


def test_a_pattern_that_matches_nothing_is_refused(capsys):
    with pytest.raises(SystemExit):
        ablation.main(["--only=tpf@*"])
    assert "no variant matches 'tpf@*'" in capsys.readouterr().err
