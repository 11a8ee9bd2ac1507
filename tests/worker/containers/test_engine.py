from __future__ import annotations

import json
import socket

import pytest
import requests
from docker import APIClient, errors
from docker.context.config import get_context_id

from parzen.shared.errors import Incompatible, InvalidInput
from parzen.worker.containers import engine
from parzen.worker.containers.engine import Endpoint, EngineTrouble, endpoint, opened, speaking


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """A configuration of docker's with a context; the variables are the test's to set."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engine, "SOCKET", tmp_path / "no.sock")
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def make_context(folder, name, host):
    meta = folder / "contexts" / "meta" / get_context_id(name)
    meta.mkdir(parents=True)
    content = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
    (meta / "meta.json").write_text(json.dumps(content))


def test_the_engine_is_the_one_that_docker_speaks_to(config, monkeypatch):
    make_context(config, "lab", "ssh://gpu1")
    make_context(config, "here", "unix:///run/user/1000/docker.sock")
    assert endpoint().address.startswith(("unix://", "http+unix://"))
    (config / "config.json").write_text('{"currentContext": "lab"}')
    assert endpoint() == Endpoint("ssh://gpu1", "the context lab")
    assert not endpoint().here
    monkeypatch.setenv("DOCKER_CONTEXT", "here")
    assert endpoint().address == "unix:///run/user/1000/docker.sock"
    assert endpoint().here
    monkeypatch.setenv("DOCKER_HOST", "tcp://gpu2:2375")
    assert (endpoint().address, endpoint().said_by) == ("tcp://gpu2:2375", "DOCKER_HOST")
    assert endpoint("lab").address == "ssh://gpu1"


def test_a_context_is_found_without_any_configuration_beside_it(config, monkeypatch):
    make_context(config, "lab", "ssh://gpu1")
    (config / "config.json").unlink()
    monkeypatch.setenv("HOME", str(config))
    assert endpoint("lab") == Endpoint("ssh://gpu1", "the context lab")


def test_a_context_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
    with pytest.raises(InvalidInput, match="no Docker context 'nowhere': `docker context ls`"):
        endpoint()


def test_nothing_is_loaded_where_nothing_speaks_of_an_engine(config, monkeypatch):
    assert not engine.named()
    (config / "config.json").write_text('{"currentContext": "lab"}')
    assert engine.named()
    (config / "config.json").write_text("no json")
    assert not engine.named()
    monkeypatch.setenv("DOCKER_HOST", "unix:///x")
    assert engine.named()


def test_an_engine_that_does_not_answer_is_named(tmp_path):
    with pytest.raises(EngineTrouble, match=r"at unix:///nowhere.sock does not answer \(No such"):
        opened(Endpoint("unix:///nowhere.sock", "a test"))
    path = tmp_path / "deaf.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    with pytest.raises(EngineTrouble, match="Connection refused"):
        opened(Endpoint(f"unix://{path}", "a test"))


def refused(words):
    response = requests.Response()
    response.status_code = 500
    return errors.APIError("500", response=response, explanation=words)


def test_a_refusal_is_the_engines_own_words_and_a_trouble_is_the_machines():
    with pytest.raises(Incompatible, match=r"^could not select device driver$"), speaking():
        raise refused("could not select\n device driver")
    with pytest.raises(EngineTrouble, match="in trouble: write /x: no space left"), speaking():
        raise refused("write /x: no space left on device")
    with pytest.raises(EngineTrouble, match=r"does not answer \(gone\)"), speaking():
        raise requests.ConnectionError("broken") from OSError("gone")


def test_what_the_client_itself_refuses_is_no_trouble_of_the_engine():
    with pytest.raises(Incompatible, match="cannot contain a scheme"), speaking():
        APIClient("unix:///nowhere.sock", version="1.41").pull("http://lab/torch", tag="1")
    with pytest.raises(EngineTrouble, match=r"does not answer \(refused\)"), speaking():
        raise errors.DockerException("no version") from requests.ConnectionError("refused")


def test_what_kind_of_engine_it_is():
    assert engine.rootless({"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]})
    assert engine.remapped({"SecurityOptions": ["name=userns"]})
    assert not engine.rootless({"SecurityOptions": None})


def test_the_port_of_an_ssh_host_is_the_one_that_sshs_configuration_has(tmp_path, monkeypatch):
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\n[ "$1 $2 $3" = "-G -- me@gpu1" ] && echo port 2222\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert engine.with_port("ssh://me@gpu1") == "ssh://me@gpu1:2222"
    assert engine.with_port("ssh://gpu2") == "ssh://gpu2:22"
    assert engine.with_port("ssh://me@gpu1:2200") == "ssh://me@gpu1:2200"
    assert engine.with_port("tcp://gpu1:2375") == "tcp://gpu1:2375"
