from __future__ import annotations

import json
import shlex
import socket

import pytest
from pymongo import MongoClient

from parzen.client import cli
from parzen.shared.mongo import connect


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    yield folder
    assert cli.run(["down", "--data-dir", str(folder)]) == 0


@pytest.fixture
def say(data_dir, capsys, monkeypatch):
    """Call a command on the embedded server: (exit code, output, what went wrong)."""
    monkeypatch.setenv("PARZEN_HOME", str(data_dir))

    def run(*words):
        code = cli.run(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_up_tells_where_it_is_but_not_the_password(say):
    code, out, _ = say("up")
    assert code == 0
    uri = say("up", "--uri")[1]
    password = uri.split(":")[2].split("@")[0]
    assert len(password) >= 32
    assert password not in out
    for told in ("127.0.0.1:", "mongodb://parzen:***@", 'export PARZEN_STORE="$(', "down"):
        assert told in out


def test_up_prints_an_address_that_opens_a_prepared_store(say):
    code, out, _ = say("up", "--uri")
    assert (code, out.count("\n")) == (0, 1)
    with MongoClient(out.strip()) as client:
        assert {"jobs", "studies"} <= set(client.get_default_database().list_collection_names())


def test_up_for_programs(say):
    first, second = (json.loads(say("up", "--json")[1]) for _ in range(2))
    assert first["kind"] == "server"
    assert second["items"][0]["pid"] == first["items"][0]["pid"]
    assert second["items"][0]["started"] is False


def test_down_stops_and_says_so_once(say, data_dir):
    port = json.loads(say("up", "--json")[1])["items"][0]["port"]
    code, out, err = say("down")
    assert (code, err) == (0, "")
    assert out.startswith(f"MongoDB on 127.0.0.1:{port} stopped; its data stay in {data_dir}")
    code, out, _ = say("down")
    assert (code, "no embedded MongoDB was running" in out) == (0, True)
    assert json.loads(say("down", "--json")[1])["items"][0]["stopped"] is False


def test_down_says_whom_it_leaves_and_what_becomes_of_them(say, a_study, a_worker):
    with connect(say("up", "--uri")[1].strip()) as store:
        store.catalog.create(a_study(name="digits"), b"")
        store.queue.beat(a_worker(slots=2, busy=1, lease_s=45.0))
    code, _, err = say("down")
    assert code == 0
    connected, running, studies = err.splitlines()
    assert "connected were 1 worker: they wait, and go on once `" in connected
    assert "for up to 45 s" in running
    assert studies == "note: until then 'digits' cannot move on"


def test_a_port_that_is_taken_is_said(say):
    say("down")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = say("up", "--port", str(taken.getsockname()[1]))
    assert (code, "is taken by another program" in err) == (6, True)


def test_another_port_than_the_running_one_is_refused(say):
    say("up")
    code, out, err = say("up", "--port", "1")
    assert (code, out) == (6, "")
    assert "run parzen down first" in err


def test_somebody_elses_store_is_prepared_and_nothing_started(say, store, mongod_uri, data_dir):
    say("down")
    name = store.db.name + "_theirs"
    theirs = mongod_uri.replace("/parzen?", f"/{name}?")
    try:
        code, out, _ = say("up", "--store", theirs)
        assert (code, "nothing was started" in out) == (0, True)
        assert "jobs" in store.db.client[name].list_collection_names()
    finally:
        store.db.client.drop_database(name)
    assert json.loads(say("down", "--json")[1])["items"][0]["stopped"] is False


def test_a_port_makes_no_sense_for_somebody_elses_store(say, mongod_uri):
    code, _, err = say("up", "--store", mongod_uri, "--port", "4711")
    assert code == 2
    assert "leave one of them out" in err


def test_up_starts_the_embedded_server_that_is_named_on_the_same_port(say, data_dir, monkeypatch):
    uri = say("up", "--uri")[1].strip()
    monkeypatch.setenv("PARZEN_STORE", uri)
    assert "is left as it is" not in say("down")[2]
    started = json.loads(say("up", "--json")[1])["items"][0]
    assert (started["started"], started["uri"]) == (True, uri)
    code, out, _ = say("up", "--store", uri)
    assert (code, "running already" in out) == (0, True)
    stop = out.rpartition("stop it    `")[2].rstrip("`\n")
    assert shlex.split(stop)[-3:] == ["down", "--data-dir", str(data_dir)]


def test_the_named_embedded_server_is_not_moved(say, monkeypatch):
    uri = say("up", "--uri")[1].strip()
    say("down")
    monkeypatch.setenv("PARZEN_STORE", uri)
    port = uri.rpartition(":")[2].partition("/")[0]
    code, _, err = say("up", "--port", "4711")
    assert (code, f"names the embedded server on port {port}" in err) == (2, True)
    with socket.create_server(("127.0.0.1", int(port))):
        code, _, err = say("up")
    assert (code, "which another program has taken" in err) == (6, True)


def test_down_says_that_it_leaves_another_store_alone(say, monkeypatch):
    say("up")
    monkeypatch.setenv("PARZEN_STORE", "mongodb://me:hush@db.lab/tuning")
    code, out, err = say("down")
    assert (code, "stopped" in out) == (0, True)
    assert "note: mongodb://db.lab/tuning is left as it is" in err
    assert "hush" not in err
