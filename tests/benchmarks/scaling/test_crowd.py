import pytest
from scaling import crowd, filling
from scaling.crowd import Crowd, present

from parzen.shared.mongo import connect
from parzen.shared.records import Proposed
from parzen.shared.store import Proposal


def test_slots_are_dealt_to_agents_and_none_is_left_over():
    agents = Crowd(slots=20, slots_per_agent=8, processes=2, threads=2).agents
    assert [agent.slots for agent in agents] == [8, 8, 4]
    assert len({agent.id for agent in agents}) == 3


def test_a_crowd_works_on_a_real_store_and_says_what_it_had(served):
    with filling.database(served) as where, connect(where.uri) as store:
        study, *_ = filling.fill(store, 1, 0, "random")
        lead = store.ledger.lead(study.uid, "test", 60.0)
        x = {d.name: d.choices[0] if d.choices else d.low for d in study.dimensions}
        proposed = Proposed(sampler="random", term=lead.term)
        store.ledger.insert(
            lead, [Proposal(number=n, params=x, proposed=proposed) for n in range(400)]
        )
        size = Crowd(slots=6, slots_per_agent=2, processes=2, threads=2, mean_s=0.01)
        with present(size, where.uri) as agents:
            agents.await_first()
            agents.count(0.5)
            assert {worker.slots for worker in store.queue.workers()} == {2}
            tally = agents.tally()
        assert (tally.errors, tally.lost) == (0, 0)
        had = tally.had(worker.id for worker in size.agents)
        assert 0 < sum(had) <= store.db["jobs"].count_documents({"state": "complete"}) <= 400
        assert len(agents.pids) == 2


def test_a_process_that_dies_is_said(monkeypatch):
    monkeypatch.setattr(crowd, "START_S", 0.1)
    size = Crowd(slots=2, slots_per_agent=2, processes=1, threads=1)
    with present(size, "no address") as agents:
        with pytest.raises(TimeoutError, match="no simulated agent"):
            agents.await_first()
        with pytest.raises(RuntimeError, match="died"):
            agents.tally()
