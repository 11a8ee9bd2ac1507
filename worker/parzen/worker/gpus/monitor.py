"""How the GPUs of an agent fare: looked at once a second, and when a trial is to be placed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parzen.shared.records import Device, DeviceUse
from parzen.worker.gpus.driver import DriverError, Reading
from parzen.worker.gpus.inventory import Card

log = logging.getLogger("parzen.worker")

EVERY_S = 1.0
"""How often they are looked at; NVML's utilisation is a mean over about as long."""

FRESH_S = 0.1
"""A reading that is younger is as good as a new one."""

Trouble = Callable[[str, str], None]
"""Told of a GPU's id and what is the matter with it, once."""


@dataclass(slots=True)
class _Use:
    """What one attempt makes of its GPUs."""

    token: str
    uuids: Sequence[str]
    peaks: dict[str, float] = field(default_factory=dict)
    busy: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Of each GPU how often it was looked at, and its mean utilisation then."""

    def note(self, uuid: str, reading: Reading, mine_gb: float | None) -> None:
        used = reading.used_gb if mine_gb is None else mine_gb
        if used is not None:
            self.peaks[uuid] = max(used, self.peaks.get(uuid, 0.0))
        if reading.utilisation is not None:
            looks, mean = self.busy.get(uuid, (0, 0.0))
            mean += (reading.utilisation - mean) / (looks + 1)
            self.busy[uuid] = (looks + 1, mean)


class Monitor:
    """Looks at ``cards``. Safe to use from several threads; without cards it does nothing.

    ``owner`` says to whose attempt a process belongs, by its token.
    """

    def __init__(
        self,
        cards: Sequence[Card] = (),
        told: Trouble = lambda _uuid, _why: None,
        owner: Callable[[int], str | None] = lambda _pid: None,
    ) -> None:
        self._cards = {card.uuid: card for card in cards}
        self._told = told
        self._owner = owner
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, Reading]] = {}
        self._trouble: dict[str, str] = {}
        self._silent: dict[str, str] = {}
        self._uses: dict[str, _Use] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parzen-gpus", daemon=True)

    def start(self) -> None:
        """Begin to look, from a thread; at once first, so that a broken GPU serves nobody."""
        if self._cards:
            self.look()
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Look at each of them now."""
        for uuid in self._cards:
            self.reading(uuid, fresh_s=0.0)

    def reading(self, uuid: str, fresh_s: float = FRESH_S) -> Reading:
        """How it fares, as of at most ``fresh_s`` seconds ago; nothing known is no trouble."""
        with self._lock:
            at, known = self._read.get(uuid, (0.0, Reading()))
            if uuid in self._trouble:
                return replace(known, trouble=self._trouble[uuid])
            if time.monotonic() - at < fresh_s:
                return known
        try:
            found = self._cards[uuid].driver.read(uuid)
        except DriverError as error:
            self._say_silent(uuid, error)
            return Reading()
        if uuid in self._silent:
            del self._silent[uuid]
            log.info("GPU %s can be looked at again", uuid)
        self._take(uuid, found)
        return found

    def _take(self, uuid: str, found: Reading) -> None:
        owners = {pid: self._owner(pid) for pid in found.processes}
        with self._lock:
            self._read[uuid] = (time.monotonic(), found)
            anew = found.trouble is not None and uuid not in self._trouble
            if found.trouble is not None:
                self._trouble[uuid] = found.trouble
            for use in self._uses.values():
                if uuid in use.uuids:
                    use.note(uuid, found, _of(use.token, owners, found.processes))
        if anew and found.trouble is not None:
            self._told(uuid, found.trouble)

    def _say_silent(self, uuid: str, error: DriverError) -> None:
        if uuid not in self._silent:
            self._silent[uuid] = str(error)
            log.warning("GPU %s cannot be looked at: %s", uuid, error)
            with self._lock:
                self._read[uuid] = (0.0, Reading())  # what was known may not hold any more

    def broken(self, uuid: str) -> bool:
        """Whether it is known to be out of service."""
        return uuid in self._trouble

    def trouble(self, uuids: Sequence[str]) -> str | None:
        """What is the matter with one of them, looked at now; None for nothing."""
        found = (self.reading(uuid, fresh_s=0.0).trouble for uuid in uuids)
        return next(filter(None, found), None)

    def begin(self, token: str, uuids: Sequence[str]) -> None:
        """The attempt of ``token`` begins to use them."""
        if uuids:
            with self._lock:
                self._uses[token] = _Use(token, uuids)

    def end(self, token: str) -> tuple[DeviceUse, ...]:
        """What the attempt has made of them; its processes should still be there."""
        with self._lock:
            use = self._uses.get(token)
        if use is None:
            return ()
        for uuid in use.uuids:
            self.reading(uuid, fresh_s=0.0)
        with self._lock:
            del self._uses[token]
        return tuple(self._made(use, uuid) for uuid in use.uuids)

    def _made(self, use: _Use, uuid: str) -> DeviceUse:
        return DeviceUse(
            uuid=uuid,
            name=self._cards[uuid].found.name,
            peak_gb=use.peaks.get(uuid),
            utilisation=use.busy[uuid][1] if uuid in use.busy else None,
        )

    def devices(self) -> tuple[Device, ...]:
        """As they are announced: each as it stood when last looked at."""
        with self._lock:
            read, trouble = dict(self._read), dict(self._trouble)
            silent = dict(self._silent)
        return tuple(
            _announced(
                card, read.get(uuid, (0.0, Reading()))[1], trouble.get(uuid), silent.get(uuid)
            )
            for uuid, card in self._cards.items()
        )


def _of(
    token: str, owners: Mapping[int, str | None], processes: Mapping[int, float]
) -> float | None:
    """What the attempt's own processes hold; None where the driver does not tell whose it is."""
    mine = [gb for pid, gb in processes.items() if owners[pid] == token]
    return sum(mine) if mine else None


def _announced(card: Card, reading: Reading, trouble: str | None, silence: str | None) -> Device:
    return replace(
        card.device,
        used_gb=reading.used_gb,
        utilisation=reading.utilisation,
        trouble=trouble,
        silence=silence,
    )
