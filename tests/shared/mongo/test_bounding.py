from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.mongo import bounding
from parzen.shared.places import held
from parzen.shared.records import Study, Uid
from parzen.shared.store import Proposal, Proposed

X = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)


def test_a_long_queue_is_held_back_bit_by_bit(store, monkeypatch):
    monkeypatch.setattr(bounding, "AT_ONCE", 2)
    study = store.catalog.create(Study(name="long", uid=Uid("long"), dimensions=(X,)), b"")
    ledger, lead = store.ledger, store.ledger.lead(study.uid, "leader", 60.0)
    sampled = Proposed(sampler="random")
    made = [Proposal(number=n, params={"x": 0.5}, proposed=sampled) for n in range(6)]
    ledger.insert(lead, made)
    assert [ledger.bound(lead, 1) for _ in range(4)] == [2, 2, 1, 0]
    waiting = store.catalog.trials(study)
    assert [trial.number for trial in waiting if not held(trial)] == [0]
