import uuid

import pytest
from dispatching import ours, studies
from dispatching.ours import Crew
from dispatching.server import Served

from parzen.shared.mongo import connect

TRIALS = 24


@pytest.fixture
def served(mongod_uri, tmp_path):
    """A server on which the database is the test's own."""
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    with connect(uri, prepare=True) as store:
        yield Served(uri, tmp_path, 0)
        store.db.client.drop_database(name)


def test_a_crew_runs_a_trial_in_each_slot_of_each_agent():
    assert Crew(2, 3).size == 6
    assert Crew(4).size == 4


def test_what_was_laid_out_is_run_once_by_two_agents(served):
    ends = ours.prepared(Crew(2), TRIALS, served)
    assert len(ends) == 2
    assert sum(map(len, ends)) == TRIALS
    assert all(of_one == sorted(of_one) for of_one in ends)


def test_the_closed_loop_ends_with_its_study(served):
    ends = ours.closed(Crew(1, 2), "random", TRIALS, served)
    assert len(ends) == 2
    assert sum(map(len, ends)) == TRIALS
    with connect(served.uri) as store:
        (study,) = store.db.studies.find()
    assert study["status"] == "complete"


def test_a_command_ends_with_the_block_and_a_round_with_its_patience(served, monkeypatch):
    monkeypatch.setattr(ours, "PATIENCE_S", 0.0)
    with pytest.raises(TimeoutError, match="took longer than 0 s"):
        ours.prepared(Crew(1), 1, served)


def test_a_study_is_submitted_as_users_do(served):
    record = ours.submitted(studies.declared(served.home, max_trials=3), served)
    with connect(served.uri) as store:
        assert store.catalog.study(record.name).limits.max_trials == 3
