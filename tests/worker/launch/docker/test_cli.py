from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from parzen.client import cli
from parzen.shared.errors import InvalidInput
from parzen.worker.launch.cli import launch

STORE = "mongodb://me:hunter2@db.lab/parzen"


@pytest.fixture
def run(monkeypatch, home):
    """Call `parzen launch docker` with a store, and an engine that is nowhere."""
    monkeypatch.setenv("PARZEN_STORE", STORE)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")

    def call(*words):
        done = CliRunner().invoke(launch, ["docker", *words], **cli.cli.context_settings)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert "hunter2" not in done.output
        return done

    return call


def test_a_dry_run_asks_no_engine_and_hides_the_password(run):
    done = run("--host", "ssh://gpu1", "--host", "ssh://gpu2", "-n", "2", "--dry-run", "--",
        "--slots", "4")  # fmt: skip
    assert done.exit_code == 0
    lines = [line for line in done.output.splitlines() if line.startswith("docker ")]
    assert [line.split()[2] for line in lines] == ["ssh://gpu1"] * 2 + ["ssh://gpu2"] * 2
    names = {line.split("--name ")[1].split()[0] for line in lines}
    assert len(names) == 4
    assert all("worker --slots 4" in line for line in lines)
    assert "with the address of mongodb://db.lab/parzen in /run/parzen/store.uri" in done.output


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        (("--host", "ssh://gpu1"), "this machine alone, so agents on ssh://gpu1 will not reach"),
        ((), "without --network host, will not reach it"),
        (("--network", "host"), None),
    ],
)
def test_a_store_that_agents_will_not_reach_is_noted(run, monkeypatch, words, noted):
    monkeypatch.setenv("PARZEN_STORE", "mongodb://me:hunter2@127.0.0.1:27017/parzen")
    done = run("--dry-run", *words)
    assert done.exit_code == 0
    assert (noted or "") in done.stderr
    assert noted is not None or done.stderr == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--list", "--stop", "all"), "--list lists .* and --stop asks for something else"),
        (("--json", "--dry-run"), "--json lists .* and --dry-run asks for something else"),
        (("--host", "gpu1"), "is no engine's address"),
        (("--name", "a/b"), "cannot be the name of containers"),
        (("--gpus", "some"), "names no GPUs"),
        (("--", "--slot", "2"), "`parzen worker` does not take"),
        (("--", "--store", STORE), "give it to `parzen launch` itself"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(run, words, why):
    with pytest.raises(InvalidInput, match=why):
        run(*words)


def test_the_embedded_server_is_for_this_machine_only(run, monkeypatch):
    monkeypatch.delenv("PARZEN_STORE")
    with pytest.raises(InvalidInput, match="name a MongoDB with PARZEN_STORE"):
        run("--dry-run")


@pytest.mark.parametrize("words", [(), ("--list",), ("--stop", "all")])
def test_a_host_that_does_not_answer_is_named(run, words):
    done = run(*words)
    assert done.exit_code == 1
    assert "unix:///nowhere.sock: the Docker engine at unix:///nowhere.sock does not" in done.stderr
    assert done.stdout == ""


def test_a_listing_for_programs_is_one_even_where_nobody_answers(run):
    done = run("--json")
    assert json.loads(done.stdout) == {"parzen": 1, "kind": "docker_agents", "items": []}
