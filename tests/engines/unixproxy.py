"""A socket in front of another one, which can be cut or held, as if the other had died or hung."""

from __future__ import annotations

import contextlib
import socket
import threading


class UnixProxy:
    """Passes on what comes to ``path`` to ``target`` and back, until it is cut."""

    def __init__(self, path, target):
        self.path, self._target = path, target
        self._open = set()
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self.flow()
        self.mend()

    def hold(self):
        """Take what comes and pass nothing on."""
        self._flows.clear()

    def flow(self):
        """Pass on what was held, and what comes."""
        self._flows.set()

    def mend(self):
        """Take connections again."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self):
        """End all connections, and take none."""
        self.path.unlink(missing_ok=True)
        with self._lock:
            for end in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._open.clear()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                with self._lock:
                    if listener.fileno() < 0 or far.connect_ex(str(self._target)) != 0:
                        near.close()  # it was cut meanwhile, or leads nowhere
                        far.close()
                        continue
                    self._open |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._flows.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
