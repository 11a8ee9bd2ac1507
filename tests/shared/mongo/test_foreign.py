from __future__ import annotations

import uuid

import pytest
from bson import ObjectId
from gridfs import GridFSBucket
from pymongo import MongoClient

from parzen.shared.errors import InvalidStore, NotFound, StoreDenied, StoreUnreachable
from parzen.shared.mongo import foreign
from parzen.shared.mongo.foreign import open_foreign


@pytest.fixture(scope="module")
def theirs(mongod_uri):
    """A database of another program's, with its address."""
    name = f"foreign_{uuid.uuid4().hex}"
    with MongoClient(mongod_uri) as admin:
        db = admin[name]
        db.things.insert_many([{"n": n, "kind": "odd" if n % 2 else None} for n in range(5)])
        yield db, mongod_uri.replace("/parzen?", f"/{name}?")
        admin.drop_database(name)


def test_documents_come_in_batches_and_in_the_order_asked_for(theirs, monkeypatch):
    monkeypatch.setattr(foreign, "BATCH", 2)
    with open_foreign(theirs[1]) as db:
        assert [d["n"] for d in db.documents("things")] == [0, 1, 2, 3, 4]
        assert [d["n"] for d in db.documents("things", {"kind": "odd"}, [("n", -1)])] == [3, 1]
        assert list(db.documents("nothing")) == []
        assert (db.count("things"), db.count("things", {"kind": None})) == (5, 3)
        assert set(db.distinct("things", "kind")) == {"odd", None}


def test_files_are_listed_and_read_and_nothing_is_written(theirs):
    db, uri = theirs
    bucket = GridFSBucket(db, "fs")
    file = bucket.upload_from_stream("a.bin", b"12345", metadata={"of": 7}, chunk_size_bytes=2)
    before = sorted(db.list_collection_names())
    with open_foreign(uri) as found:
        [one] = found.files("fs", {"metadata.of": 7})
        assert (one.id, one.name, one.length, one.metadata) == (file, "a.bin", 5, {"of": 7})
        assert found.file("fs", file) == b"12345"
        with pytest.raises(NotFound, match="is not in the bucket 'other'"):
            found.file("other", file)
        with pytest.raises(NotFound, match="was deleted"):
            found.file("fs", ObjectId())
        db["fs.chunks"].delete_one({"files_id": file, "n": 1})
        with pytest.raises(NotFound, match="is not whole"):
            found.file("fs", file)
    assert sorted(db.list_collection_names()) == before


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"length": float("nan")}, "its length is nan"),
        ({"length": float("inf")}, "its length is inf"),
        ({"length": "abc"}, "its length is 'abc'"),
        ({"length": -1}, "its length is -1"),
        ({"length": 4.5}, r"its length is 4\.5"),
        ({"chunkSize": 0}, "its chunkSize is 0"),
        ({"chunkSize": "x"}, "its chunkSize is 'x'"),
        ({"chunkSize": None}, "its chunkSize is None"),
    ],
)
def test_a_file_whose_document_was_edited_is_not_whole(theirs, fault, why):
    db, uri = theirs
    file = GridFSBucket(db, "edited").upload_from_stream("a.bin", b"12345")
    db["edited.files"].update_one({"_id": file}, {"$set": fault})
    with open_foreign(uri) as found:
        [one] = found.files("edited", {"_id": file})
        assert one.length == (0 if "length" in fault else 5)
        with pytest.raises(NotFound, match=rf"is not whole \({why}\)"):
            found.file("edited", file)


def test_a_length_that_is_a_whole_double_is_one(theirs):
    db, uri = theirs
    file = GridFSBucket(db, "edited").upload_from_stream("a.bin", b"12345")
    db["edited.files"].update_one({"_id": file}, {"$set": {"length": 5.0}})
    with open_foreign(uri) as found:
        assert [one.length for one in found.files("edited", {"_id": file})] == [5]
        assert found.file("edited", file) == b"12345"


def test_text_that_is_none_is_read_all_the_same(theirs):
    db, uri = theirs
    with open_foreign(uri) as found:
        raw = b"\x10\x00\x00\x00\x02s\x00\x04\x00\x00\x00\xff\xfea\x00\x00"
        from bson.raw_bson import RawBSONDocument  # noqa: PLC0415 - this test's alone

        db.odd.insert_one(RawBSONDocument(raw))
        assert next(iter(found.documents("odd")))["s"] == "\ufffd\ufffda"


def test_what_cannot_be_opened_is_told_without_the_password(theirs):
    uri = theirs[1]
    with pytest.raises(InvalidStore, match="names no database"):
        open_foreign("mongodb://127.0.0.1:1/")
    with pytest.raises(StoreUnreachable, match="no MongoDB answered"):
        open_foreign("mongodb://ann:s3cret@127.0.0.1:1/db", timeout_s=0.01)
    head, _, rest = uri.partition("@")
    with pytest.raises(StoreDenied) as told:
        open_foreign(f"{head}x@{rest}")
    assert "s3cret" not in str(told.value)
    assert head.rpartition(":")[2] not in str(told.value)
    with open_foreign(uri) as found:
        assert head.rpartition(":")[2] not in f"{found!r} {found.where}"
