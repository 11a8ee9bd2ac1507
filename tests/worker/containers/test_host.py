from __future__ import annotations

import json
import logging
import os
import re
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import ClassVar

import pytest
from engines.unixproxy import UnixProxy

from parzen.shared.records import Image
from parzen.worker.containers import engine, host
from parzen.worker.containers.engine import EngineTrouble
from parzen.worker.containers.host import Absent, Containers


@pytest.fixture(autouse=True)
def _nothing_named(tmp_path, monkeypatch):
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engine, "SOCKET", tmp_path / "no.sock")


def begun(tmp_path, caplog):
    caplog.set_level(logging.DEBUG, "parzen.worker")
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


ANSWERS = {
    "/_ping": "OK",
    "/version": {"ApiVersion": "1.41"},
    "/info": {},
    "/containers/json": [],
}


class Answering(BaseHTTPRequestHandler):
    """An engine without images, which notes the containers that it is asked to remove."""

    removed: ClassVar[list[str]] = []

    def do_GET(self):
        found = ANSWERS[re.sub(r"^/v[0-9.]+|[?].*", "", self.path)]
        self._say(200, found.encode() if isinstance(found, str) else json.dumps(found).encode())

    def do_DELETE(self):
        self.removed.append(self.path.split("?")[0].rpartition("/")[2])
        self._say(204, b"")

    def _say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "the test"

    def log_message(self, *_):
        pass


@pytest.fixture
def proxied(monkeypatch):
    """The way to an engine that can be held."""
    monkeypatch.setattr(host, "LOOK_S", 0.05)
    monkeypatch.setattr(host, "SIGN_S", 1.0)
    monkeypatch.setattr(Answering, "removed", [])
    with (
        tempfile.TemporaryDirectory(prefix="parzen-") as name,
        ThreadingUnixStreamServer(f"{name}/engine", Answering) as server,
    ):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = UnixProxy(Path(name) / "proxy", f"{name}/engine")
        monkeypatch.setenv("DOCKER_HOST", f"unix://{proxy.path}")
        yield proxy
        proxy.flow()
        proxy.cut()
        server.shutdown()


def test_an_engine_that_hangs_is_noticed_and_so_is_its_recovery(tmp_path, proxied, until):
    found = Containers(tmp_path / "children")
    found.begin()
    assert found.able
    proxied.hold()
    until(lambda: not found.able)
    with pytest.raises(EngineTrouble, match="the Docker engine does not answer"):
        found.fetch(Image(name="torch"), lambda: True)
    found._left.add("c0ffee")
    proxied.flow()
    until(lambda: found.able)
    until(lambda: not found._left)
    found.close()
    assert Answering.removed == ["c0ffee"]


def test_an_engine_that_can_run_nothing_rests(tmp_path, proxied, until):
    found = Containers(tmp_path / "children")
    found.begin()
    found.failed(EngineTrouble("no space left on device"))
    assert not found.able
    until(lambda: found.able)
    found.close()


def test_who_a_trial_runs_as(tmp_path, monkeypatch):
    found = Containers(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 56)
    assert (found._user(), found._owner()) == ("1234:56", None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert (found._user(), found._owner()) == ("10001:10001", (10001, 10001))
    found._info = {"SecurityOptions": ["name=rootless"]}
    assert (found._user(), found._owner()) == ("0:0", None)
