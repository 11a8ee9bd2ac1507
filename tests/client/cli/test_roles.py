"""``parzen roles``, against a real server."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from parzen.client import cli
from parzen.client.cli.roles import KINDS
from parzen.shared.errors import StoreDenied
from parzen.shared.mongo import connect
from parzen.shared.mongo.roles import PRIVILEGES, Role


@pytest.fixture(autouse=True)
def _leave_no_users(store):
    yield
    store.db.command("dropAllUsersFromDatabase")
    store.db.command("dropAllRolesFromDatabase")
    external = store.db.client["$external"]
    for user in external.command("usersInfo", 1)["users"]:
        external.command("dropUser", user["user"])


@pytest.fixture
def made(call):
    """Make a user; what ``--json`` says of him."""

    def make(*words):
        code, out, err = call("roles", "create-user", *words, "--json")
        assert code == 0, err
        (found,) = json.loads(out)["items"]
        return found

    return make


def test_the_roles_are_made_and_described_and_made_again(call, store):
    for _ in range(2):
        code, out, _ = call("roles")
        assert code == 0
        assert "parzenViewer       reads everything; writes nothing" in out
        assert repr(store.db.name) in out
    names = {role["role"] for role in store.db.command("rolesInfo", 1)["roles"]}
    assert names == {role.stored for role in Role}

    _, out, _ = call("roles", "--json")
    described = {item["role"]: item["privileges"] for item in json.loads(out)["items"]}
    worker = PRIVILEGES[Role.WORKER]
    assert described["parzenWorker"] == {name: list(does) for name, does in worker.items()}


def test_a_user_is_told_his_address_and_a_password_once(call, store):
    code, out, err = call("roles", "create-user", "bob", "--role", "worker")

    assert code == 0
    told = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert told["user"] == f"bob, with parzenWorker in {store.db.name!r}"
    assert "shown once" in err
    with connect(told["address"].replace("PASSWORD", told["password"])) as his:
        assert his.queue.studies() == []
        with pytest.raises(StoreDenied):
            his.catalog.files.put_bundle("s", b"x")


def test_several_roles_make_one_user(made, store):
    found = made("ann", "--role", "client", "--role", "viewer", "--role", "client")
    assert found["roles"] == ["parzenClient", "parzenViewer"]
    assert found["new"]
    assert made("ann", "--role", "viewer", "--replace")["new"] is False
    (user,) = store.db.command("usersInfo", "ann")["users"]
    assert [role["role"] for role in user["roles"]] == ["parzenViewer"]


def test_a_user_who_exists_is_a_conflict(made, call):
    made("ann", "--role", "client")
    code, out, err = call("roles", "create-user", "ann", "--role", "client")
    assert code == 4
    assert "--replace" in err
    assert out == ""


def test_a_password_is_read_and_never_said(call, made, tmp_path, monkeypatch, store_uri):
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text("my p@ss/word\n")
    found = made("ann", "--role", "viewer", "--password-file", file)
    assert "password" not in found
    assert "p@ss" not in str(found)
    connect(found["address"].replace("PASSWORD", "my%20p%40ss%2Fword")).close()

    monkeypatch.setenv("PARZEN_USER_PASSWORD", "other")
    found = made("ben", "--role", "viewer")
    assert "other" not in str(found)
    connect(found["address"].replace("PASSWORD", "other")).close()

    file.chmod(0o644)
    code, _, err = call("roles", "create-user", "eve", "--role", "viewer", "--password-file", file)
    assert code == 2
    assert "chmod 600" in err


def test_an_address_is_saved_where_only_its_owner_reads_it(call, made, tmp_path, store):
    file = tmp_path / "bob.uri"
    found = made("bob", "--role", "viewer", "--save", file)

    assert "password" not in found
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with connect(file.read_text().strip()) as his:
        assert his.db.name == store.db.name
    code, _, err = call("roles", "create-user", "eve", "--role", "viewer", "--save", file)
    assert code == 2
    assert "is there already" in err
    assert not store.db.command("usersInfo", "eve")["users"]


def test_nothing_is_saved_for_a_user_who_could_not_be_made(call, made, tmp_path):
    made("bob", "--role", "viewer")
    file = tmp_path / "bob.uri"
    assert call("roles", "create-user", "bob", "--role", "viewer", "--save", file)[0] == 4
    assert not file.exists()


def test_a_certificates_subject_has_no_password(made):
    found = made("CN=n,OU=w,O=o", "--x509", "--role", "worker", "--replace")
    assert found["database"] == "$external"
    assert found["address"].startswith("mongodb://CN%3Dn%2COU%3Dw%2CO%3Do@127.0.0.1:")
    assert "authMechanism=MONGODB-X509&authSource=$external" in found["address"]
    assert "directConnection=true" in found["address"]


def test_printing_changes_nothing(call, store):
    code, out, _ = call("roles", "--print")
    assert code == 0
    assert out.count(f'db.getSiblingDB("{store.db.name}").runCommand({{"createRole"') == len(Role)
    code, out, _ = call("roles", "create-user", "bob", "--role", "worker", "--dry-run")
    assert '"createUser": "bob", "pwd": passwordPrompt()' in out
    _, out, _ = call("roles", "create-user", "CN=n", "--x509", "--role", "worker",
                     "--print", "--json")  # fmt: skip
    (step,) = json.loads(out)["items"]
    assert step["database"] == "$external"
    assert step["command"]["roles"] == [{"role": "parzenWorker", "db": store.db.name}]
    assert store.db.command("rolesInfo", 1)["roles"] == []


def test_the_commands_are_printed_without_a_server(capsys):
    store = "mongodb+srv://admin:x@cluster.example.net/tuning"
    assert cli.run(["roles", "--print", "--json", "--store", store]) == 0
    out = capsys.readouterr().out
    assert {step["database"] for step in json.loads(out)["items"]} == {"tuning"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create-user", " ", "--role", "viewer"], "cannot name a user"),
        (["create-user", "a\nb", "--role", "viewer"], "cannot name a user"),
        (["create-user", "bob", "--x509", "--role", "viewer"], "is no subject"),
        (["create-user", "CN=b", "--x509", "--role", "viewer", "--password-file", "-"], "exclude"),
        (["create-user", "bob", "--role", "viewer", "--print", "--save", "f"], "exclude each"),
        (
            ["create-user", "bob", "--role", "viewer", "--dry-run", "--password-file", "-"],
            "exclude",
        ),
        (["create-user", "bob"], "Missing option '--role'"),
        (["create-user", "bob", "--role", "root"], "'root' is not one of"),
        (["--print", "create-user", "bob", "--role", "viewer"], "after 'create-user'"),
    ],
)
def test_mistakes_are_one_sentence_and_make_nobody(call, store, words, said):
    code, _, err = call("roles", *words)
    assert code == 2
    assert said in err
    assert not store.db.command("usersInfo", 1)["users"]


def test_nobody_is_made_whose_password_could_not_be_told(store, store_uri):
    words = [sys.executable, "-m", "parzen.client.cli", "roles", "create-user", "zz"]
    with Path("/dev/full").open("w") as full:
        out = subprocess.run(
            [*words, "--role", "viewer"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert out.returncode == 1
    assert b"cannot be written" in out.stderr
    assert not store.db.command("usersInfo", 1)["users"]


def test_a_user_can_be_made_for_each_role():
    assert set(KINDS) == {role.value for role in Role}
