"""An agent that is killed at any of its calls to the store: its trials end as without that."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone

import pytest

from parzen.shared.lifecycle import FailureKind

PAST = datetime(2000, 1, 1, tzinfo=timezone.utc)

NURSERY = """
import os, signal, sys
from pathlib import Path
from parzen.shared.mongo import connect
from parzen.worker.agent import Agent
from parzen.worker.options import Options

CALLS = {"claim", "bundle", "attach", "report", "leave"}

class Struck:
    def __init__(self, queue, at):
        self.queue, self.at, self.calls = queue, at, 0
    def __getattr__(self, name):
        method = getattr(self.queue, name)
        if name not in CALLS:
            return method
        def call(*args, **named):
            self.calls += 1
            reply = method(*args, **named)
            if self.calls == self.at:
                print(name, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            return reply
        return call

class Store:
    def __init__(self, store, at):
        self.queue = Struck(store.queue, at)

for line in sys.stdin:
    uri, study, home, at = line.split()
    child = os.fork()
    if not child:
        with connect(uri) as store:
            Agent(
                Store(store, int(at)),
                Options(
                    studies=(study,), home=Path(home), max_trials=1, alone=True,
                    idle_timeout_s=20.0,
                ),
            ).run()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else f"quit {os.WEXITSTATUS(status)}", flush=True)
"""


@pytest.fixture
def agent(mongod_uri, store, tmp_path):
    """Run an agent process on a study: what it was killed at, if it was, and how it ended."""
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:

        def run(study, *, killed_at=0):
            words = (uri, study.name, tmp_path / study.name, killed_at)
            nursery.stdin.write(" ".join(map(str, words)) + "\n")
            nursery.stdin.flush()
            said = nursery.stdout.readline().strip()
            ended = said if said.startswith("quit") else nursery.stdout.readline().strip()
            return (None if said == ended else said), ended

        yield run
        nursery.stdin.close()


def objective(params, trial):
    trial.attach("model", b"weights")
    return params["x"]


def test_an_agent_killed_at_any_call_loses_nothing_and_doubles_nothing(agent, new_lab, store):
    struck = []
    while True:
        lab = new_lab(objective)
        name, ended = agent(lab.study, killed_at=len(struck) + 1)
        if name is None:
            break
        struck.append(name)
        assert ended == "killed"
        lost = lab.states() == ["running"]
        running = {"uid": lab.study.uid, "state": "running"}
        store.db.jobs.update_many(running, {"$set": {"claim.expires_at": PAST}})
        assert lab.store.ledger.expire(lab.lead()) == [0] * lost
        if lab.states() != ["complete"]:
            assert agent(lab.study) == (None, "quit 0")
        trial = lab.trial()
        assert (trial.state.value, trial.loss) == ("complete", 0.5), name
        assert trial.failures == ({FailureKind.LOST: 1} if lost else {}), name
        assert [a.outcome for a in trial.attempts] == ["lost"] * lost + ["complete"], name
        assert store.catalog.attachments(lab.study, 0) == ["model"]
        assert store.catalog.attachment(lab.study, 0, "model") == b"weights"
    assert ended == "quit 0"
    assert struck == ["claim", "bundle", "attach", "report", "leave"]
