"""Waking somebody when there may be news: a change stream, or polling on a standalone server.

A thread of its own reads; whoever waits is woken once, however many changes there were. Nothing
that goes wrong on the way reaches the waiter: a stream that breaks is opened again, and since
changes may have passed meanwhile, that counts as news.
"""

from __future__ import annotations

import logging
import re
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pymongo.change_stream import ChangeStream

from parzen.shared.errors import ParzenError, StoreDenied
from parzen.shared.mongo.connection import Connection, log
from parzen.shared.reading import part
from parzen.shared.records import Study, Uid
from parzen.shared.store import Changes, Hearing

Match = Mapping[str, Any]

AWAIT_S = 0.5
"""How long the server holds one question for changes: what closing waits for, at most."""

POLL_FIRST_S, POLL_LAST_S = 0.05, 1.0
"""Between two looks at a standalone server: the wait doubles while nothing changes."""

REOPEN_FIRST_S, REOPEN_LAST_S = 0.1, 5.0
"""Before a broken stream is opened again: the wait doubles while that fails."""


class _Watch:
    """What both kinds share: a thread that sets a flag, and a waiter that takes it."""

    def __init__(self, link: Connection) -> None:
        self._seen = Seen()
        self._link = link
        self._news = threading.Event()
        self._closed = threading.Event()
        self._out = False
        self._thread = threading.Thread(target=self._run, name="parzen-watch", daemon=True)

    def wait(self, timeout_s: float) -> bool:
        """Block until there may be news, or for ``timeout_s``; whether there may be news."""
        found = self._news.wait(max(0.0, timeout_s))
        if self._closed.is_set():
            return False
        self._news.clear()
        return found

    def changes(self) -> Changes:
        """What has changed since the last call."""
        return self._seen.take()

    def close(self) -> None:
        """Let go of the stream; a wait in another thread returns at once."""
        self._closed.set()
        self._news.set()

    def join(self) -> None:
        """Wait until the thread has let go of the connection."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=AWAIT_S + 5.0)

    def _run(self) -> None:
        raise NotImplementedError

    def _failed(self, error: ParzenError) -> None:
        """Say it once, until it works again."""
        log.log(
            logging.DEBUG if self._out else logging.INFO, "no news of changes for now: %s", error
        )
        self._out = True

    def _worked(self) -> None:
        self._out = False


class StreamWatch(_Watch):
    """A change stream over the database, open before the constructor returns."""

    def __init__(
        self, link: Connection, match: Match, resumed: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(link)
        self._resumed = resumed
        told = {"_id": 1, "ns.coll": 1, "documentKey": 1}
        self._pipeline = [{"$match": dict(match)}, {"$project": told}]
        self._stream: ChangeStream[Any] | None = self._open()
        self._thread.start()

    def _open(self) -> ChangeStream[Any] | None:
        """The stream, or None where it cannot be had just now.

        Raises:
            StoreDenied: the user may not open one, now or ever.
        """
        try:
            with self._link.call():
                return self._link.db.watch(self._pipeline, max_await_time_ms=int(AWAIT_S * 1000))
        except StoreDenied:
            raise
        except ParzenError as error:
            self._failed(error)
            return None

    def _run(self) -> None:
        pause = REOPEN_FIRST_S
        while not self._closed.is_set():
            if self._stream is not None and self._look():
                pause = REOPEN_FIRST_S
                continue
            self._closed.wait(pause)
            pause = min(2 * pause, REOPEN_LAST_S)
            self._reopen()
        self._drop()

    def _look(self) -> bool:
        """Ask once for changes; whether the stream still stands."""
        stream = self._stream
        try:
            with self._link.call():
                found = stream.try_next() if stream is not None else None
        except ParzenError as error:
            self._failed(error)
            self._drop()
            return False
        self._worked()
        if found is not None:
            self._seen.note(found)
            self._news.set()
        return stream is not None and stream.alive

    def _reopen(self) -> None:
        self._drop()
        if self._closed.is_set():
            return
        try:
            self._stream = self._open()
        except StoreDenied as error:
            self._failed(error)
        if self._stream is not None:
            self._resumed()
            self._seen.lose()
            self._news.set()

    def _drop(self) -> None:
        stream, self._stream = self._stream, None
        try:
            with self._link.call():
                if stream is not None:
                    stream.close()
        except ParzenError as error:
            log.debug("the stream was gone already: %s", error)


class PollWatch(_Watch):
    """Looks at how many documents there are and how large: any change of state shows in that."""

    def __init__(self, link: Connection) -> None:
        super().__init__(link)
        self._known: tuple[object, ...] | None = None
        self._known = self._look()
        self._thread.start()

    def _look(self) -> tuple[object, ...] | None:
        try:
            with self._link.call():
                stats = self._link.db.command("dbStats")
        except ParzenError as error:
            self._failed(error)
            return self._known
        self._worked()
        return (stats["collections"], stats["objects"], stats["dataSize"])

    def _run(self) -> None:
        pause = POLL_FIRST_S
        while not self._closed.wait(pause):
            found = self._look()
            changed = found != self._known
            pause = POLL_FIRST_S if changed else min(2 * pause, POLL_LAST_S)
            if changed:
                self._known = found
                self._seen.lose()
                self._news.set()


class Seen:
    """What a stream has shown and nobody has asked for yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = Changes(everything=True)

    def note(self, change: Mapping[str, Any]) -> None:
        """One event of the stream, of a trial or a study."""
        place, key = part(change, "ns.coll", str, None), part(change, "documentKey._id", str, None)
        with self._lock:
            if place == "jobs" and key is not None:
                uid = Uid(key.rpartition(":")[0])
                self._changes = replace(self._changes, trials=self._changes.trials | {uid})
            elif place == "studies":
                self._changes = replace(self._changes, studies=True)
            else:  # a whole collection is gone
                self._changes = replace(self._changes, everything=True)

    def lose(self) -> None:
        """Something may have passed unseen."""
        with self._lock:
            self._changes = Changes(everything=True)

    def take(self) -> Changes:
        """What was seen; it is told once."""
        with self._lock:
            taken, self._changes = self._changes, Changes()
        return taken


