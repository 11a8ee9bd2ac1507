import io
import uuid

import pytest
from dispatching import gap, studies
from dispatching.gap import Effort, FirstCall, Gaps, Spread
from dispatching.ours import Crew
from dispatching.server import Served
from dispatching.studies import Call
from rich.console import Console

from parzen.shared.mongo import connect

GAPS = Gaps(
    server="replica set",
    paced_claim=Spread(4.0, 5.0, 10),
    claim=Spread(2.0, 3.0, 10),
    bare_claim=Spread(1.0, 1.5, 10),
    between={"closed loop, 1 slot": Spread(5.0, 9.0, 40)},
    first=FirstCall(
        latency=Spread(40.0, 60.0, 5), submit=Spread(100.0, 120.0, 5), load=Spread(30.0, 31.0, 5)
    ),
)


@pytest.fixture
def served(mongod_uri, tmp_path):
    """A server on which the database is the test's own."""
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    with connect(uri, prepare=True) as store:
        yield Served(uri, tmp_path, 0)
        store.db.client.drop_database(name)


def calls(process, *spans):
    return [Call(process, begun, ended, 0.0) for begun, ended in spans]


def test_a_gap_lies_between_the_calls_of_one_process(monkeypatch):
    monkeypatch.setattr(gap, "FIRST", 1)
    made = {
        1: calls(1, (0.0, 1.0), (7.0, 8.0), (8.5, 9.0), (9.25, 10.0)),
        2: calls(2, (0.0, 1.0), (2.0, 3.0)),
    }
    assert gap.gaps(made) == [0.5, 0.25]


def test_the_first_calls_of_each_process_are_left_out():
    made = {1: calls(1, *((float(n), n + 0.5) for n in range(gap.FIRST + 2)))}
    assert gap.gaps(made) == [0.5]


def test_durations_come_to_a_median_and_a_99th_percentile():
    found = gap.spread([n / 1000 for n in range(101)])
    assert found == Spread(pytest.approx(50.0), pytest.approx(99.0), 101)
    with pytest.raises(ValueError, match="nothing was measured"):
        gap.spread([])


def test_everything_is_told_and_compared():
    told = GAPS.told()
    assert told["over_paced_claim"] == {"closed loop, 1 slot": 1.25}
    assert told["over_claim"] == {"closed loop, 1 slot": 2.5}
    assert told["first_beyond_load_ms"] == 10.0
    assert told["first"]["latency"] == {"median": 40.0, "most": 60.0, "count": 5}


def test_the_tables_show_all_figures():
    console = Console(file=io.StringIO(), width=200)
    gap.show([GAPS], console)
    lines = [line for line in console.file.getvalue().splitlines() if "replica set" in line]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert rows == [
        ["replica set", "closed loop, 1 slot", "5.00", "9.00", "1.25", "2.50", "5.00"],
        ["replica set", "(one claim every 50 ms)", "4.00", "5.00", "1.00", "2.00", "4.00"],
        ["replica set", "(one claim after another)", "2.00", "3.00", "0.50", "1.00", "2.00"],
        ["replica set", "(one bare claim after another)", "1.00", "1.50", "0.25", "0.50", "1.00"],
        ["replica set", "40.0", "60.0", "30.0", "10.0", "100.0"],
    ]


def test_claims_are_timed_one_by_one(served):
    effort = Effort(claims=8)
    with connect(served.uri) as store:
        found = [
            gap.claims(store, served, effort),
            gap.claims(store, served, effort, 0.001),
            gap.bare_claims(store, effort),
        ]
        assert store.db.jobs.count_documents({"state": "running"}) == 16
        names = store.db.client.list_database_names()
    assert [one.count for one in found] == [8, 8, 8]
    assert all(0 < one.median <= one.most for one in found)
    assert not [name for name in names if name.startswith("bare_")]


def test_a_claim_that_finds_nothing_is_no_round_trip():
    with pytest.raises(ValueError, match="came back without a trial"):
        gap._timed(lambda: None, 1)


@pytest.mark.parametrize("proposing", [True, False])
def test_real_slots_have_gaps(served, monkeypatch, proposing):
    monkeypatch.setattr(gap, "OBJECTIVE_S", 0.01)
    effort = Effort(calls=gap.FIRST + 5)
    with connect(served.uri) as store:
        found = gap.between_calls(store, Crew(1), served, effort, proposing=proposing)
    assert len(found) >= 4
    assert all(0 < seconds < 10 for seconds in found)


def test_a_real_submit_is_followed_by_a_call(served):
    with connect(served.uri) as store:
        effort = Effort(submits=1, settle_s=0.5, rest_s=0.0)
        found = gap.first_call(store, served, effort)
    assert found.submit.count == found.latency.count == found.load.count == 1
    assert 0 < found.load.median < 10_000
    assert 0 < found.submit.median + found.latency.median < 60_000
    assert found.beyond_load_ms == found.latency.median - found.load.median


def test_loading_is_told_for_any_study(served):
    assert 0 < gap.loading(studies.declared(served.home), served) < 10
