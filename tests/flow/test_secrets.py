"""A password is nowhere to be read: not in logs at their most talkative, texts, or documents."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from engines.accounts import PASSWORD, accounts

from parzen.client import Float, Study, cli, connect
from parzen.coordinator.service import Coordinator
from parzen.shared.errors import StoreDenied
from parzen.shared.home import chosen
from parzen.shared.mongo import connect as open_uri
from parzen.shared.mongo.roles import Role
from parzen.worker.agent import Agent
from parzen.worker.options import Options

PIECES = (PASSWORD, quote_plus(PASSWORD), quote(PASSWORD, safe=""), "w/rd", "w%2Frd")


def hidden(text):
    assert text
    for piece in PIECES:
        assert piece not in text, piece


def x_itself(params):
    return params["x"]


@pytest.fixture
def people(store, mongod_uri):
    with accounts(mongod_uri.replace("/parzen?", f"/{store.db.name}?")) as made:
        yield made


def test_a_whole_round_leaves_no_secret_anywhere(people, store, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "pymongo")  # which commands in this process have made quieter
    uri = people.uri(Role.CLIENT)
    study = Study("s", space={"x": Float(0, 1)}, objective=x_itself, max_trials=2)
    with study.submit(uri) as handle:
        coordinator = Coordinator(people.store(Role.COORDINATOR))
        coordinator.step()
        agent = Agent(
            people.store(Role.WORKER),
            Options(home=tmp_path, max_trials=2, idle_timeout_s=20, grace_s=1.0),
        )
        assert agent.run() == 0
        coordinator.step()
        coordinator.close()
        shown = [handle, handle.record, agent, agent.worker, coordinator, chosen(uri)]
        shown += handle.trials() + [people.store(role) for role in Role]
    with connect(people.uri(Role.VIEWER)) as client:
        shown += [client, client.db, client.db.jobs, client.db.client, client.studies()]
    with pytest.raises(StoreDenied) as raised:
        open_uri(people.uri(Role.CLIENT).replace("client:", "nobody:"))

    hidden(caplog.text)
    assert "pymongo" in caplog.text
    hidden(repr(shown))
    hidden("".join(map(str, shown)))
    hidden(f"{raised.value!r} {raised.value} {raised.value.__cause__!r}")
    names = store.db.list_collection_names()
    hidden(repr([list(store.db[name].find()) for name in names]))


@pytest.mark.parametrize("level", ["debug", "info"])
def test_a_command_says_it_on_no_level(people, caplog, capsys, monkeypatch, level):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PARZEN_STORE", people.uri(Role.COORDINATOR))
    words = ["coordinator", "--exit-when-done", "--log-level", level]
    assert cli.run(words) == 0
    assert cli.run(["status", "none"]) == 3
    captured = capsys.readouterr()
    hidden(captured.out + captured.err + caplog.text)


def test_the_embedded_server_logs_neither_its_password_nor_its_key(mongod_uri, store):
    """Its log was written through a start, logins, refused logins and the making of users."""
    folder = Path(store.db.client.admin.command("getCmdLineOpts")["parsed"]["storage"]["dbPath"])
    password = mongod_uri.split(":")[2].partition("@")[0]
    said = (folder.parent / "mongod.log").read_text()
    assert password not in said
    assert (folder.parent / "keyfile").read_text() not in said
    hidden(said)


@pytest.mark.parametrize("role", [Role.WORKER, Role.VIEWER])
def test_who_may_not_lead_is_told_at_once_even_while_another_one_leads(people, new_study, role):
    new_study("led")
    leader = Coordinator(people.store(Role.COORDINATOR))
    leader.step()
    with pytest.raises(StoreDenied, match="refused"):
        Coordinator(people.store(role)).run()
    leader.close()
