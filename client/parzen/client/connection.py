"""A connection to a store, for looking at what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from parzen.client import html
from parzen.client.handle import StudyHandle
from parzen.shared.errors import StoreError
from parzen.shared.home import StoreAddress, chosen
from parzen.shared.records import Order, Worker

if TYPE_CHECKING:
    from datetime import datetime

    from parzen.shared.mongo import MongoStore


def address(store: str | None = None, data_dir: Path | str | None = None) -> StoreAddress:
    """The store that is meant: ``store``, else the environment's, else the embedded server's."""
    return chosen(store, None, None if data_dir is None else Path(data_dir))


def connect(store: str | None = None, *, data_dir: Path | str | None = None) -> Client:
    """Connect to a store.

    Args:
        store: a MongoDB URI; without it ``PARZEN_STORE``, or the one in the file that
            ``PARZEN_STORE_FILE`` names, else the embedded server, which is started where need be.
        data_dir: where parzen keeps its files on this machine; without it ``PARZEN_HOME``.

    Raises:
        InvalidStore: the address cannot be read.
        StoreError: the server does not answer, or refuses.
        EmbeddedError: the embedded server cannot be started.
    """
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    where = address(store, data_dir)
    return Client(open_store(where), where)


@final
class Client:
    """An open store: its studies, its workers, and its database for queries of your own."""

    def __init__(self, store: MongoStore, where: StoreAddress) -> None:
        self._store, self._where = store, where

    @property
    def db(self) -> Any:
        """The pymongo ``Database``, for questions of your own.

        ``studies``, ``jobs``, ``measurements``, ``workers`` and ``logs``, and the GridFS buckets
        ``objectives`` and ``attachments``; ``docs/queries.md`` explains every field and answers
        what people ask. A user with the role viewer is enough to read. Reads see what a majority
        of the replica set has; times are aware and UTC. Raises pymongo's errors, not parzen's.
        """
        return self._store.db

    def studies(self) -> list[StudyHandle]:
        """Every study, newest first."""
        found = self._store.catalog.all_studies()
        return [StudyHandle(self._store, self._where, study) for study in found]

    def study(self, name: str) -> StudyHandle:
        """The study of that name.

        Raises:
            NotFound: there is none.
        """
        return StudyHandle(self._store, self._where, self._store.catalog.study(name))

    def workers(self) -> Sequence[Worker]:
        """The live workers and coordinators."""
        return self._store.catalog.workers()

    def server_clock(self) -> datetime:
        """What the store's server takes for now; all dates in records are its."""
        return self._store.catalog.now()

    def drain(self, ids: Sequence[str], *, give_back: bool = False) -> Sequence[Worker]:
        """Let workers take no more trials, finish what they run, and quit; those that were there.

        Args:
            ids: of workers, as :meth:`workers` tells them.
            give_back: do not wait for running trials: they save themselves and go back.
        """
        order = Order.STOP if give_back else Order.DRAIN
        live = {worker.id: worker for worker in self.workers()}
        asked = [name for name in ids if name in live and self._store.catalog.ask(name, order)]
        return [live[name] for name in asked]

    def still_there(self, ids: Sequence[str]) -> Sequence[tuple[Worker, float]]:
        """Those of these workers that have not quit, and for how many seconds each is silent."""
        found, now = self._store.catalog.remaining(ids), self._store.catalog.now()
        return [(w, (now - w.seen_at).total_seconds() if w.seen_at else 0.0) for w in found]

    def close(self) -> None:
        """Close the connection; handles from it are closed too."""
        self._store.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._store!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows of it: its studies, newest first."""
        try:
            found = self._store.catalog.all_studies()
        except StoreError as error:
            return html.sentence(str(error))
        return html.studies(found, f"{self._store.where}/{self._store.db.name}")
