"""A GPU is handed out by one worker of a machine: whoever comes second leaves it alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from parzen.shared.errors import InvalidInput
from parzen.worker.gpus.driver import Found


class Holding:
    """Holds GPUs by locks on files in ``folder``, which go with this process, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[int] = []

    def take(self, found: Sequence[Found], most: int | None) -> tuple[list[Found], list[Found]]:
        """Up to ``most`` of ``found`` that nobody else holds, and those met that somebody does."""
        taken: list[Found] = []
        others: list[Found] = []
        for one in found:
            if most is not None and len(taken) >= most:
                break
            (taken if self._lock(one.uuid) else others).append(one)
        return taken, others

    def _lock(self, uuid: str) -> bool:
        name = self._folder / f"{uuid.replace('/', '_')}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InvalidInput(
                f"GPU {uuid} cannot be kept from other workers of this machine, by {str(name)!r} "
                f"({error.strerror}): see what is there, or name another --data-dir"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._held.append(descriptor)
        return True

    def close(self) -> None:
        """Let go of all."""
        while self._held:
            os.close(self._held.pop())
