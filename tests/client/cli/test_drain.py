import json
import subprocess
import sys

import pytest
from engines.patience import until

from parzen.client.connection import Client
from parzen.shared.records import Order

RUN = "from parzen.worker.cli import worker; worker()"


@pytest.fixture
def running(store_uri, store, tmp_path):
    """A worker of this machine that the store has seen."""
    words = ["--workdir", str(tmp_path / "work")]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *words], stderr=log, stdin=subprocess.DEVNULL
        )
    until(store.catalog.workers)
    yield process
    process.kill()
    process.wait()


def test_drain_asks_and_says_who_is_still_there(call, store, a_worker):
    store.catalog.beat(a_worker("host:1:a"))
    code, out, err = call("drain", "host", "--timeout", "0")
    assert (code, out) == (1, "host:1:a is asked to finish what it runs (nothing), and quit\n")
    assert "1 worker still there: host:1:a" in err
    [asked] = store.catalog.workers()
    assert asked.order is Order.DRAIN
    code, out, _ = call("workers")
    assert code == 0
    assert "leaving" in out


def test_a_worker_that_falls_silent_has_not_quit(call, store, a_worker, monkeypatch):
    store.catalog.beat(a_worker("host:1:a"))

    def suspended(self, ids):
        past = [{"$set": {"seen_at": {"$subtract": ["$$NOW", 20_000]}}}]
        store.db.workers.update_one({"_id": "host:1:a"}, past)
        return still_there(self, ids)

    still_there = Client.still_there
    monkeypatch.setattr(Client, "still_there", suspended)
    code, _, err = call("drain", "host")
    assert code == 1
    assert "host:1:a is silent for 20 s and has not said that it quits: if it lives, it dr" in err
    assert "still there" not in err


def test_an_order_outlives_the_workers_own_beats(call, store, a_worker):
    store.catalog.beat(a_worker("host:1:a"))
    assert call("drain", "--all", "--give-back", "--no-wait")[0] == 0
    assert store.catalog.beat(a_worker("host:1:a", busy=1)) is Order.STOP
    assert store.catalog.workers()[0].order is Order.STOP


def test_a_worker_that_was_asked_quits_and_drain_returns(call, running, store):
    [record] = store.catalog.workers()
    code, out, _ = call("drain", record.host, "--json", "--timeout", "60")
    assert code == 0
    assert [item["id"] for item in json.loads(out)["items"]] == [record.id]
    assert running.wait(30) == 0
    assert store.catalog.workers() == []


@pytest.mark.parametrize("words", [(), ("host", "--all")])
def test_whom_it_means_must_be_clear(call, words):
    code, _, err = call("drain", *words)
    assert code == 2
    assert "which workers is not clear" in err


def test_a_node_that_nobody_knows_is_refused(call, store, a_worker):
    store.catalog.beat(a_worker("host:1:a"))
    code, _, err = call("drain", "nowhere")
    assert code == 3
    assert "no live worker is called 'nowhere'" in err
