"""Opening a store that may not be there yet: processes of one cluster start in any order."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from parzen.shared.errors import StoreUnprepared, StoreUnreachable
from parzen.shared.mongo.connection import log

Opened = TypeVar("Opened")

FIRST_S, LAST_S = 0.25, 5.0
"""Between two tries, in seconds: the wait doubles."""


def awaited(open_it: Callable[[], Opened], wait_s: float) -> Opened:
    """What ``open_it`` gives, tried again for ``wait_s`` seconds while there is no store.

    Waited for are a server that does not answer and a database that nobody has set up. Whatever
    trying again does not mend, such as a wrong password, is raised at once.

    Raises:
        StoreUnreachable: nobody answered in all that time.
        StoreUnprepared: nobody set the database up in all that time.
    """
    began, pause_s, said = monotonic(), FIRST_S, False
    while True:
        try:
            opened = open_it()
        except (StoreUnreachable, StoreUnprepared) as error:
            if monotonic() + pause_s > began + wait_s:
                raise
            if not said:
                log.warning("waiting up to %g s for the store: %s", wait_s, error)
            said = True
        else:
            if said:
                log.warning("the store is there, after %.0f s", monotonic() - began)
            return opened
        sleep(pause_s)
        pause_s = min(2 * pause_s, LAST_S)
