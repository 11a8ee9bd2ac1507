from __future__ import annotations

import pytest

from parzen.shared.errors import Incompatible, InvalidInput
from parzen.worker.containers.engine import Endpoint, EngineTrouble
from parzen.worker.launch.docker import hosts as module
from parzen.worker.launch.docker.hosts import Host, hosts, on_each


def test_hosts_are_those_that_are_named_else_dockers_own(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://gpu9:2375")
    assert [h.where.address for h in hosts((), ())] == ["tcp://gpu9:2375"]
    found = hosts(("ssh://me@gpu1", "tcp://gpu2:2375"), ())
    assert [(h.name, h.where.address) for h in found] == [
        ("ssh://me@gpu1", "ssh://me@gpu1"),
        ("tcp://gpu2:2375", "tcp://gpu2:2375"),
    ]


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        (("gpu1",), "--host 'gpu1' is no engine's address: write ssh://user@host"),
        (("ssh://gpu1", "ssh://gpu1"), "name each once"),
    ],
)
def test_what_is_no_host_is_refused(addresses, why):
    with pytest.raises(InvalidInput, match=why):
        hosts(addresses, ())


def test_one_that_fails_holds_no_other_up(monkeypatch):
    class Client:
        def close(self):
            pass

    def opened(where, _timeout_s):
        if where.address == "b":
            raise EngineTrouble("it is down")
        return Client()

    def act(host, _client):
        if host.name == "c":
            raise Incompatible("no such image")
        return host.name

    monkeypatch.setattr(module.engine, "opened", opened)
    every = [Host(name, Endpoint(name, "a test")) for name in "abcd"]
    told = [(answer.host.name, answer.done, answer.fault) for answer in on_each(every, act)]
    assert told == [
        ("a", "a", None),
        ("b", None, "it is down"),
        ("c", None, "no such image"),
        ("d", "d", None),
    ]
