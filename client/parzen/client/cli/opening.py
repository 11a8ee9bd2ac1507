"""Opening the store that a command means, to read what stands in it."""

from __future__ import annotations

from parzen.client.connection import Client, connect
from parzen.client.invocation import here
from parzen.shared.errors import NotFound
from parzen.shared.home import StoreAddress


def reading(where: StoreAddress) -> Client:
    """Open the store to read it; an embedded one must exist already.

    Raises:
        NotFound: no embedded store was ever made here.
        StoreError: the server does not answer, or refuses.
    """
    # The embedded server's folder is looked at, not the server: it may be down just now.
    if where.store is None and not (where.home / "mongo").is_dir():
        raise NotFound(
            f"there is no store in {where.home}: name yours with --store or PARZEN_STORE, or make "
            f"one with `{here(where).line('up')}` or `{here(where).line('demo')}`"
        )
    return connect(where.store, data_dir=where.data_dir)
