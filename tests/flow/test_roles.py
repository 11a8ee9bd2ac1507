"""The whole loop by users with least privileges, over TLS, with the real processes of the CLI."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from engines.tls import guarded, subject

from parzen.client import cli, connect
from parzen.shared.errors import StoreDenied
from parzen.shared.home import StoreAddress
from parzen.shared.mongo import open_store
from parzen.shared.records import Want

STUDY = """
import os
from parzen.client import Float, Study

def objective(params, trial):
    trial.report(1, params["x"])
    trial.attach("note.txt", b"made by the trial")
    named = [name for name in os.environ if "STORE" in name]
    return {"loss": params["x"], "named": named}

study = Study("tuned", space={"x": Float(0, 1)}, objective=objective, max_trials=3)
"""

SECRET = "hid den/@:%"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with guarded(tmp_path_factory.mktemp("guarded")) as running:
        yield running


@pytest.fixture
def parzen(tmp_path):
    """Start a parzen process; ``PARZEN_STORE_FILE`` names the address of whoever it is."""

    def start(who, *words):
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_STORE")}
        environ["PARZEN_STORE_FILE"] = str(tmp_path / f"{who}.uri")
        command = [sys.executable, "-m", "parzen.client.cli", *map(str, words)]
        return subprocess.Popen(
            command,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.fixture
def run(parzen):
    """Run a parzen process to its end; what it said."""

    def call(who, *words):
        with parzen(who, *words) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out + err

    return call


@pytest.fixture
def administer(server, monkeypatch, capsys):
    """Call parzen as the administrator, in this process; what it said."""
    monkeypatch.setenv("PARZEN_STORE", server.uri())
    monkeypatch.setenv("PARZEN_USER_PASSWORD", SECRET)

    def call(*words):
        assert cli.run([str(word) for word in words]) == 0
        captured = capsys.readouterr()
        return captured.out + captured.err

    return call


def test_submit_propose_work_and_look_with_one_role_each(server, administer, run, parzen, tmp_path):
    administer("up")
    administer("roles")
    said = ""
    for role in ("client", "coordinator", "viewer"):
        file = tmp_path / f"{role}.uri"
        said += administer("roles", "create-user", role, "--role", role, "--save", file)
    node = subject("node-1", "workers")
    administer("roles", "create-user", node, "--x509", "--role", "worker",
        "--save", tmp_path / "worker.uri")  # fmt: skip
    key = server.authority.issue("node-1", "workers")
    file = tmp_path / "worker.uri"
    file.write_text(
        file.read_text().replace("tlsCertificateKeyFile=FILE", f"tlsCertificateKeyFile={key}")
    )

    (tmp_path / "tuning.py").write_text(STUDY)
    said += run("client", "submit", tmp_path / "tuning.py:study")
    with parzen("coordinator", "coordinator", "--exit-when-done") as coordinator:
        said += run("worker", "worker", "--max-trials", "3", "--data-dir", tmp_path / "node")
        said += "".join(coordinator.communicate(timeout=60))
    assert coordinator.returncode == 0, said
    said += run("viewer", "status", "tuned")

    viewer = StoreAddress(store=(tmp_path / "viewer.uri").read_text().strip())
    with open_store(viewer) as store, connect(viewer.store) as client:
        handle = client.study("tuned")
        trials = handle.trials()
        assert [trial.state.value for trial in trials] == ["complete"] * 3
        assert [m.value for m in handle.measurements(1)] == [trials[1].params["x"]]
        assert handle.attachment(1, "note.txt") == b"made by the trial"
        assert trials[0].result["named"] == []
        with pytest.raises(StoreDenied):
            store.catalog.wish("tuned", Want.CANCEL)
        everything = repr(
            [list(store.db[name].find()) for name in store.db.list_collection_names()]
        )
    for secret in (SECRET, "hid%20den", str(key)):
        assert secret not in everything
        assert secret not in said
