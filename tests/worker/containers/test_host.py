from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from parzen.worker.containers import engine, host
from parzen.worker.containers.host import Absent, Containers


@pytest.fixture(autouse=True)
def _nothing_named(tmp_path, monkeypatch):
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engine, "SOCKET", tmp_path / "no.sock")


def begun(tmp_path, caplog):
    caplog.set_level(logging.INFO, "parzen.worker")
    found = Containers(tmp_path / "children")
    found.begin()
    found.close()
    assert not found.able
    return caplog.text


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (None, "nothing names a Docker engine, and there is no"),
        ("ssh://gpu1", "DOCKER_HOST leads to ssh://gpu1, and trials need the engine of this very"),
        ("unix:///nowhere.sock", "at unix:///nowhere.sock does not answer (No such file"),
    ],
)
def test_why_there_is_no_engine_for_trials_is_said(tmp_path, caplog, monkeypatch, address, why):
    if address:
        monkeypatch.setenv("DOCKER_HOST", address)
    said = begun(tmp_path, caplog)
    assert "trials of studies with an image are left alone: " in said
    assert why in said


def test_without_the_extra_that_is_said(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///x")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "pip install 'parzen[docker]'" in begun(tmp_path, caplog)


def test_an_agent_in_a_container_needs_a_volume_for_its_work(tmp_path, monkeypatch):
    own = "0123456789abcdef" * 4
    mounts = [{"Source": "/vols/work/_data", "Destination": "/var/lib/parzen"}]
    info = tmp_path / "mountinfo"
    info.write_text(f"1 2 8:1 /docker/containers/{own}/hostname /etc/hostname rw - ext4 x rw\n")
    monkeypatch.setattr(host, "MOUNTS", info)

    class Client:
        class api:  # noqa: N801 - as Docker's client calls it
            @staticmethod
            def inspect_container(name):
                assert name == own
                return {"State": {"Running": True}, "Mounts": mounts}

    found = host._own_container(Client, Path("/var/lib/parzen/work/.children"))
    assert found == (own, {"/var/lib/parzen": "/vols/work/_data"})
    with pytest.raises(Absent, match="work directory '/tmp/work' in none of its volumes"):
        host._own_container(Client, Path("/tmp/work/.children"))
    info.write_text("nothing of the kind")
    assert host._own_container(Client, Path("/tmp/work")) == ("", {})


def test_who_a_trial_runs_as(tmp_path, monkeypatch):
    found = Containers(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 56)
    assert (found._user(), found._owner()) == ("1234:56", None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert (found._user(), found._owner()) == ("10001:10001", (10001, 10001))
    found._info = {"SecurityOptions": ["name=rootless"]}
    assert (found._user(), found._owner()) == ("0:0", None)
