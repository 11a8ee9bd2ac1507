import pytest
from benchmarks.scaling.test_model import TIMES
from scaling import tables
from scaling.cells import Cell, Examined, Figures, Latency
from scaling.model import COORDINATOR, DATABASE, System
from scaling.starting import Start

NONE = Latency(calls=0, median=0.0, p99=0.0, most=0.0)
FIGURES = Figures(
    cell=Cell(slots=1000, history=10, studies=200, load=0.5),
    mean_s=1.5,
    trials_per_s=321.0,
    claim=Latency(calls=9, median=1.25, p99=8.0, most=20.0),
    empty=NONE,
    report=NONE,
    trials_per_claim=2.5,
    trials_per_report=1.5,
    least=1,
    median=2.5,
    without=0,
    agents=125,
    late_ms=0.1,
    mongod_ms=1.0,
    coordinator_ms=2.0,
    agents_ms=3.0,
    waiting=1234,
    examined_one=Examined(documents=1, keys=1),
    examined_many=Examined(documents=32, keys=33),
    errors=0,
    lost=0,
    first_error=None,
)


def rows(capsys):
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_a_cell_is_a_row(capsys):
    tables.show_cells([FIGURES], 642.0)
    assert rows(capsys)[2] == [
        "1,000", "10", "200", "0.5", "321", "0.50", "1.2 / 8.0 / 20", "-", "2.5 / 1.5",
        "1 / 2.5 / 0 of 125", "1.00", "2.00", "3.00", "1,234", "1+1", "32+33", "0",
    ]  # fmt: skip


def test_longer_trials_let_a_part_carry_more_slots(capsys):
    system = System(slots=0, duration_s=1.0)
    found = tables.carried(TIMES, system, 0.7)
    assert [row["trials of"] for row in found] == ["1 s", "10 s", "1 min", "10 min"]
    assert found[0][COORDINATOR] == pytest.approx(350, abs=1)
    assert found[1][DATABASE] == pytest.approx(10 * found[0][DATABASE], abs=10)
    assert {row["first"] for row in found} == {COORDINATOR}
    tables.show_carried(found, system, 0.7)
    assert rows(capsys)[2][:4] == [
        "1 s",
        f"{found[0][DATABASE]:,}",
        f"{found[0][COORDINATOR]:,}",
        "coordinator",
    ]


def test_memory_stands_beside_what_it_grew_by(capsys):
    tables.show_starts({
        "agent, empty": Start(seconds=0.5, mib=40.0),
        "agent, long": Start(seconds=0.6, mib=42.0),
    })  # fmt: skip
    assert rows(capsys)[3] == ["agent, long", "0.60", "42", "2"]


def test_what_each_operation_costs_is_shown_in_milliseconds(capsys):
    tables.show_times(TIMES)
    assert ["claim_call", "1.000"] in rows(capsys)
