from __future__ import annotations


def test_a_store_is_known_by_what_no_other_has(store):
    mine = store.queue.identity()
    assert mine
    assert {store.ledger.identity(), store.catalog.identity()} == {mine}

    store.db.drop_collection("studies")
    assert store.queue.identity() == ""
    store.prepare()
    assert store.queue.identity() not in ("", mine)
