"""Opening the store that a command means, to read what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parzen.client.connection import Client, connect
from parzen.client.invocation import here
from parzen.shared.errors import NotFound
from parzen.shared.home import StoreAddress

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore


def reading(where: StoreAddress) -> Client:
    """Open the store to read it; an embedded one must exist already.

    Raises:
        NotFound: no embedded store was ever made here.
        StoreError: the server does not answer, or refuses.
    """
    _require(where)
    return connect(where.store, data_dir=where.data_dir)


def opened(where: StoreAddress) -> MongoStore:
    """The whole store, for who tidies up in it; raises what :func:`reading` does."""
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    _require(where)
    return open_store(where)


def _require(where: StoreAddress) -> None:
    # The embedded server's folder is looked at, not the server: it may be down just now.
    if where.store is None and not (where.home / "mongo").is_dir():
        raise NotFound(
            f"there is no store in {where.home}: name yours with --store or PARZEN_STORE, or make "
            f"one with `{here(where).line('up')}` or `{here(where).line('demo')}`"
        )
