import io
import json
import sys
from contextlib import contextmanager
from threading import BrokenBarrierError

import dispatch
import pytest
from benchmarks.dispatching.test_gap import GAPS
from dispatch import Results, Round, Run, Subject
from dispatching import bare
from rich.console import Console

SLOTS = f"{dispatch.LAID_OUT}, {dispatch.SLOTS}"
CLOSED = f"{dispatch.CLOSED}, {dispatch.SLOTS}"


def results(*told):
    """Runs told as (round, subject, workers, trials per second)."""
    return Results([Run(n, name, workers, 9, workers, rate) for n, name, workers, rate in told])


def ends(rate, workers=1, trials=50):
    return [[n / rate * workers for n in range(trials)] for _ in range(workers)]


DRIFTED = results(
    (1, bare.NAME, 8, 300.0),
    (1, SLOTS, 8, 400.0),
    (1, bare.NAME, 8, 500.0),
    (2, bare.NAME, 8, 100.0),
    (2, SLOTS, 8, 80.0),
    (2, bare.NAME, 8, 100.0),
    (3, bare.NAME, 8, 200.0),
    (3, SLOTS, 8, 180.0),
    (3, bare.NAME, 8, 200.0),
)


def test_a_ratio_is_taken_within_each_round_and_the_median_of_them_told():
    assert DRIFTED.rounds(bare.NAME, 8) == {1: 400.0, 2: 100.0, 3: 200.0}
    assert DRIFTED.rate(SLOTS, 8) == 180.0
    assert DRIFTED.ratio(SLOTS, bare.NAME, 8) == 0.9  # of 1.0, 0.8 and 0.9
    assert DRIFTED.ratio(bare.NAME, bare.NAME, 8) == 1.0


def test_a_round_without_both_counts_for_no_ratio():
    found = results((1, bare.NAME, 8, 100.0), (2, SLOTS, 8, 50.0), (3, SLOTS, 8, 70.0))
    assert found.ratio(SLOTS, bare.NAME, 8) is None
    assert found.rate(SLOTS, 8) == 60.0
    assert found.rate(SLOTS, 4) is None


def test_few_workers_have_fewer_trials():
    many, few = Subject("many", None, 4000), Subject("few", None, 80)
    assert [many.share(workers) for workers in (1, 2, 4, 8)] == [1000, 2000, 4000, 4000]
    assert Subject("some", None, 400).share(1) == dispatch.FEWEST
    assert few.share(1) == few.share(8) == 80


def test_goals_are_ratios_at_8_processes():
    found = results(
        (1, bare.NAME, 8, 100.0),
        (1, SLOTS, 8, 80.0),
        (1, SLOTS, 4, 10.0),
        (1, CLOSED, 8, 60.0),
        (1, dispatch.JOURNAL_TPE, 8, 20.0),
        (1, dispatch.HYPEROPT_TPE, 8, 6.0),
    )
    assert found.goals() == {
        "prepared_8_slots_over_bare": 0.8,
        "prepared_8_agents_over_bare": None,
        "closed_8_slots_over_bare": 0.6,
        "closed_8_over_optuna_journal_tpe": 3.0,
        "closed_8_over_hyperopt_tpe": 10.0,
    }


def test_every_goal_speaks_of_subjects_that_are_measured():
    names = {bare.NAME, *(subject.name for subject in dispatch.subjects(dispatch.Effort()))}
    assert {name for pair in dispatch.GOALS.values() for name in pair} <= names


