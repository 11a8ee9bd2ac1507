"""TLS and certificates, against a server that speaks nothing else."""

from __future__ import annotations

import pytest
from engines.tls import Authority, guarded, subject

from parzen.shared.errors import InvalidStore, StoreDenied, StoreUnreachable
from parzen.shared.mongo import connect
from parzen.shared.mongo.connection import open_connection
from parzen.shared.mongo.roles import Role, make_roles, make_user

X509 = {"user": False, "authMechanism": "MONGODB-X509", "authSource": "$external"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with guarded(tmp_path_factory.mktemp("tls")) as running:
        connect(running.uri(), prepare=True).close()
        yield running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that the server does not know."""
    return Authority(tmp_path_factory.mktemp("stranger"), "somebody else")


def test_a_server_whose_authority_is_named_is_used(server):
    with connect(server.uri()) as store:
        assert store.db.command("connectionStatus")["ok"]
        assert list(store.catalog.all_studies()) == []


def refused(uri, kind, match):
    with pytest.raises(kind, match=match) as raised:
        open_connection(uri, timeout_s=0.5)
    assert "\n" not in str(raised.value)
    assert "p@ss" not in str(raised.value)
    return str(raised.value)


def test_a_server_of_another_authority_is_not_trusted(server, stranger):
    refused(server.uri(ca=stranger.file), StoreUnreachable, r"is not trusted .* tlsCAFile")


def test_a_server_that_calls_itself_otherwise_is_not_trusted(server):
    uri = server.uri().replace("@127.0.0.1", "@127.1")
    refused(uri, StoreUnreachable, r"Hostname mismatch.* the server as its certificate does")


def test_a_plain_connection_to_it_names_tls(server):
    uri = server.uri().replace("tls=true&", "").replace(f"tlsCAFile={server.authority.file}&", "")
    refused(uri, StoreUnreachable, "put tls=true into the address")


def test_tls_with_a_server_that_has_none_names_tls(mongod_uri):
    refused(f"{mongod_uri}&tls=true", StoreUnreachable, "leave tls=true out of the address")


def test_who_is_proven_by_a_certificate_has_his_role(server):
    make_roles(link := open_connection(server.uri()))
    make_user(link, subject("node-1", "workers"), [Role.WORKER], password=None, replace=True)
    link.client.close()
    mine = server.authority.issue("node-1", "workers")

    with connect(server.uri(**X509, tlsCertificateKeyFile=mine)) as store:
        who = store.db.command("connectionStatus")["authInfo"]
        assert who["authenticatedUsers"] == [
            {"user": subject("node-1", "workers"), "db": "$external"}
        ]
        assert [role["role"] for role in who["authenticatedUserRoles"]] == ["parzenWorker"]
        assert list(store.queue.studies()) == []


def test_whose_certificate_nobody_knows_is_denied(server, stranger):
    unknown = server.authority.issue("node-2", "workers")
    refused(server.uri(**X509, tlsCertificateKeyFile=unknown), StoreDenied, "Could not find user")

    foreign = stranger.issue("node-1", "workers")
    refused(
        server.uri(**X509, tlsCertificateKeyFile=foreign),
        StoreUnreachable,
        "tlsCertificateKeyFile that it trusts",
    )
    refused(server.uri(**X509), StoreDenied, "No verified subject name")


def test_a_private_key_that_others_can_read_is_refused_unread(server):
    mine = server.authority.issue("node-3", "workers")
    mine.chmod(0o640)
    said = refused(server.uri(**X509, tlsCertificateKeyFile=mine), InvalidStore, "mode 0640")
    assert f"chmod 600 {mine}" in said


def test_a_locked_key_is_opened_by_its_password_which_is_never_said(server):
    locked = server.authority.issue("node-4", "workers", password="hunter2")

    def uri(word):
        return server.uri(tlsCertificateKeyFile=locked, tlsCertificateKeyFilePassword=word)

    open_connection(uri("hunter2")).client.close()
    said = refused(uri("hunter3"), InvalidStore, "cannot be read")
    assert "hunter3" not in said
    assert str(locked) not in said
