"""A TCP proxy that misbehaves on demand: it stands between parzen and a real mongod.

One thread moves the bytes of all connections and alone touches them; whoever wants a fault posts
it there and gets it done before the call returns.

Directions: "up" is towards the target (requests), "down" is away from it (replies).
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections import deque
from concurrent.futures import Future
from queue import Empty, SimpleQueue

CHUNK = 1 << 16
BACKLOG = 1 << 20
"""How many bytes of one direction wait here before no more are read."""

RESET = struct.pack("ii", 1, 0)
DIRECTIONS = {"up": ("up",), "down": ("down",), "both": ("up", "down")}


class Proxy:
    """Listens on 127.0.0.1:``port`` and forwards to the target; healthy until told otherwise."""

    def __init__(self, target_host, target_port):
        self._target = (target_host, target_port)
        self._place = _bound(0)  # never listens: it keeps the port ours while new ones are refused
        self.port = self._place.getsockname()[1]
        self.swallowed = 0
        """How many replies were swallowed so far."""
        self._stalled = set()
        self._delay_s = dict.fromkeys(("up", "down"), 0.0)
        self._traps = []
        self._links = set()
        self._closed = False
        self._orders = SimpleQueue()
        self._selector = selectors.DefaultSelector()
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, lambda _: self._obey())
        self._listener = None
        self._listen()
        self._thread = threading.Thread(target=self._run, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def address(self):
        """What clients connect to: "127.0.0.1:port"."""
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self):
        """How many connections go through it now."""
        return self._do(lambda: len(self._links))

    def cut(self):
        """Reset every connection that there is; new ones are welcome."""
        self._do(lambda: [link.reset() for link in list(self._links)])

    def refuse(self):
        """Take no new connections until healed; those that there are live on."""
        self._do(self._deaf)

    def stall(self, direction="both"):
        """Hold every byte back, and every end of a connection, until healed."""
        self._do(lambda: self._stalled.update(DIRECTIONS[direction]))

    def slow(self, seconds, direction="both"):
        """Deliver what comes ``seconds`` later, until healed."""
        self._do(lambda: self._delay_s.update(dict.fromkeys(DIRECTIONS[direction], seconds)))

    def swallow_reply(self, matching, times=1):
        """Forward the next ``times`` requests that contain ``matching``, but not their replies.

        The target answers; the answer is dropped and the connection reset.
        """
        self._do(lambda: self._traps.append([matching, times]))

    def heal(self, *faults):
        """Be an honest proxy again; what was held back is delivered.

        ``faults`` names those to be cured, without which all are: "stall", "slow", "refuse",
        "swallow".
        """
        self._do(lambda: self._recover(faults or ("stall", "slow", "refuse", "swallow")))

    def close(self):
        """Reset all connections and stop."""
        if not self._closed:
            self._do(self._end)
            self._thread.join()

    def _do(self, order):
        """Have ``order`` done by the thread; its result."""
        done = Future()
        self._orders.put((order, done))
        self._rope.send(b"!")
        return done.result(10)

    def _obey(self):
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(CHUNK)
        with contextlib.suppress(Empty):
            while True:
                order, done = self._orders.get_nowait()
                done.set_result(order())
        for link in list(self._links):
            link.look()

    def _run(self):
        while not self._closed:
            due = [lane.due for link in self._links for lane in link.lanes if lane.due]
            timeout = max(0.0, min(due) - time.monotonic()) if due else None
            for key, mask in self._selector.select(timeout):
                if key.fileobj.fileno() >= 0:  # else an event before it closed this one
                    key.data(mask)
            if due:
                for link in list(self._links):
                    link.look()
        self._selector.close()
        self._bell.close()
        self._rope.close()
        self._place.close()

    def _listen(self):
        self._listener = _bound(self.port)
        self._listener.listen(128)
        self._selector.register(self._listener, selectors.EVENT_READ, lambda _: self._welcome())

    def _deaf(self):
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _recover(self, faults):
        if "stall" in faults:
            self._stalled.clear()
        if "slow" in faults:
            self._delay_s.update(up=0.0, down=0.0)
            for link in self._links:
                link.hurry()
        if "swallow" in faults:
            self._traps.clear()
        if "refuse" in faults and self._listener is None:
            self._listen()

    def _end(self):
        self._deaf()
        for link in list(self._links):
            link.reset()
        self._closed = True

    def _welcome(self):
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            client, _ = self._listener.accept()
            server = socket.socket()
            for end in (client, server):
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.connect_ex(self._target)  # how it went is seen when it is written or read
            link = _Link(self, client, server)
            self._links.add(link)
            link.look()

    def stalled(self, direction):
        """Whether nothing may move in ``direction``."""
        return direction in self._stalled

    def delay_s(self, direction):
        """How late what comes in ``direction`` is delivered."""
        return self._delay_s[direction]

    def trapped(self, text):
        """Whether a request ``text`` is one whose reply is to be swallowed; it then counts."""
        for trap in self._traps:
            if trap[1] > 0 and trap[0] in text:
                trap[1] -= 1
                return True
        return False

    def longest_trap(self):
        """How many bytes of a request must be kept to find what lies across two chunks."""
        return max((len(matching) - 1 for matching, _ in self._traps), default=0)

    def watch(self, end, mask, call):
        """Let ``call`` know of what happens at ``end``, of what ``mask`` names."""
        known = end in self._selector.get_map()
        if known and not mask:
            self._selector.unregister(end)
        elif known:
            self._selector.modify(end, mask, call)
        elif mask:
            self._selector.register(end, mask, call)

    def forget(self, link):
        """``link`` is no more."""
        self._links.discard(link)


class _Lane:
    """One direction of one connection: what was read and not yet delivered."""

    def __init__(self, source, sink, direction):
        self.source, self.sink, self.direction = source, sink, direction
        self.waiting = deque()  # of (when to deliver, bytes); no bytes mean the end
        self.size = 0
        self.ended = False
        self.due = None  # when to look again, where that is not now

    def put(self, data, moment):
        self.waiting.append((moment, memoryview(data)))
        self.size += len(data)
        self.ended = not data


class _Link:
    """One connection with both its ends."""

    def __init__(self, proxy, client, server):
        self._proxy = proxy
        self._ends = (client, server)
        self.lanes = (_Lane(client, server, "up"), _Lane(server, client, "down"))
        self._masks = {client: 0, server: 0}
        self._doomed = False
        self._closed = False
        self._tail = b""

    def look(self):
        """Wait for what can go on in either direction."""
        if self._closed:
            return
        masks = dict.fromkeys(self._ends, 0)
        for lane in self.lanes:
            lane.due = None
            if self._proxy.stalled(lane.direction):
                continue
            if not lane.ended and lane.size < BACKLOG:
                masks[lane.source] |= selectors.EVENT_READ
            if lane.waiting and lane.waiting[0][0] <= time.monotonic():
                masks[lane.sink] |= selectors.EVENT_WRITE
            elif lane.waiting:
                lane.due = lane.waiting[0][0]
        for end, mask in masks.items():
            if mask != self._masks[end]:
                self._masks[end] = mask
                self._proxy.watch(end, mask, lambda ready, end=end: self._ready(end, ready))

    def hurry(self):
        """Deliver at once what was to be late."""
        for lane in self.lanes:
            lane.waiting = deque((0.0, data) for _, data in lane.waiting)

    def reset(self):
        """End it as a failing network does, with a reset at both ends."""
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._close()

    def _close(self):
        if self._closed:
            return
        self._closed = True
        for end in self._ends:
            self._proxy.watch(end, 0, None)
            end.close()
        self._proxy.forget(self)

    def _ready(self, end, mask):
        try:
            for lane in self.lanes:
                if lane.source is end and mask & selectors.EVENT_READ:
                    self._read(lane)
                if lane.sink is end and mask & selectors.EVENT_WRITE:
                    self._write(lane)
        except BlockingIOError:
            pass
        except OSError:
            self.reset()
        self.look()

    def _read(self, lane):
        data = lane.source.recv(CHUNK)
        if lane.direction == "up":
            text = self._tail + data
            if self._proxy.trapped(text):
                self._doomed, text = True, b""
            keep = self._proxy.longest_trap()
            self._tail = text[-keep:] if keep else b""
        elif self._doomed:
            self._proxy.swallowed += 1
            raise ConnectionResetError
        lane.put(data, time.monotonic() + self._proxy.delay_s(lane.direction))

    def _write(self, lane):
        while lane.waiting and lane.waiting[0][0] <= time.monotonic():
            moment, data = lane.waiting.popleft()
            if not data:
                self._close()
                return
            sent = lane.sink.send(data)
            lane.size -= sent
            if sent < len(data):
                lane.waiting.appendleft((moment, data[sent:]))
                return


def _bound(port):
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.setblocking(False)
    place.bind(("127.0.0.1", port))
    return place
