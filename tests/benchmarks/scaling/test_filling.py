from scaling import filling

from parzen.shared.mongo import connect


def test_a_database_has_studies_with_their_share_of_the_history(served):
    with filling.database(served) as where, connect(where.uri) as store:
        studies = filling.fill(store, 3, 10, "random")
        assert [s.name for s in store.queue.studies()] == ["scale-0", "scale-1", "scale-2"]
        found = [list(store.ledger.history(study.uid)) for study in studies]
        assert [len(trials) for trials in found] == [4, 3, 3]
        assert all(t.state.finished and t.loss is not None for trials in found for t in trials)
        assert len({t.loss for trials in found for t in trials}) == 10
        name = store.db.name
        more = filling.fill(store, 1, 0, "random", first=3)
        assert more[0].name == "scale-3"
    with connect(served.uri) as store:
        assert name not in store.db.client.list_database_names()
