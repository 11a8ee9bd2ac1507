"""A glance at a store for a shell's completion: a few names and numbers, or nothing, in a moment.

Nothing is started, set up or checked, and documents are read with care but without complaint:
whoever presses a key to complete a word has asked for words, not for the state of the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pymongo

from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.mongo.connection import Connection, open_connection
from parzen.shared.mongo.filters import text

MOST_STUDIES = 100
"""With more, bash asks whether they are to be shown at all."""

MOST_TRIALS = 40

LAST = "\U0010ffff"
"""No character comes after it, so that what begins with P lies from P to P followed by it."""

LONGEST = 9
"""How many digits the number of a trial may have that is looked for by the first of them."""

DIGITS = re.compile(rf"0?|[1-9][0-9]{{0,{LONGEST - 1}}}")
"""What a trial's number may begin with."""


@dataclass(frozen=True, slots=True)
class StudyHint:
    """A study's name, its status, how many of its trials are done, and of how many, if limited."""

    name: str
    status: StudyStatus
    done: int
    of: int | None


@dataclass(frozen=True, slots=True)
class TrialHint:
    """A trial's number and state, and its value where it has one."""

    number: int
    state: TrialState
    value: float | None


@dataclass(frozen=True, slots=True)
class Glance:
    """The store, to be asked what begins with the characters that stand there."""

    link: Connection

    def studies(self, start: str) -> list[StudyHint]:
        """The newest studies whose names begin with ``start``."""
        start = text("the beginning of the study's name", start)
        # a range, which an index serves and in which no character means anything but itself
        wanted = {"_id": {"$gte": start, "$lt": start + LAST}}
        fields = {"status": 1, "counts": 1, "limits.max_trials": 1}
        found = self._find("studies", wanted, fields, "created_at", MOST_STUDIES)
        return [hint for document in found if (hint := _study(document))]

    def trials(self, study: str, start: str) -> list[TrialHint]:
        """The newest trials of that study whose numbers begin with the digits ``start``."""
        name = {"_id": text("the study's name", study)}
        named = self.link.collection("studies").find_one(name, {"uid": 1})
        if named is None or not DIGITS.fullmatch(start):
            return []
        wanted: dict[str, Any] = {"uid": named.get("uid")}
        if start:
            wanted["$or"] = [{"number": bounds} for bounds in _numbers(start)]
        fields = {"number": 1, "state": 1, "value": 1}
        found = self._find("jobs", wanted, fields, "number", MOST_TRIALS)
        return [hint for document in found if (hint := _trial(document))]

    def _find(
        self,
        collection: str,
        wanted: Mapping[str, Any],
        fields: Mapping[str, int],
        by: str,
        most: int,
    ) -> list[dict[str, Any]]:
        cursor = self.link.collection(collection).find(wanted, fields)
        return cursor.sort(by, pymongo.DESCENDING).limit(most).to_list()


@contextmanager
def glance(where: StoreAddress, limit_s: float) -> Iterator[Glance | None]:
    """The store that ``where`` names, for ``limit_s`` seconds in all; None where none is running.

    Raises:
        ParzenError: it cannot be reached in time, refuses, or its address cannot be read.
    """
    uri = where.store or _embedded(where)
    if uri is None:
        yield None
        return
    with pymongo.timeout(limit_s):
        link = open_connection(uri, timeout_s=limit_s)
        with link.client, link.call():
            yield Glance(link)


def _embedded(where: StoreAddress) -> str | None:
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - only where it is meant

    return Embedded(where.home).address()


def _numbers(start: str) -> list[dict[str, int]]:
    """The ranges of the numbers whose first digits are ``start``."""
    first, more = int(start), LONGEST - len(start)
    tens = [10**n for n in range(more + 1 if first else 1)]  # no other number than 0 begins with 0
    return [{"$gte": first * ten, "$lt": (first + 1) * ten} for ten in tens]


def _study(document: Mapping[str, Any]) -> StudyHint | None:
    counts, limits = document.get("counts") or {}, document.get("limits") or {}
    try:
        done = sum(int(n) for state, n in counts.items() if TrialState(state).finished)
        most = limits.get("max_trials")
        status = StudyStatus(document.get("status"))
        return StudyHint(str(document["_id"]), status, done, None if most is None else int(most))
    except (AttributeError, TypeError, ValueError):
        return None  # somebody broke it by hand: other commands say so, this one names the others


def _trial(document: Mapping[str, Any]) -> TrialHint | None:
    value = document.get("value")
    try:
        state = TrialState(document.get("state"))
        return TrialHint(int(document["number"]), state, None if value is None else float(value))
    except (KeyError, TypeError, ValueError):
        return None  # as above
