import json
import sys

import propose
import pytest

from parzen.shared.errors import InvalidStudy


def test_a_cost_is_the_median_after_a_warm_up(monkeypatch):
    clock = iter([0.0, 5.0, 5.0, 6.0, 6.0, 8.0])
    monkeypatch.setattr(propose.time, "process_time", lambda: next(clock))
    calls = []
    effort = propose.Effort(seconds=100.0)
    ms = propose.cost(lambda: calls.append(1), 3, effort, before=lambda: calls.append(0))
    assert ms == 2000.0
    assert calls == [0, 1] * 4


def test_repetitions_end_where_the_seconds_are_used_up(monkeypatch):
    clock = iter([0.0, 5.0, 5.0, 6.0])
    monkeypatch.setattr(propose.time, "process_time", lambda: next(clock))
    assert propose.cost(lambda: None, 50, propose.Effort(seconds=6.0)) == 3000.0


def test_ratios_compare_histories_peers_and_batches():
    table = propose.Table()
    for sampler, history, what, ms in [
        ("tpe", 100, "step", 2.0),
        ("tpe", 1000, "step", 3.0),
        ("tpe", 1000, "batch", 100.0),
        ("tpe", 1000, "singles", 400.0),
        ("optuna", 1000, "step", 90.0),
        ("hyperopt", 1000, "step", 300.0),
        ("parzen.hyperopt", 1000, "step", 10.0),
    ]:
        table.add(sampler, 20, history, what, ms)
    assert table.ratios() == {
        "tpe.20.longest_over_shortest": 1.5,
        "tpe.20.1000.optuna_over_it": 30.0,
        "tpe.20.1000.hyperopt_over_it": 100.0,
        "tpe.20.1000.batch_over_singles": 0.25,
        "tpe.20.1000.batch_over_steps": 0.333,
        "parzen.hyperopt.20.longest_over_shortest": 1.0,
        "parzen.hyperopt.20.1000.optuna_over_it": 9.0,
        "parzen.hyperopt.20.1000.hyperopt_over_it": 30.0,
    }


def test_the_last_line_is_json_with_every_cell(monkeypatch, capsys):
    for name in propose.ONE_THREAD:
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(
        propose, "QUICK", propose.Effort(histories=(20,), widths=(5,), repeats=1, seconds=0.0)
    )
    monkeypatch.setattr(sys, "argv", ["propose.py", "--quick", "--only", "random", "anneal"])
    propose.main()
    lines = capsys.readouterr().out.splitlines()
    last = json.loads(lines[-1])
    assert {(c["sampler"], c["what"]) for c in last["cells"]} == {
        ("random", "step"),
        *(("anneal", what) for what in ("step", "pending", "batch", "singles")),
    }
    assert all(cell["ms"] > 0 for cell in last["cells"])
    assert "| sampler | 20 trials" in "\n".join(lines)


def test_figures_stand_in_a_table_of_samplers_and_histories(capsys):
    table = propose.Table()
    for history, what, ms in [
        (100, "step", 2.04), (100, "pending", 3.0), (100, "batch", 55.0), (1000, "step", 4.0),
    ]:  # fmt: skip
        table.add("tpe", 20, history, what, ms)
    table.add("random", 20, 100, "step", 0.11)
    capsys.readouterr()
    propose._show(table)
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if "|" in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert cells[0] == ["sampler", "100 trials", "1,000 trials"]
    assert cells[2:] == [["tpe", "2.0 / 3.0 / 0.6", "4.0"], ["random", "0.1", "-"]]


def test_a_space_that_a_sampler_refuses_is_said_and_the_others_go_on(monkeypatch, capsys):
    def made(name, dimensions):
        if name == "grid":
            raise InvalidStudy("the grid has 10^21 points")
        return usual(name, dimensions)

    usual = propose.ours.Ours
    monkeypatch.setattr(propose.ours, "Ours", made)
    table, effort = propose.Table(), propose.Effort(histories=(20,), repeats=1, seconds=0.0)
    propose._ours(table, propose.space.dimensions(5), effort, ["grid", "random"])
    assert {cell.sampler for cell in table.cells} == {"random"}
    assert "5 parameters are not for grid: the grid has 10^21" in capsys.readouterr().err


def test_each_of_parzens_samplers_is_a_subject(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["propose.py", "--methods"])
    assert set(propose._options().only) == set(propose.ours.offered())
    assert {"random", "anneal", "tpe", "auto"} <= set(propose.METHODS)


@pytest.mark.parametrize("peer", [*propose.PEERS, *propose.AS_HYPEROPT])
def test_peers_are_measured_beside(peer, capsys):
    if peer in propose.PEERS:
        pytest.importorskip(peer)
    table = propose.Table()
    effort = propose.Effort(repeats=1, peers_repeats=1)
    propose._peers(table, propose.space.dimensions(5), 30, effort, [peer])
    assert (table.get(peer, 5, 30) or 0) > 0
    assert len(table.cells) == 1


def test_a_subject_that_is_none_is_said(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["propose.py", "--only", "tpe", "parzen"])
    with pytest.raises(SystemExit):
        propose._options()
    error = capsys.readouterr().err
    assert "--only has 'parzen': expected some of random, tpe, auto, " in error
    assert "optuna, hyperopt, parzen.hyperopt" in error
