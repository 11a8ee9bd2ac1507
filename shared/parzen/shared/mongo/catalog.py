"""The store as the laptop sees it: submit, wish, look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from parzen.shared import codec
from parzen.shared.errors import Conflict, InvalidInput, InvalidStudy, NotFound, StoreError
from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo import orphans
from parzen.shared.mongo.connection import Document, log
from parzen.shared.mongo.files import Files
from parzen.shared.mongo.filters import text, whole
from parzen.shared.mongo.ledger import SLIM
from parzen.shared.mongo.presence import MongoPresence
from parzen.shared.mongo.sizes import refuse_large
from parzen.shared.mongo.updates import NOW, literal
from parzen.shared.mongo.watch import Watching
from parzen.shared.records import SCHEMA, Limits, Measurement, Study, Trial, Want
from parzen.shared.store import Watch

SORTS = ("number", "loss", "started_at", "finished_at")
"""What trials can be sorted by; a minus before it sorts downwards."""


@dataclass(frozen=True, slots=True)
class MongoCatalog(MongoPresence):
    """See :class:`parzen.shared.store.Catalog`."""

    files: Files
    watching: Watching

    def create(self, study: Study, bundle: bytes) -> Study:
        """Store the bundle, then the study that names it; the study as stored.

        The objective's ``file``, ``digest`` and ``bytes`` are filled in from ``bundle``. Doing it
        again, since the reply was lost, gives the study that stands.

        Raises:
            Conflict: a study of that name exists.
            InvalidStudy: there is a bundle and no objective.
            InvalidInput: it holds what MongoDB cannot hold.
        """
        if study.objective is None:
            if bundle:
                raise InvalidStudy(
                    f"study {study.name!r} has a bundle and no objective: describe the bundle in "
                    "study.objective"
                )
            return self._insert(study)
        if self._refuse_taken(study):
            return self.study(study.name)
        with self.link.call():
            refuse_large(study)
        file = self.files.put_bundle(study.name, bundle)
        stored = replace(
            study.objective, file=file, digest=sha256(bundle).hexdigest(), bytes=len(bundle)
        )
        try:
            created = self._insert(replace(study, objective=stored))
        except (Conflict, InvalidInput):
            self._drop(file)
            raise
        self._sweep()
        return created

    def study(self, name: str) -> Study:
        """The study of that name.

        Raises:
            NotFound: there is none; the message names the nearest ones.
            Incompatible: its document cannot be read.
        """
        name = text("the study's name", name)
        with self.link.call():
            found = self.link.collection("studies").find_one({"_id": name})
        if found is None:
            raise self._no_study(name)
        return codec.workable_study(found)

    def all_studies(self) -> Sequence[Study]:
        """Every study, newest first."""
        with self.link.call():
            found = self.link.collection("studies").find().sort("created_at", -1).to_list()
        return list(self.link.readable(found, codec.workable_study))

    def wish(self, name: str, want: Want, limits: Limits | None = None) -> Study:
        """Ask the study's leader for something, perhaps new limits; the study with the wish.

        Limits that were wished for and are not in force yet stay wished for.
        """
        name = text("the study's name", name)
        pending = {"$gt": ["$wish.serial", {"$ifNull": ["$wish_done", 0]}]}
        kept = {"$cond": [pending, {"$ifNull": ["$wish.limits", "$$REMOVE"]}, "$$REMOVE"]}
        wish = {
            "want": want.value,
            "serial": {"$add": [{"$ifNull": ["$wish.serial", 0]}, 1]},
            "limits": kept if limits is None else literal(codec.limits_document(limits)),
        }
        with self.link.call():
            found = self.link.collection("studies").find_one_and_update(
                {"_id": name, "schema": SCHEMA},
                # a field given as a document would be merged into the wish that stands
                [{"$set": {"wish": {"$mergeObjects": [wish]}}}],
                return_document=ReturnDocument.AFTER,
            )
        return codec.decode_study(found) if found is not None else self.study(name)

    def trials(
        self,
        study: Study,
        *,
        states: Sequence[TrialState] = (),
        sort: str = "number",
        limit: int | None = None,
        slim: bool = True,
    ) -> Iterator[Trial]:
        """The study's trials; ``slim`` leaves out attempts, result and user data.

        ``sort`` is "number", "loss", "started_at" or "finished_at"; a minus before it sorts
        downwards. Trials that lack the sorted field come last, by number; equal ones are ordered by
        number, downwards too where the sort is.
        """
        sort = text("the order of trials", sort)
        key = sort.removeprefix("-")
        if key not in SORTS:
            raise InvalidInput(
                f"trials cannot be sorted by {sort!r}: expected one of {', '.join(SORTS)}, "
                "perhaps with a minus before it"
            )
        if limit is not None:
            limit = whole("the limit", limit)
        return self._trials(study, states, (key, -1 if sort.startswith("-") else 1), limit, slim)

    def trial(self, study: Study, number: int) -> Trial:
        """One trial with everything.

        Raises:
            NotFound: there is none of that number.
            Incompatible: its document cannot be read.
        """
        number = whole("the trial's number", number)
        with self.link.call():
            found = self.link.collection("jobs").find_one(
                {"_id": codec.trial_id(study.uid, number)}
            )
        if found is None:
            raise NotFound(
                f"study {study.name!r} has no trial {number}: `parzen trials {study.name}` lists "
                "those it has"
            )
        return codec.decode_trial(found)

    def measurements(self, study: Study, number: int) -> Sequence[Measurement]:
        """What a trial reported on its way, by step; of each step what the last attempt said."""
        wanted = {"uid": study.uid, "number": whole("the trial's number", number)}
        collection = self.link.collection("measurements")
        found = self.link.batches(lambda: collection.find(wanted).sort("step", 1))
        return [m for batch in found for m in self.link.readable(batch, codec.decode_measurement)]

    def attachments(self, study: Study, number: int) -> Sequence[str]:
        """The names of a trial's attachments."""
        return self.files.attachments(study.uid, number)

    def attachment(self, study: Study, number: int, name: str) -> bytes:
        """One attachment.

        Raises:
            NotFound: there is none of that name.
        """
        return self.files.attachment(study, number, name)

    def watch_study(self, study: Study) -> Watch:
        """Wakes when the study or one of its trials has changed."""
        return self.watching.study(study)

    def _insert(self, study: Study) -> Study:
        document = codec.study_document(study)
        new = {"$mergeObjects": [literal(document), {"created_at": NOW, "active_since": NOW}]}
        stands = {"$ne": [{"$type": "$created_at"}, "missing"]}
        with self.link.call():
            try:
                stored: Document | None = self.link.collection("studies").find_one_and_update(
                    # the uid is fresh, so this matches nothing but its own lost reply
                    {"_id": study.name, "uid": study.uid},
                    [{"$replaceWith": {"$cond": [stands, "$$ROOT", new]}}],
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:
                raise _taken(study.name) from None
        return codec.decode_study(stored or {})

    def _refuse_taken(self, study: Study) -> bool:
        """Look before a large upload; whether this very study stands: a reply was lost."""
        with self.link.call():
            found = self.link.collection("studies").find_one({"_id": study.name}, {"uid": 1})
        if found is not None and found.get("uid") != study.uid:
            raise _taken(study.name)
        return found is not None

    def _drop(self, file: str) -> None:
        try:
            self.files.drop_bundle(file)
        except StoreError as error:
            log.warning("the bundle %s, which no study names, was not deleted: %s", file, error)

    def _sweep(self) -> None:
        """Submissions are rare, and may delete bundles: they tidy up after those that died."""
        try:
            swept = orphans.sweep(self.link, "objectives")
        except StoreError as error:
            log.info("what killed uploads left was not swept: %s", error)
        else:
            if swept:
                log.info("swept %d bundles that killed uploads left", swept)

    def _no_study(self, name: str) -> NotFound:
        with self.link.call():
            names = [d["_id"] for d in self.link.collection("studies").find({}, {"_id": 1})]
        near = get_close_matches(name, map(str, names), n=3)
        hint = (
            f"did you mean {', '.join(map(repr, near))}?" if near else "`parzen studies` lists them"
        )
        return NotFound(f"there is no study {name!r}: {hint}")

    def _trials(
        self,
        study: Study,
        states: Sequence[TrialState],
        order: tuple[str, int],
        limit: int | None,
        slim: bool,
    ) -> Iterator[Trial]:
        left = limit
        for wanted, sort in _listings(study, states, order):
            if left == 0:
                return
            for batch in self._batches(wanted, sort, left, slim):
                if left is not None:
                    left -= len(batch)
                yield from self.link.readable(batch, codec.decode_trial)

    def _batches(
        self, wanted: Document, sort: Sequence[tuple[str, int]], limit: int | None, slim: bool
    ) -> Iterator[list[Document]]:
        jobs, fields = self.link.collection("jobs"), SLIM if slim else None
        return self.link.batches(lambda: jobs.find(wanted, fields).sort(sort).limit(limit or 0))


def _listings(
    study: Study, states: Sequence[TrialState], order: tuple[str, int]
) -> Iterator[tuple[dict[str, Any], list[tuple[str, int]]]]:
    """The queries of a listing: those that have the sorted field, then those that lack it."""
    wanted: dict[str, Any] = {"uid": study.uid}
    if states:
        wanted["state"] = {"$in": [state.value for state in states]}
    key, direction = order
    if key == "number":
        yield wanted, [order]
        return
    # for the loss, a bound that its partial index covers
    has = {"$gte": -float("inf")} if key == "loss" else {"$ne": None}
    yield wanted | {key: has}, [order, ("number", direction)]
    yield wanted | {key: None}, [("number", 1)]


def _taken(name: str) -> Conflict:
    return Conflict(
        f"a study named {name!r} exists already: choose another name, or delete that one first"
    )
