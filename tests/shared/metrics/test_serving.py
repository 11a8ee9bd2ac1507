import contextlib
import socket
from http.client import HTTPConnection

import prometheus_client
import pytest
from engines.stillness import Clock

from parzen.shared.errors import InvalidInput
from parzen.shared.metrics.health import TURN_S, Health
from parzen.shared.metrics.serving import served


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def health(clock):
    return Health(clock)


@pytest.fixture
def ask(health):
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.Gauge("parzen_answer", "It is 42.", registry=registry).set(42)
    with served(registry, health, "127.0.0.1", 0) as (address, port):
        yield lambda path, method="GET": asked(address, port, path, method)


def asked(address, port, path, method="GET"):
    with contextlib.closing(HTTPConnection(address, port, timeout=20)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_metrics_are_there_for_prometheus(ask):
    status, text = ask("/metrics")
    assert status == 200
    assert "parzen_answer 42.0" in text


def test_probes_are_told_whether_it_works(ask, health, clock):
    assert ask("/-/healthy") == (200, "starting\n")
    assert ask("/-/ready") == (503, "the store has not answered yet\n")
    health.turned()
    health.answered()
    assert ask("/-/healthy")[0] == ask("/-/ready")[0] == 200
    clock.at = TURN_S + 1
    assert ask("/-/healthy")[0] == ask("/-/ready")[0] == 503


def test_anything_else_is_refused(ask):
    assert ask("/") == (404, "there are /metrics, /-/healthy and /-/ready\n")
    assert ask("/metrics", "POST")[0] == 405


@pytest.mark.parametrize("path", ["/metrics", "/-/ready", "/nowhere"])
def test_a_head_is_what_a_get_gives_without_its_body(health, path):
    with served(prometheus_client.CollectorRegistry(), health, "127.0.0.1", 0) as where:
        (status, headers, body), (gets, full, text) = (
            whole(where, m, path) for m in ("HEAD", "GET")
        )
    assert (status, body) == (gets, b"")
    assert text or headers["Content-Length"] == "0"
    del headers["Date"], full["Date"]
    assert headers == full


def whole(where, method, path):
    """All that the server sends until it hangs up."""
    with socket.create_connection(where) as connection:
        connection.sendall(f"{method} {path} HTTP/1.0\r\n\r\n".encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), body


def test_a_client_may_name_the_whole_address(ask):
    assert ask("http://gpu1:9101/metrics")[0] == 200
    assert ask("HTTPS://gpu1/-/healthy?x=1")[0] == 200
    assert ask("http://gpu1/")[0] == ask("http://gpu1")[0] == 404


def test_one_who_dawdles_keeps_nobody_waiting(health):
    registry = prometheus_client.CollectorRegistry()
    with (
        served(registry, health, "127.0.0.1", 0) as where,
        socket.create_connection(where) as dawdler,
    ):
        dawdler.sendall(b"GET /met")
        assert asked(*where, "/metrics")[0] == 200


def test_it_listens_on_an_address_of_version_6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with served(prometheus_client.CollectorRegistry(), Health(), "::1", 0) as (address, port):
        assert asked(address, port, "/metrics")[0] == 200


def test_everywhere_is_all_addresses_of_both_versions(caplog):
    caplog.set_level("INFO")
    with served(prometheus_client.CollectorRegistry(), Health(), "*", 0) as (_, port):
        assert asked("127.0.0.1", port, "/metrics")[0] == 200
        if socket.has_dualstack_ipv6():
            assert asked("::1", port, "/metrics")[0] == 200
    assert f"http://{socket.gethostname()}:{port}/metrics" in caplog.text


def test_a_machine_without_version_6_is_served_by_version_4(monkeypatch):
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with served(prometheus_client.CollectorRegistry(), Health(), "*", 0) as (address, port):
        assert address == "0.0.0.0"
        assert asked("127.0.0.1", port, "/metrics")[0] == 200


def test_a_port_that_is_taken_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidInput) as raised, taken(port):
            pass
    assert f"'127.0.0.1', port {port} (Address already in use)" in str(raised.value)
    assert "--metrics-port" in str(raised.value)


def taken(port):
    return served(prometheus_client.CollectorRegistry(), Health(), "127.0.0.1", port)


def test_when_it_is_over_the_port_is_free_again():
    with taken(0) as (_, port):
        pass
    with taken(port) as (_, again):
        assert again == port
