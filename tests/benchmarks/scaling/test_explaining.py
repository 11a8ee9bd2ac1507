from scaling import explaining

from parzen.shared.records import Proposed
from parzen.shared.store import Proposal


def propose(store, study, count):
    lead = store.ledger.lead(study.uid, "test", 60.0)
    proposed = Proposed(sampler="random", term=lead.term)
    numbers = range(count)
    store.ledger.insert(
        lead, [Proposal(number=n, params={"x": 0.5}, proposed=proposed) for n in numbers]
    )


def test_a_claim_looks_at_a_handful_whatever_waits_and_takes_nothing(store, new_study):
    studies = [new_study(f"s{n}") for n in range(33)]
    for study in studies:
        propose(store, study, 3)
    one, many = explaining.by_one_and_many(store, studies)
    assert (one.documents, one.keys) == (1, 1)
    assert many.documents == 0
    assert 33 <= many.keys <= 67
    assert store.db["jobs"].count_documents({"state": "waiting"}) == 99


def test_one_study_has_no_figure_for_many(store, new_study, monkeypatch):
    monkeypatch.setattr(explaining, "PATIENCE_S", 0.1)
    one, many = explaining.by_one_and_many(store, [new_study()])
    assert one.documents == 0
    assert many is None
