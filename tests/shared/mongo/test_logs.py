from __future__ import annotations

import pytest
from pymongo.errors import WriteError

from parzen.shared import codec
from parzen.shared.records import Piece, Uid
from parzen.shared.store import FOLLOW_S, PIECE_BYTES, Proposal, Proposed


def a_piece(uid="u", offset=0, data=b"x"):
    return Piece(uid=Uid(uid), number=0, attempt=1, token="t", offset=offset, data=data)


@pytest.fixture
def followed(recorded, new_study, worker):
    """A store, its commands, a study and a claim of its only trial."""
    store, commands = recorded
    study = new_study(store)
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposal = Proposal(number=0, params={"x": 0.5}, proposed=Proposed(sampler="random"))
    store.ledger.insert(lead, [proposal])
    (claim,) = store.queue.claim(worker, [study])
    commands.sent.clear()
    return store, commands, study, claim


def test_asking_who_is_followed_is_one_look_by_id(followed, plans):
    store, commands, study, claim = followed
    store.catalog.follow(study, 0)
    store.db.followers.insert_many(
        {
            "_id": f"other:{n}",
            "schema": 1,
            "uid": "other",
            "number": n,
            "until": store.catalog.now(),
        }
        for n in range(50)
    )
    commands.sent.clear()

    assert set(store.queue.followed([claim])) == {claim.key}

    assert commands.names == ["find"]
    (plan,) = plans(store.db, commands)
    assert plan.indexes == ["_id_"]
    assert plan.documents == 1


def test_an_output_is_found_by_its_index_and_read_reply_by_reply(followed, plans):
    store, commands, study, _ = followed
    store.db.logs.insert_many(
        codec.piece_document(a_piece(study.uid, n * 10, b"0123456789")) for n in range(150)
    )
    commands.sent.clear()

    assert len(list(store.catalog.output(study, 0, "t"))) == 150
    assert commands.names == ["find", "getMore", "getMore"]
    commands.sent.clear()

    assert len(list(store.catalog.output(study, 0, "t", 1490))) == 1
    (plan,) = plans(store.db, commands)
    assert plan.indexes == ["uid_number_token_offset"]
    assert (plan.documents, plan.keys) == (1, 1)
    assert "SORT" not in plan.stages


def test_who_stops_reading_leaves_nothing_open(followed):
    store, commands, study, _ = followed
    store.db.logs.insert_many(codec.piece_document(a_piece(study.uid, n, b"x")) for n in range(200))
    commands.sent.clear()

    found = store.catalog.output(study, 0, "t")
    next(found)
    found.close()

    assert commands.names == ["find", "killCursors"]


def test_the_servers_clock_says_until_when_somebody_follows_and_sweeps(followed):
    store, _, study, _ = followed
    before = store.catalog.now()
    store.catalog.follow(study, 0)
    after = store.catalog.now()

    (one,) = store.db.followers.find()
    assert (one["_id"], one["uid"], one["number"]) == (f"{study.uid}:0", study.uid, 0)
    begun = one["until"].timestamp() - FOLLOW_S
    assert before.timestamp() <= begun <= after.timestamp()
    (index,) = [i for i in store.db.followers.list_indexes() if i["name"] == "until"]
    assert index["expireAfterSeconds"] == 0  # the server itself sweeps those that are over


def test_the_database_itself_refuses_a_broken_piece(store):
    piece = a_piece(data=bytes(PIECE_BYTES), offset=1 << 40)
    store.queue.keep_output(piece)

    assert codec.decode_piece(store.db.logs.find_one()) == piece
    for change in ({"data": "text"}, {"offset": -1}, {"token": None}):
        with pytest.raises(WriteError, match="failed validation"):
            store.db.logs.insert_one({**codec.piece_document(a_piece()), **change})


def test_a_piece_of_another_version_is_left_alone_with_a_warning(followed, caplog):
    store, _, study, _ = followed
    store.queue.keep_output(a_piece(study.uid, 0, b"one"))
    store.queue.keep_output(a_piece(study.uid, 3, b"two"))
    store.db.logs.update_one({"offset": 0}, {"$set": {"schema": 99}})

    assert [piece.data for piece in store.catalog.output(study, 0, "t")] == [b"two"]
    assert "output document 't:0' has schema 99" in caplog.text
