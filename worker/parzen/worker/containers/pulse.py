"""Whether an engine answers: calls to one that does not are given up rather than waited for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from parzen.worker.containers.engine import EngineTrouble
from parzen.worker.outage import Backoff

log = logging.getLogger("parzen.worker")

LONGEST_S = 60.0
"""How long no trial is claimed, at most, for an engine that answers and could not run one."""

TICK_S = 0.2
"""How often whoever waits for a call looks whether it is worth waiting."""

Answer = TypeVar("Answer")


class Pulse:
    """What is known of one engine by whoever looks after it. Safe for several threads."""

    def __init__(self) -> None:
        self._away = threading.Event()
        self._backoff = Backoff(LONGEST_S)
        self.able = False
        """Whether trials can run in containers now."""

    def found(self, *, answers: bool) -> bool:
        """The engine was looked at; whether trials can run there that could not before."""
        if not answers:
            self._away.set()
            if self.able:
                self.able = False
                log.warning("the Docker engine does not answer: no trial is claimed for it")
            return False
        self._away.clear()
        if self.able or self._backoff.left_s > 0:
            return False
        self.able = True
        return True

    def failed(self, trouble: EngineTrouble) -> None:
        """A trial could not be run there, and it was not the trial's fault."""
        if self.able:
            self.able = False
            self._backoff.failed()
            log.warning(
                "no trial is claimed for the Docker engine until it can run one: %s", trouble
            )

    def worked(self) -> None:
        """A trial has begun there."""
        self._backoff.worked()

    @property
    def away(self) -> bool:
        """Whether it did not answer when it was looked at."""
        return self._away.is_set()

    def require(self) -> None:
        """See that it is not known to be away.

        Raises:
            EngineTrouble: it is.
        """
        if self.away:
            raise EngineTrouble("the Docker engine does not answer")

    def ask(self, call: Callable[[], Answer]) -> Answer:
        """What ``call`` gives; one that the engine does not answer ends in a thread of its own.

        Raises:
            EngineTrouble: the engine is away, or goes meanwhile.
        """
        self.require()
        answer: Future[Answer] = Future()
        threading.Thread(target=_fulfil, args=(answer, call), daemon=True).start()
        while not wait([answer], TICK_S).done:
            self.require()
        return answer.result()


def _fulfil(answer: Future[Answer], call: Callable[[], Answer]) -> None:
    try:
        answer.set_result(call())
    except Exception as error:  # noqa: BLE001 - whoever asks raises it
        answer.set_exception(error)
