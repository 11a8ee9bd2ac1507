from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo import MongoClient
from pymongo.errors import WriteError

from parzen.shared import codec
from parzen.shared.errors import Conflict, StoreDenied, StoreUnsupported
from parzen.shared.mongo import connect, schema
from parzen.shared.mongo.connection import open_connection
from parzen.shared.records import Trial, Uid


def state(store):
    return {
        c["name"]: (c["options"], store.db[c["name"]].index_information())
        for c in store.db.list_collections()
    }


def test_preparing_again_changes_nothing(store):
    before = state(store)
    store.prepare()
    store.check()

    assert state(store) == before


def test_a_missing_index_is_noticed_and_made_again(store):
    store.db.jobs.drop_index("state_uid_order")

    with pytest.raises(StoreUnsupported, match=r"no index jobs\.state_uid_order"):
        store.check()
    store.prepare()
    store.check()


def test_what_would_be_made_is_told_and_not_made(store):
    assert not schema.missing(store._link)
    store.db.jobs.drop_index("uid_number")
    store.db.drop_collection("measurements")
    store.db.command("collMod", "studies", validator={})

    found = schema.missing(store._link)
    assert found.collections == ("measurements",)
    assert found.indexes == ("jobs.uid_number", "measurements.uid_number_step")
    assert found.validators == ("studies", "measurements")
    assert schema.missing(store._link) == found
    store.prepare()
    assert not schema.missing(store._link)


def test_a_collection_that_stood_already_gets_its_validator(store):
    store.db.drop_collection("jobs")
    store.db.jobs.insert_one({"_id": "stray", "schema": 1})
    store.prepare()

    assert state(store)["jobs"][0]["validator"] == schema.VALIDATORS["jobs"]
    assert state(store)["jobs"][0]["validationLevel"] == "moderate"
    assert store.db.jobs.find_one() == {"_id": "stray", "schema": 1}


def test_another_programs_database_is_refused_and_left_as_it_is(mongod_uri):
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    with MongoClient(mongod_uri) as admin:
        admin[name].jobs.insert_many([{"state": 0}, {"state": 2}])
        before = list(admin[name].jobs.find())
        for prepare in (True, False):
            with pytest.raises(
                Conflict, match="2 documents of another program in its collection 'jobs': name an"
            ):
                connect(uri, prepare=prepare)

        assert admin[name].list_collection_names() == ["jobs"]
        assert list(admin[name].jobs.index_information()) == ["_id_"]
        assert list(admin[name].jobs.find()) == before
        admin.drop_database(name)


def test_several_may_prepare_at_once(mongod_uri):
    name = f"test_{uuid.uuid4().hex}"
    links = [open_connection(mongod_uri.replace("/parzen?", f"/{name}?")) for _ in range(6)]
    try:
        with ThreadPoolExecutor(len(links)) as pool:
            list(pool.map(schema.prepare, links))
        schema.check(links[0])
    finally:
        links[0].client.drop_database(name)
        for link in links:
            link.client.close()


@pytest.mark.parametrize(
    ("field", "value"), [("state", "bored"), ("number", "7"), ("params", [1]), ("claim", {})]
)
def test_the_database_itself_refuses_a_broken_trial(store, field, value):
    document = codec.trial_document(Trial(study="s", uid=Uid("u"), number=0, params={}))
    store.db.jobs.insert_one(document)

    with pytest.raises(WriteError, match="failed validation"):
        store.db.jobs.update_one({"_id": "u:0"}, {"$set": {field: value}})


def test_a_user_who_may_only_write_is_told_who_may_set_up(mongod_uri):
    name, user = f"test_{uuid.uuid4().hex}", uuid.uuid4().hex
    host = mongod_uri.rpartition("@")[2].partition("/")[0]
    uri = f"mongodb://{user}:pass@{host}/{name}?directConnection=true&authSource={name}"
    with MongoClient(mongod_uri) as admin:
        admin[name].command("createUser", user, pwd="pass", roles=[{"role": "read", "db": name}])
        link = open_connection(uri)
        with pytest.raises(StoreDenied, match="may not set up the database"):
            schema.prepare(link)
        link.client.close()

        connect(mongod_uri.replace("/parzen?", f"/{name}?"), prepare=True).close()
        connect(uri).close()
        # nothing is missing, so that nothing has to be allowed
        connect(uri, prepare=True).close()
        admin[name].command("dropUser", user)
        admin.drop_database(name)
