import json
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest
import scale
from benchmarks.scaling.test_model import TIMES
from benchmarks.scaling.test_tables import FIGURES
from scaling.cells import Cell, Effort


@pytest.fixture
def measure(monkeypatch):
    """Measuring that takes no time; what it was asked."""
    asked = []

    def measured(cell, served, effort, mean_s):
        asked.append((cell, mean_s))
        return replace(FIGURES, cell=cell, mean_s=mean_s, trials_per_s=200.0)

    @contextmanager
    def serving():
        yield None

    monkeypatch.setattr(scale, "serving", serving)
    monkeypatch.setattr(scale.bare, "run", lambda *_: [[n / 800 for n in range(100)]] * 2)
    monkeypatch.setattr(scale.measuring, "measured", measured)
    monkeypatch.setattr(scale.costs, "measured", lambda *_: replace(TIMES, coordinator_led=0.0001))
    return asked


def run(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["scale.py", *words])
    status = scale.main()
    return status, capsys.readouterr()


def test_the_last_line_is_json_with_every_cell(monkeypatch, capsys, measure):
    status, said = run(monkeypatch, capsys, "--quick")
    last = json.loads(said.out.splitlines()[-1])
    found = last["carried"]["studies_of_a_coordinator"]
    assert status == 0
    assert [cell for cell, _ in measure] == list(scale.QUICK_CELLS)
    assert [cell["of_bare"] for cell in last["cells"]] == pytest.approx([200 / 1600] * 2, rel=0.02)
    assert last["cells"][0]["model"]["first"] == "coordinator"
    assert last["times_ms"]["claim_call"] == 1.0
    assert set(last["carried"]) == {"1", "200", "studies_of_a_coordinator"}
    assert f"studies at 70% of one coordinator: {found:,}" in said.out
    assert "| slots | history" in said.out
    assert "one mongod of 2 cores" in said.out


def test_a_share_of_the_load_is_one_of_the_rate_at_full_load(measure):
    half = Cell(slots=1000, history=10, studies=1, load=0.5)
    found = scale.sweep([half], None, Effort())
    assert measure == [(half.full, 0.0), (half, 10.0)]
    assert [f.cell for f in found] == [half.full, half]


def test_cells_may_be_chosen(monkeypatch, capsys, measure):
    words = ["--slots", "8", "16", "--history", "5", "--load", "full", "0.25"]
    status, _ = run(monkeypatch, capsys, *words)
    assert {(c.slots, c.history, c.studies, c.load) for c, _ in measure} == {
        (8, 5, 1, None), (8, 5, 1, 0.25), (16, 5, 1, None), (16, 5, 1, 0.25),
    }  # fmt: skip
    assert status == 0


def test_a_call_that_failed_is_said_and_fails_the_run(monkeypatch, capsys, measure):
    broken = replace(FIGURES, errors=2, first_error="StoreUnreachable: gone")
    monkeypatch.setattr(scale.measuring, "measured", lambda *_: broken)
    status, said = run(monkeypatch, capsys, "--quick")
    assert status == 1
    assert "2 calls raised, 0 reports were refused" in said.err
    assert "StoreUnreachable: gone" in said.err


@pytest.mark.parametrize(
    "words", [["--slots", "0"], ["--load", "0"], ["--load", "half"], ["--history", "-1"]]
)
def test_what_cannot_be_measured_is_refused(monkeypatch, capsys, words):
    with pytest.raises(SystemExit):
        run(monkeypatch, capsys, *words)


def test_every_cell_that_is_swept_by_default_is_there_once():
    assert len(set(scale.CELLS)) == len(scale.CELLS)
    assert {cell.slots for cell in scale.CELLS} == {1000, 5000}
    assert {cell.history for cell in scale.CELLS if cell.slots == 1000} == {10, 1000, 100_000}


def test_memory_is_a_run_of_its_own(monkeypatch, capsys, measure):
    start = scale.starting.Start(seconds=0.5, mib=40.0)
    names = [f"{who}, {which}" for which in ("empty", "long") for who in ("coordinator", "agent")]
    monkeypatch.setattr(
        scale.starting, "measured", lambda *_: dict.fromkeys(names, start)
    )  # fmt: skip
    status, said = run(monkeypatch, capsys, "--memory")
    last = json.loads(said.out.splitlines()[-1])
    assert (status, last["history"], measure) == (0, 100_000, [])
    assert last["processes"]["agent, long"] == {"seconds": 0.5, "mib": 40.0}
