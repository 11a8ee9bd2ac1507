import uuid

import pytest

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput, StoreUnreachable
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.mongo.hints import MOST_STUDIES, StudyHint, TrialHint, glance
from parzen.shared.records import Limits, Proposed, Study, Uid
from parzen.shared.store import Proposal


@pytest.fixture
def seen(store, mongod_uri):
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    with glance(StoreAddress(store=uri), 10.0) as found:
        yield found


@pytest.fixture
def named(store):
    """Make a study of that name."""
    x = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)

    def make(name, **limits):
        uid = Uid(uuid.uuid4().hex)
        study = Study(name=name, uid=uid, dimensions=(x,), limits=Limits(**limits))
        return store.catalog.create(study, b"")

    return make


def names(hints):
    return [hint.name for hint in hints]


def fill(store, study, count):
    lead = store.ledger.lead(study.uid, "test", 30.0)
    proposed = Proposed(sampler="random")
    proposals = [Proposal(number=n, params={"x": 0.5}, proposed=proposed) for n in range(count)]
    store.ledger.insert(lead, proposals)


def test_names_begin_with_what_stands_there_and_nothing_in_it_is_a_pattern(seen, named):
    for name in ("a.b", "aXb", "a", "b", "A"):
        named(name)
    assert names(seen.studies("a")) == ["a", "aXb", "a.b"]
    assert names(seen.studies("a.")) == ["a.b"]
    assert seen.studies(".*") == seen.studies("^a") == []
    with pytest.raises(InvalidInput, match="expected a text"):
        seen.studies({"$gt": ""})


def test_a_study_is_told_with_how_far_it_is(seen, named, store):
    named("s", max_trials=9)
    counts = {"complete": 2, "failed": 1, "running": 3}
    store.db.studies.update_one({"_id": "s"}, {"$set": {"counts": counts}})
    assert seen.studies("") == [StudyHint("s", StudyStatus.ACTIVE, 3, 9)]


def test_there_is_an_end_to_names(seen, named, store):
    named("first")
    document = store.db.studies.find_one()
    store.db.studies.insert_many(
        {**document, "_id": f"s{n}", "uid": f"u{n}"} for n in range(MOST_STUDIES + 5)
    )
    assert len(seen.studies("s")) == MOST_STUDIES


def test_numbers_begin_with_the_digits_that_stand_there(seen, named, store):
    study = named("s", max_trials=130)
    fill(store, study, 125)
    numbers = [hint.number for hint in seen.trials("s", "12")]
    assert numbers == [124, 123, 122, 121, 120, 12]
    assert [hint.number for hint in seen.trials("s", "0")] == [0]
    assert seen.trials("s", "")[0] == TrialHint(124, TrialState.WAITING, None)
    for start in ("00", "-1", "x", "²", "9" * 30):
        assert seen.trials("s", start) == []
    assert seen.trials("other", "1") == []


def test_what_somebody_broke_by_hand_is_left_out(seen, named, store):
    for name in ("whole", "status", "counts", "limits"):
        named(name)
    db, free = store.db, {"bypass_document_validation": True}
    db.studies.update_one({"_id": "status"}, {"$set": {"status": "odd"}}, **free)
    db.studies.update_one({"_id": "counts"}, {"$set": {"counts": {"odd": "x"}}}, **free)
    db.studies.update_one({"_id": "limits"}, {"$set": {"limits": {"max_trials": "x"}}}, **free)
    fill(store, store.catalog.study("whole"), 2)
    db.jobs.update_one({"number": 0}, {"$set": {"state": "odd"}}, **free)
    assert names(seen.studies("")) == ["whole"]
    assert [hint.number for hint in seen.trials("whole", "")] == [1]


def test_a_store_that_was_never_set_up_has_nothing(mongod_uri):
    uri = mongod_uri.replace("/parzen?", "/never_set_up?")
    with glance(StoreAddress(store=uri), 10.0) as found:
        assert found.studies("") == found.trials("s", "") == []


def test_nobody_is_waited_for_longer_than_said():
    with (
        pytest.raises(StoreUnreachable, match="no MongoDB answered"),
        glance(StoreAddress(store="mongodb://127.0.0.1:1/"), 0.1),
    ):
        pass


def test_an_embedded_server_that_does_not_run_is_none(tmp_path):
    with glance(StoreAddress(data_dir=tmp_path / "home"), 1.0) as found:
        assert found is None
    assert not (tmp_path / "home").exists()