class Resumes:
    """How many streams broke and were opened again, whichever thread saw it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self) -> None:
        """One more."""
        with self._lock:
            self.count += 1


@dataclass(frozen=True, slots=True)
class Watching:
    """Opens watches, and closes those that are still open when the store is closed."""

    link: Connection
    _open: weakref.WeakSet[_Watch] = field(default_factory=weakref.WeakSet)
    _resumes: Resumes = field(default_factory=Resumes)

    @property
    def hearing(self) -> Hearing:
        """How news come, and how often a stream was opened again."""
        return Hearing(self.link.change_streams, self._resumes.count)

    def work(self) -> _Watch:
        """Wakes when a trial may be claimable or a study has changed."""
        return self._watch({"$or": [CLAIMABLE, STUDY_MOVED]})

    def results(self) -> _Watch:
        """Wakes when a trial's state or a study has changed, or a user enqueued a trial."""
        return self._watch({"$or": [STATE_CHANGED, ENQUEUED, STUDY_MOVED]})

    def study(self, study: Study) -> _Watch:
        """Wakes when ``study`` or one of its trials has changed."""
        its_jobs = {"documentKey._id": {"$regex": f"^{re.escape(study.uid)}:"}}
        its_own = {"ns.coll": "studies", "documentKey._id": study.name, **_touched(LEASE, no=True)}
        added = {"ns.coll": "jobs", "operationType": "insert"}
        return self._watch({"$or": [{**STATE_CHANGED, **its_jobs}, {**added, **its_jobs}, its_own]})

    def close(self) -> None:
        """Close every watch, and wait for their threads."""
        watches = list(self._open)
        for watch in watches:
            watch.close()
        for watch in watches:
            watch.join()

    def _watch(self, match: Match) -> _Watch:
        watch: _Watch = (
            StreamWatch(self.link, match, self._resumes.add)
            if self.link.change_streams
            else PollWatch(self.link)
        )
        self._open.add(watch)
        return watch


LEASE = "^(lease|counts|best_number|proposing)"
"""Fields of a study that its leader writes all the time, and that nobody waits for."""


def _touched(pattern: str, *, no: bool = False) -> dict[str, Any]:
    """Clause: some changed field matches ``pattern`` (``no``: some does not).

    The names of changed fields are paths with dots, which a plain filter cannot name.
    """
    updated = {"$objectToArray": {"$ifNull": ["$updateDescription.updatedFields", {}]}}
    removed = {"$ifNull": ["$updateDescription.removedFields", []]}
    changed = {"$concatArrays": [{"$map": {"input": updated, "in": "$$this.k"}}, removed]}
    hit: dict[str, Any] = {"$regexMatch": {"input": "$$this", "regex": pattern}}
    test = {"$not": [hit]} if no else hit
    some = {"$anyElementTrue": [{"$map": {"input": changed, "in": test}}]}
    return {"$expr": {"$or": [{"$ne": ["$operationType", "update"]}, some]}}


STATE_CHANGED: Match = {
    "ns.coll": "jobs",
    "$or": [
        {"updateDescription.updatedFields.state": {"$exists": True}},
        {"operationType": {"$in": ["replace", "delete", "drop"]}},
    ],
}
ENQUEUED: Match = {
    "ns.coll": "jobs",
    "operationType": "insert",
    "fullDocument.enqueued_by": {"$exists": True},
}
CLAIMABLE: Match = {
    "ns.coll": "jobs",
    "$or": [
        {"operationType": {"$in": ["insert", "replace"]}},
        {"updateDescription.updatedFields.order": {"$exists": True}},
    ],
}
STUDY_MOVED: Match = {"ns.coll": "studies", **_touched(LEASE, no=True)}

__all__: Sequence[str] = ("PollWatch", "StreamWatch", "Watching")
