from __future__ import annotations

import json

import pytest
import quality
import units
from benchmarks import toys

ARGUMENTS = [
    *("--suite=benchmarks.toys", "--half=all", "--samplers", "random", "sobol"),
    *("--settings=1x30,3x30", "--seeds=1", "--jobs=1"),
]


def call(cache, *more):
    return quality.main([*ARGUMENTS, f"--cache={cache}", *more])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The folder of one finished comparison; what it does twice is not done again."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "REFERENCES", 3)  # the processes would make a hundred
        units.work("benchmarks.toys", folder, reference("bowl"))
    assert call(folder) == 0
    assert reference("tree").found(folder)
    return folder


def reference(problem):
    return units.Reference(problem, units.version("benchmarks.toys", problem, None))


def test_everything_is_run_once_and_kept(cache, monkeypatch, capsys):
    monkeypatch.setattr(quality.pool, "ProcessPoolExecutor", None)  # whoever makes one fails
    assert call(cache) == 0
    output = capsys.readouterr()
    assert "10 units, 10 of them kept" in output.err
    figures = json.loads(output.out.splitlines()[-1])
    assert figures["half"] == "all"
    assert figures["problems"] == ["bowl", "tree"]
    assert [(c["workers"], c["budget"], c["pairs"]) for c in figures["cells"]] == [
        (1, 30, 2), (3, 30, 2),
    ]  # fmt: skip
    assert figures["missing"] == {}


def test_a_kept_run_is_what_one_computes_here(cache):
    problem = toys.load("tree")
    version = units.version("benchmarks.toys", "tree", "random")
    unit = units.Run("tree", "random", 3, 30, 0, version)
    here = unit.compute(problem)["incumbents"]
    assert units.load(cache, unit)["incumbents"] == [list(change) for change in here]


def test_a_report_runs_nothing_and_says_what_is_missing(tmp_path, capsys):
    assert call(tmp_path, "--report") == 0
    output = capsys.readouterr()
    assert "missing: 2 of sobol 3x30" in output.out
    assert json.loads(output.out.splitlines()[-1])["cells"] == []
    assert not list(tmp_path.glob("*/*/*.json"))


def test_a_run_that_fails_is_said_and_the_others_go_on(tmp_path, capfd):
    failing = "auto@search.NEAR=-1"  # a whole number, but nobody can draw so many candidates
    status = quality.main([
        "--suite=benchmarks.toys", "--problems=tree", "--half=all", "--samplers", failing,
        "random", "--settings=1x30", "--seeds=1", "--jobs=1", f"--cache={tmp_path}",
    ])  # fmt: skip
    output = capfd.readouterr()
    assert status == 1
    assert f"failed: Run(problem='tree', sampler='{failing}'" in output.err
    assert "ValueError" in output.err
    assert f"missing: 1 of {failing} 1x30" in output.out
    assert list(tmp_path.glob("tree/random/1x30-0-*.json"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--samplers", "nobody"], "there is no sampler 'nobody'"),
        (["--methods", "hyperopt"], "there is no method 'hyperopt': expected some of"),
        (["--samplers", "tpe:x"], "expected name=value"),
        (["--samplers", "sobol:nope=1"], "sampler 'sobol' has no option 'nope'"),
        (["--samplers", "auto:gamma=5"], "option gamma is 5: expected a number above 0"),
        (["--samplers", "tpe@rounds.NOPE=1"], "there is no constant 'rounds.NOPE'"),
        (["--samplers", "random@tpe.MOST_GOOD=5"], "does not go by tpe.MOST_GOOD"),
        (["--settings", "200"], "setting '200' is not workers x trials"),
        (["--settings-of", "tpe"], "'tpe' is not sampler=settings"),
        (["--settings-of", "tpe=1x30"], "'tpe' is not compared: expected one of random, sobol"),
        (["--against", "tpe"], "'tpe' is not compared: expected one of random, sobol"),
        (["--suite", "no.suite"], "No module named 'no'"),
        (["--problems", "z*"], "no problem matches 'z*' in the half 'all': expected one of bowl"),
        (["--seeds", "0"], "--seeds is 0: expected a whole number, at least 1"),
        (["--jobs", "-1"], "--jobs is -1: expected a whole number, at least 1"),
    ],
)
def test_a_mistake_is_said_before_anything_runs(tmp_path, capsys, more, message):
    with pytest.raises(SystemExit) as stopped:
        call(tmp_path, *more)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_a_peer_that_is_not_installed_is_said(tmp_path, capsys, monkeypatch):
    def version(name):
        raise quality.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(quality.metadata, "version", version)
    with pytest.raises(SystemExit):
        call(tmp_path, "--samplers", "hyperopt")
    assert "hyperopt is not installed: expected the peers; pip install" in capsys.readouterr().err


def test_problems_are_chosen_by_half_and_pattern():
    def chosen(*more):
        return quality.planned(["--suite=benchmarks.toys", "--samplers", "random", *more]).problems

    assert chosen() == ["tree"]
    assert chosen("--half=tune") == ["bowl"]
    assert chosen("--half=all") == ["bowl", "tree"]
    assert chosen("--half=all", "--problems=b*,none") == ["bowl"]


def test_quick_is_a_few_problems_once_and_little_of_what_is_slow(monkeypatch):
    names = [f"{family}{n}" for family in "abcde" for n in range(3)]
    monkeypatch.setattr(toys, "names", lambda half: names)
    plan = quality.planned(["--suite=benchmarks.toys", "--samplers", "random", "--quick"])
    assert len(plan.problems) == 8
    assert {name[0] for name in plan.problems} == set("abcde")
    assert plan.seeds == 1
    assert max(setting.trials for setting in plan.settings_of("random")) == 100
    assert [setting.trials for setting in plan.settings_of("optuna-gp")] == [50]


def test_methods_are_compared_with_random_search_and_their_peers(monkeypatch):
    monkeypatch.setattr(quality.metadata, "version", lambda package: "1")

    def planned(*more):
        return quality.planned(["--suite=benchmarks.toys", *more])

    plan = planned("--methods", "tpe", "--samplers", "sobol", "tpe:gamma=0.2")
    assert plan.samplers == (
        "random", "tpe", "optuna-tpe", "optuna-group", "hyperopt", "sobol", "tpe:gamma=0.2",
    )  # fmt: skip
    assert [str(setting) for setting in plan.settings_of("tpe")] == ["1x200", "32x200"]
    assert [str(setting) for setting in plan.settings_of("optuna-gp")] == ["1x100"]
    assert planned("--methods", "tpe", "--settings=2x30").settings_of("tpe")[0].trials == 30


def test_methods_are_held_against_random_search(cache, capsys):
    arguments = [each for each in ARGUMENTS if each not in {"--samplers", "random", "sobol"}]
    assert quality.main([*arguments, "--methods", "sobol", f"--cache={cache}", "--report"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["samplers"] == ["random", "sobol"]
    assert {d["against"] for d in figures["differences"]} == {"random"}
