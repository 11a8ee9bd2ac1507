"""Whether this node can run trials at all: one that cannot must not take them from others."""

from __future__ import annotations

import logging

from parzen.shared.errors import InvalidInput
from parzen.worker.outage import Backoff
from parzen.worker.workdirs import Workdirs

log = logging.getLogger("parzen.worker")

LONGEST_S = 60.0
"""How long to wait, at most, before looking again whether the trouble is over."""


class Node:
    """Looks before each claim, and is told where a trial could not be started. One thread's."""

    def __init__(self, workdirs: Workdirs) -> None:
        self._workdirs = workdirs
        self._backoff = Backoff(LONGEST_S)
        self._trouble: str | None = None

    def require(self) -> None:
        """See that it can run trials.

        Raises:
            InvalidInput: it cannot.
        """
        try:
            self._workdirs.probe()
        except OSError as error:
            raise InvalidInput(
                f"trials cannot live in {str(self._workdirs.root)!r} ({error}): name another "
                "directory with --workdir, or make room and see who may write there"
            ) from error

    @property
    def left_s(self) -> float:
        """Seconds until it is worth looking; 0 for now."""
        return self._backoff.left_s

    def ready(self) -> bool:
        """Whether a trial may be claimed."""
        if self._backoff.left_s > 0:
            return False
        try:
            self._workdirs.room() if self._trouble is None else self._workdirs.probe()
        except OSError as error:
            self.failed(str(error))
            return False
        return True

    def failed(self, trouble: str) -> None:
        """A trial could not be started, and it was not the trial's fault."""
        self._backoff.failed()
        if self._trouble is None:
            log.error("this machine cannot run trials, and claims none until it can: %s", trouble)
        self._trouble = trouble

    def worked(self) -> None:
        """A trial ran."""
        self._backoff.worked()
        if self._trouble is not None:
            log.warning("this machine can run trials again")
        self._trouble = None
