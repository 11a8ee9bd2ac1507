from __future__ import annotations

import os
import uuid

import pytest

from parzen.client.health.checking import Absent
from parzen.client.health.patient import Patient
from parzen.shared.errors import InvalidStore, StoreDenied
from parzen.shared.home import StoreAddress
from parzen.shared.mongo.rights import Identity


@pytest.fixture
def patient(store_uri, home):
    """The test's own store, connected."""
    made = Patient(lambda: StoreAddress(store=store_uri))
    list(made.address())
    list(made.connection())
    yield made
    made.close()


def told(findings):
    return {f.name: (f.verdict.value, f.said) for f in findings}


def test_a_whole_store_is_well(patient, store_uri):
    address = told(patient.address())["address"][1]
    assert "parzen:***@127.0.0.1" in address
    assert store_uri.split(":")[2].split("@")[0] not in address
    checks = (
        patient.topology, patient.clocks, patient.guarded, patient.user, patient.roles,
        patient.prepared, patient.shapes, patient.room, patient.written, patient.heard,
        patient.studies,
    )  # fmt: skip
    found = {name: what for check in checks for name, what in told(check()).items()}
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert "news of a write" in found["change stream"][1]

    patient.who = Identity(users=("ann@db",))  # who may not write does not try
    assert told(patient.written())["test write"] == ("skipped", "this user may not write")
    assert told(patient.heard())["change stream"][0] == "ok"
    patient.link.change_streams = False  # as on a standalone server
    assert told(patient.heard())["change stream"][0] == "skipped"


def test_a_database_that_is_not_set_up_is_not_begun(mongod_uri, home):
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    made = Patient(lambda: StoreAddress(store=uri))
    try:
        list(made.address())
        list(made.connection())
        assert told(made.prepared())["set up"][0] == "problem"
        for check in (made.written, made.heard, made.shapes, made.room, made.studies):
            list(check())
        assert name not in made.link.client.list_database_names()
        assert told(made.init())["init"][1].startswith("made 1")
        assert told(made.init())["init"][1].endswith("nothing was changed")
    finally:
        made.link.client.drop_database(name)
        made.close()


def test_without_a_user_the_server_says_nothing(mongod_uri):
    host = mongod_uri.rpartition("@")[2].partition("/")[0]
    made = Patient(lambda: StoreAddress(store=f"mongodb://{host}/?directConnection=true"))
    list(made.address())
    with pytest.raises(StoreDenied, match="asks for a user, and the address names none"):
        list(made.connection())
    made.close()


def test_an_embedded_server_that_does_not_run_is_not_started(home):
    made = Patient(lambda: StoreAddress(data_dir=home))
    assert made.embedded
    with pytest.raises(Absent, match="does not run just now") as raised:
        list(made.address())
    assert "doctor --init" in raised.value.advice
    assert not os.path.lexists(home)


def test_an_address_that_cannot_be_meant_is_told_by_its_check():
    def fail():
        raise InvalidStore("two stores are named")

    made = Patient(fail)
    assert not made.embedded
    with pytest.raises(InvalidStore, match="two stores"):
        list(made.address())