def test_the_table_has_subjects_and_worker_counts():
    console = Console(file=io.StringIO(), width=200)
    found = results(
        (1, bare.NAME, 1, 50.0), (1, bare.NAME, 8, 200.0), (1, SLOTS, 8, 150.0), (1, CLOSED, 1, 9.0)
    )
    dispatch.show(found, console)
    rows = [line.split("|")[1:-1] for line in console.file.getvalue().splitlines() if "|" in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert cells[0] == ["trials/s (of bare)", "1 worker", "8 workers"]
    assert cells[2:] == [
        [bare.NAME, "50.0 (1.00)", "200.0 (1.00)"],
        [SLOTS, "-", "150.0 (0.75)"],
        [CLOSED, "9.0 (0.18)", "-"],
    ]


def test_a_subject_runs_once_between_two_bare_loops(monkeypatch, capsys):
    asked = []

    def subject(name, least=1):
        def run(workers, trials, served):
            asked.append((name, workers, trials))
            return ends(100.0, workers)

        return Subject(name, run, 7, least)

    monkeypatch.setattr(bare, "run", subject("bare").run)
    one = Round(1, None, Results(), 30)
    one.compare([subject("a"), subject("b", least=2)], 1)
    one.compare([subject("a"), subject("b", least=2)], 2)
    assert asked == [
        ("bare", 1, 30), ("a", 1, 7), ("bare", 1, 30),
        ("bare", 2, 30), ("a", 2, 7), ("b", 2, 7), ("bare", 2, 30),
    ]  # fmt: skip
    assert one.results.rate("b", 2) == pytest.approx(100.0)
    assert "round 1, 2 workers, b: 100.0 trials/s" in capsys.readouterr().out


@pytest.mark.parametrize("error", [ValueError("too few"), TimeoutError(), BrokenBarrierError()])
def test_a_run_that_fails_is_said_and_left_out(monkeypatch, capsys, error):
    def run(*_):
        raise error

    monkeypatch.setattr(bare, "run", lambda *_: ends(100.0))
    one = Round(2, None, Results(), 30)
    one.compare([Subject("broken", run, 7)], 1)
    assert {r.subject for r in one.results.runs} == {bare.NAME}
    said = f"round 2, 1 worker, broken is left out: {str(error) or type(error).__name__}"
    assert one.results.left_out == [said]
    assert one.results.left_out[0] in capsys.readouterr().err


def test_a_peer_whose_package_lacks_is_said_once_and_not_tried_again(monkeypatch, capsys):
    tried = []

    def run(*_):
        tried.append(1)
        raise ImportError("optuna is not installed")

    monkeypatch.setattr(bare, "run", lambda *_: ends(100.0))
    one = Round(1, None, Results(), 30)
    for workers in (1, 2):
        one.compare([Subject("peer", run, 7)], workers)
    assert tried == [1]
    assert capsys.readouterr().err == "peer is left out: optuna is not installed\n"
    assert one.results.missing == {"peer": "optuna is not installed"}


def test_a_process_without_trials_is_said(capsys):
    one = Round(1, None, Results(), 30)
    one._run(Subject("lazy", lambda *_: [*ends(100.0), []], 7), 2)
    assert "trials/s (1 processes ended trials)" in capsys.readouterr().out
    assert one.results.runs[0].worked == 1


@pytest.fixture
def command(monkeypatch, capsys):
    """The command, on subjects that take no time: its report and what it asked for."""
    opened = []

    @contextmanager
    def serving(*, standalone=False):
        opened.append(standalone)
        yield None

    def run(workers, trials, served):
        return ends(100.0, workers)

    monkeypatch.setattr(dispatch, "serving", serving)
    monkeypatch.setattr(bare, "run", run)
    fakes = [Subject(s.name, run, s.trials, s.least) for s in dispatch.subjects(dispatch.QUICK)]
    monkeypatch.setattr(dispatch, "subjects", lambda effort: fakes)
    monkeypatch.setattr(dispatch.gap, "measured", lambda *_: GAPS)

    def call(*words):
        opened.clear()
        monkeypatch.setattr(sys, "argv", ["dispatch.py", *words])
        dispatch.main()
        return json.loads(capsys.readouterr().out.splitlines()[-1]), opened

    return call


def test_quick_is_one_round_of_8_processes(command):
    report, opened = command("--quick")
    counts = {(r["subject"], r["workers"]) for r in report["runs"]}
    assert {n for name, n in counts if name == bare.NAME} == {1, 8}
    assert {n for name, n in counts if name != bare.NAME} == {8}
    assert {r["round"] for r in report["runs"]} == {1}
    assert report["goals"] == dict.fromkeys(dispatch.GOALS, 1.0)
    assert opened == [False, False]
    assert [found["server"] for found in report["gaps"]] == ["replica set"]


def test_every_round_has_every_subject_on_a_server_of_its_own(command):
    report, opened = command("--rounds", "2", "--no-gap")
    assert opened == [False, False]
    assert report["gaps"] == []
    of_agents = [r["workers"] for r in report["runs"] if r["subject"].endswith(dispatch.AGENTS)]
    assert sorted(set(of_agents)) == [2, 4, 8]
    assert len(report["runs"]) == 2 * (4 * (2 + 8) + 3 * 2)


def test_the_gap_may_be_measured_by_itself_on_both_servers(command):
    report, opened = command("--rounds", "0")
    assert (report["runs"], opened) == ([], [False, True])


def test_a_gap_that_fails_is_said(command, monkeypatch, capsys):
    def broken(*_):
        raise TimeoutError("too long")

    monkeypatch.setattr(dispatch.gap, "measured", broken)
    assert dispatch._gaps("standalone", dispatch.QUICK.gap) is None
    assert "the gap on a standalone is left out: too long" in capsys.readouterr().err


def test_subjects_are_chosen_by_parts_of_their_names(command):
    report, _ = command("--quick", "--no-gap", "--only", "optuna")
    names = {r["subject"] for r in report["runs"]} - {bare.NAME}
    assert names == {peer.name for peer in dispatch.optuna_storages.PEERS}


@pytest.mark.parametrize("words", [["--only", "nobody"], ["--workers", "0"], ["--rounds", "-1"]])
def test_what_cannot_be_measured_is_refused(command, words):
    with pytest.raises(SystemExit):
        command(*words)


def test_a_real_round_of_two_processes(monkeypatch, capsys):
    tiny = dispatch.Effort(bare=80, laid_out=80, closed=60)
    monkeypatch.setattr(dispatch, "QUICK", tiny)
    words = ["--quick", "--workers", "2", "--no-gap", "--only", "out, agents", "TPE, one"]
    monkeypatch.setattr(sys, "argv", ["dispatch.py", *words])
    dispatch.main()
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["left_out"] == []
    assert len(report["cells"]) == 3
    assert all(cell["over_bare"] > 0 for cell in report["cells"])
