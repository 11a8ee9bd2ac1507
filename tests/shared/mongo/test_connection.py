from __future__ import annotations

import logging
import re
import socket
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from parzen.shared.errors import (
    InvalidStore,
    StoreDenied,
    StoreError,
    StoreUnreachable,
    StoreUnsupported,
)
from parzen.shared.mongo import connect
from parzen.shared.mongo.connection import open_connection


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "localhost:27017",
        "http://localhost",
        "mongodb://",
        "mongodb://ann:s3cret@",
        "mongodb://ann:s3cret@host:port/db",
        "mongodb://ann:s3cret/more@host/db",
        "mongodb://ann:s3cret:more@host/db",
        "mongodb://ann:s3cret@host/a b",
        "mongodb://ann:s3cret@host/?authMechanism=none",
        "mongodb://ann:s3cret@host/?tls=maybe",
        "MONGODB://ann:s3cret@127.0.0.1:1/",
        "mongodb//ann:s3cret@127.0.0.1:1/",
        "mongodb:/ann:s3cret@127.0.0.1:1/",
        "mongo://ann:s3cret@h/",
        "mongo://ann://s3cret@h/",
        "ann:s3cret@127.0.0.1:1",
        "mongodb://ann@home:s3cret@h/?foo=bar",
        "mongodb://ann:s3cret more@127.0.0.1:1/?foo=bar",
        "mongodb://ann:more s3cret@127.0.0.1:port/",
        "mongodb://ann:s3cret\nmore@127.0.0.1:1/?foo=bar",
        "mongodb://ann:s3cret@127.0.0.1:1/?tls=true&tlsCAFile=/nonexistent",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(uri):
    with pytest.raises(InvalidStore, match="cannot be read: ") as raised:
        open_connection(uri)

    assert "expected mongodb://" in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "more" not in str(raised.value).replace("***", "")
    assert "\n" not in str(raised.value)


MARK = "S3cr3tZ"
awkward = st.text(st.sampled_from("@:/%?#&=;, 40+[]$üß\"'\\\n"), max_size=6)
SHAPES = (
    "mongodb://ann:{}@127.0.0.1:1/db",
    "mongodb://127.0.0.1:1/?tls=true&tlsCertificateKeyFilePassword={}",
    "mongodb://127.0.0.1:1/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:{}",
    "mongodb://127.0.0.1:1/?authMechanismProperties={}",
    "mongodb://127.0.0.1:1/?sshkey={}",
    "mongodb://ann:{}",
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it only collects
)
@given(awkward, st.sampled_from(SHAPES), st.booleans())
def test_no_error_repeats_a_secret_whatever_it_looks_like(caplog, tail, shape, encoded):
    secret = MARK + tail.replace("@", "" if shape.endswith("{}") else "@") + MARK
    if not encoded and "?" in shape:  # a bare & or ; begins another option, whatever was meant
        secret = re.sub("[&;]", "", secret)
    uri = shape.format(quote(secret, safe="") if encoded else secret)
    with caplog.at_level(logging.DEBUG), pytest.raises((InvalidStore, StoreError)) as raised:
        open_connection(uri, timeout_s=0.001)

    chain = f"{raised.value!r} {raised.value} {raised.value.__cause__!r}"
    assert MARK not in chain
    assert MARK not in caplog.text


def test_a_missing_certificate_is_one_sentence():
    with pytest.raises(InvalidStore, match=r"cannot be (used|read)"):
        open_connection("mongodb://127.0.0.1:1/?tls=true&tlsCAFile=/nonexistent")


def test_an_address_keeps_what_is_no_secret():
    with pytest.raises(InvalidStore, match=r"'mongo://ann:\*\*\*@h:1/db' .*does not begin with"):
        open_connection("mongo://ann:s3cret@h:1/db")
    with pytest.raises(InvalidStore, match=r"'http://ann@h:1/' cannot"):
        open_connection("http://ann@h:1/")


def test_nobody_there_is_one_sentence_with_host_and_port():
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:1 in time .*refused") as raised:
        open_connection("mongodb://ann:s3cret@127.0.0.1:1/", timeout_s=0.2)

    assert "s3cret" not in str(raised.value)
    assert "Topology" not in str(raised.value)
    assert "parzen up" in str(raised.value)


def test_a_server_that_never_answers_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(StoreUnreachable):
            open_connection(f"mongodb://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.3)


def test_a_wrong_password_is_denied(mongod_uri):
    host = mongod_uri.rpartition("@")[2]

    with pytest.raises(StoreDenied, match="check the user name and password") as raised:
        open_connection(f"mongodb://ann:s3cret@{host}")
    assert "s3cret" not in str(raised.value)


def test_no_user_where_one_is_needed_is_denied(mongod_uri):
    host = mongod_uri.rpartition("@")[2].partition("/")[0]

    with pytest.raises(StoreDenied, match="requires authentication"):
        connect(f"mongodb://{host}/?directConnection=true")


def test_a_server_that_is_too_old_is_refused(mongod_uri, monkeypatch):
    monkeypatch.setattr(MongoClient, "server_info", lambda _: {"version": "4.4.29"})

    with pytest.raises(StoreUnsupported, match=r"is version 4\.4\.29, expected 5\.0 or later"):
        open_connection(mongod_uri)


def test_the_database_is_the_addresss_or_parzen(standalone_uri):
    for path, name in [("", "parzen"), ("tuning", "tuning")]:
        link = open_connection(standalone_uri + path)
        assert link.db.name == name
        link.client.close()


def test_a_standalone_server_is_warned_of(standalone_uri, mongod_uri):
    link = open_connection(standalone_uri)
    assert not link.change_streams
    assert "standalone" in link.warnings[0]
    link.client.close()

    link = open_connection(mongod_uri)
    assert link.change_streams
    assert link.warnings == ()
    link.client.close()


def test_everything_is_acknowledged_by_a_majority(mongod_uri):
    link = open_connection(mongod_uri)

    assert link.db.write_concern.document == {"w": "majority", "j": True}
    assert link.db.read_concern.level == "majority"
    assert link.client.options.pool_options.appname == "parzen"
    link.client.close()


def test_a_closed_store_says_so(mongod_uri):
    with connect(mongod_uri, prepare=True) as store:
        pass

    with pytest.raises(StoreError, match="is closed already"):
        store.catalog.all_studies()
    store.close()
