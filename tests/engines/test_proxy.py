from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from engines.proxy import Proxy


class Echo:
    """A server that answers each line with itself, and remembers what it heard."""

    def __init__(self):
        self.heard = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # closing flushes, which fails as well where the other side has gone
        with contextlib.suppress(OSError), connection, connection.makefile("rwb") as stream:
            for line in stream:
                self.heard.append(line)
                if line == b"bye\n":
                    return
                stream.write(line)
                stream.flush()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # else the waiting accept() keeps it open
        self._listener.close()


class Caller:
    """A client with a connection through the proxy."""

    def __init__(self, proxy, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", proxy.port), timeout)

    def say(self, line):
        self.socket.sendall(line)

    def hear(self):
        return self.socket.recv(1 << 20)

    def hears_nothing(self):
        """What a caller of a stalled proxy learns: nothing, for as long as it cares to wait."""
        self.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            self.hear()
        self.socket.settimeout(10.0)

    def is_reset(self):
        with pytest.raises(ConnectionResetError):
            self.hear()


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo):
    with Proxy("127.0.0.1", echo.port) as made:
        yield made


@pytest.fixture
def call(proxy):
    callers = []

    def make():
        callers.append(Caller(proxy))
        return callers[-1]

    yield make
    for caller in callers:
        caller.socket.close()


def test_it_forwards_both_ways(call):
    caller = call()
    caller.say(b"hello\n")
    assert caller.hear() == b"hello\n"


def test_large_messages_arrive_whole(call):
    caller = call()
    line = b"x" * 5_000_000 + b"\n"
    threading.Thread(target=caller.say, args=(line,)).start()
    with caller.socket.makefile("rb") as stream:
        assert stream.readline() == line


def test_a_cut_resets_those_that_there_are(proxy, call):
    old = call()
    old.say(b"one\n")
    old.hear()
    proxy.cut()
    old.is_reset()
    new = call()
    new.say(b"two\n")
    assert new.hear() == b"two\n"


def test_a_refusal_turns_new_ones_away_until_healed(proxy, call):
    old = call()
    old.say(b"one\n")
    assert old.hear() == b"one\n"
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        call()
    old.say(b"two\n")
    assert old.hear() == b"two\n"
    proxy.heal()
    call().say(b"three\n")


@pytest.mark.parametrize(("direction", "heard"), [("up", []), ("down", [b"hello\n"]), ("both", [])])
def test_a_stall_holds_bytes_back_until_healed(proxy, call, echo, direction, heard):
    caller = call()
    proxy.stall(direction)
    caller.say(b"hello\n")
    caller.hears_nothing()
    assert echo.heard == heard
    proxy.heal("slow", "refuse", "swallow")
    caller.hears_nothing()
    proxy.heal()
    assert caller.hear() == b"hello\n"


def test_a_slow_network_is_late_and_healing_delivers_at_once(proxy, call):
    caller = call()
    proxy.slow(3600, "down")
    caller.say(b"hello\n")
    caller.hears_nothing()
    proxy.heal()
    assert caller.hear() == b"hello\n"
    proxy.slow(0.01)
    caller.say(b"again\n")
    assert caller.hear() == b"again\n"


def test_a_swallowed_reply_was_answered_and_never_arrives(proxy, call, echo):
    proxy.swallow_reply(b"insert", times=2)
    for _ in range(2):
        caller = call()
        caller.say(b"find\n")
        assert caller.hear() == b"find\n"
        caller.say(b"ins")
        caller.say(b"ert\n")
        caller.is_reset()
    assert echo.heard == [b"find\n", b"insert\n"] * 2
    assert proxy.swallowed == 2
    caller = call()
    caller.say(b"insert\n")
    assert caller.hear() == b"insert\n"


def test_a_target_that_is_gone_resets_its_callers():
    gone = Echo()
    gone.close()
    with Proxy("127.0.0.1", gone.port) as proxy:
        with pytest.raises(ConnectionResetError), Caller(proxy).socket as connection:
            connection.recv(1)
        assert proxy.connections == 0


def test_a_target_that_hangs_up_ends_the_connection_in_both_directions(proxy, call):
    callers = [call() for _ in range(10)]
    for caller in callers:
        caller.say(b"bye\n")
        caller.socket.shutdown(socket.SHUT_WR)
    for caller in callers:
        assert caller.hear() == b""
    assert proxy.connections == 0
