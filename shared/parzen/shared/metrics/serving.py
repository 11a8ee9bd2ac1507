"""A small HTTP server beside the main loop: metrics for Prometheus, and two answers for probes."""

from __future__ import annotations

import errno
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import prometheus_client

from parzen.shared.errors import InvalidInput
from parzen.shared.metrics.health import EVERYWHERE, HEALTHY, METRICS, READY, Health, Verdict

log = logging.getLogger("parzen.metrics")

PATIENCE_S = 10.0
"""How long a client may take to say what it wants."""

WHERE = re.compile("^https?://[^/]*", re.IGNORECASE)
"""What stands before the path where a client, such as a proxy, asks with the whole address."""

Start: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[dict[str, Any], Start], Iterable[bytes]]


@contextmanager
def served(
    registry: prometheus_client.CollectorRegistry, health: Health, address: str, port: int
) -> Iterator[tuple[str, int]]:
    """Answer at ``address`` and ``port`` (0: any that is free) meanwhile; gives both.

    Raises:
        InvalidInput: the port is taken, or the address is none of this machine's.
    """
    server = _listening(address, port)
    server.set_app(_app(registry, health))
    thread = threading.Thread(target=server.serve_forever, name="parzen-metrics", daemon=True)
    thread.start()
    where, found = server.server_address[:2]
    log.info("metrics are at http://%s:%d%s", _shown(address, str(where)), found, METRICS)
    try:
        yield str(where), int(found)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _shown(asked: str, address: str) -> str:
    """How the host is named in a URL."""
    if asked == EVERYWHERE:
        return socket.gethostname()
    return f"[{address}]" if ":" in address else address


def _app(registry: prometheus_client.CollectorRegistry, health: Health) -> App:
    metrics: App = prometheus_client.make_wsgi_app(registry)

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = WHERE.sub("", str(environ.get("PATH_INFO")))
        if environ.get("REQUEST_METHOD") == "HEAD":
            return _headers_alone(app, environ, start)
        if environ.get("REQUEST_METHOD") != "GET":
            return _said(start, "405 Method Not Allowed", "only GET and HEAD are answered")
        if path == METRICS:
            return metrics(environ, start)
        if path in (HEALTHY, READY):
            verdict: Verdict = health.alive if path == HEALTHY else health.ready
            status = "200 OK" if verdict.well else "503 Service Unavailable"
            return _said(start, status, verdict.reason)
        return _said(start, "404 Not Found", f"there are {METRICS}, {HEALTHY} and {READY}")

    return app


def _headers_alone(app: App, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """What a GET would be answered, without the body."""
    head: list[Any] = []
    body = b"".join(app({**environ, "REQUEST_METHOD": "GET"}, lambda *told: head.extend(told)))
    status, headers = head
    start(status, [*headers, ("Content-Length", str(len(body)))])
    return []


def _said(start: Start, status: str, words: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{words}\n".encode()]


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each client, so that one who dawdles keeps nobody waiting."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, which may take long."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "parzen", self.server_address[1]
        self.setup_environ()

    def handle_error(self, _request: Any, _client: Any) -> None:
        """Keep to one line of the log what a client that hung up would fill a screen with."""
        log.debug("a question for metrics could not be answered", exc_info=True)  # noqa: LOG014 - called in one


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE_S

    def address_string(self) -> str:
        """The client's address; a name server would take its time to name it."""
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """A scrape every few seconds is no news."""
        log.debug(format, *args)


def _listening(address: str, port: int) -> _Server:
    try:
        return _everywhere(port) if address == EVERYWHERE else _at(address, port)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise InvalidInput(
            f"metrics cannot be served on {address!r}, port {port} ({said}): name another port "
            "with --metrics-port, 0 for any that is free, or an address of this machine with "
            "--metrics-address"
        ) from error


def _everywhere(port: int) -> _Server:
    """On one socket for both versions of addresses, where the machine has both."""
    if socket.has_dualstack_ipv6():
        try:
            return _at("::", port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
            log.debug("addresses of version 6 cannot be had: %s", error)
    return _at("0.0.0.0", port)  # noqa: S104 - it was asked for


def _at(address: str, port: int) -> _Server:
    (family, *_, place), *_ = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    server = type("_Server", (_Server,), {"address_family": family})
    return server(place[:2], _Handler)  # type: ignore[no-any-return]  # as it was made above
