"""What an owner changes of a study that stands: its course, its trials, its settings, its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError

from parzen.shared import codec
from parzen.shared.errors import InvalidInput, NotFound, Outdated, StoreError
from parzen.shared.lifecycle import FailureKind, TrialEvent, TrialState, sources
from parzen.shared.mongo import removal, updates
from parzen.shared.mongo.connection import log
from parzen.shared.mongo.faults import duplicates
from parzen.shared.mongo.files import Files
from parzen.shared.mongo.filters import text, whole
from parzen.shared.mongo.presence import MongoPresence
from parzen.shared.mongo.queue import LIVE
from parzen.shared.mongo.updates import literal
from parzen.shared.places import FRONT, hindrance
from parzen.shared.records import SCHEMA, Limits, ObjectiveRef, Study, Trial, Want
from parzen.shared.steering import AMENDABLE, Draft

AT_ONCE = 1000
"""How many trials one call adds or looks for: each call has a time limit."""


@dataclass(frozen=True, slots=True)
class MongoSteering(MongoPresence):
    """See :class:`parzen.shared.store.Steering`."""

    files: Files

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

    def wish(
        self,
        name: str,
        want: Want | None = None,
        limits: Limits | None = None,
        *,
        after: int | None = None,
    ) -> Study:
        """Ask the study's leader for something, perhaps new limits; the study with the wish.

        Limits that were wished for and are not in force yet stay wished for; without ``want`` what
        was asked for last is asked for again.
        """
        name = text("the study's name", name)
        again = {"$ifNull": ["$wish.want", Want.RUN.value]}
        wish = {
            "want": again if want is None else want.value,
            "serial": _NEXT,
            "limits": _kept("limits") if limits is None else literal(codec.limits_document(limits)),
            "retry": _kept("retry"),
        }
        wanted = {"_id": name, "schema": SCHEMA}
        if after is not None:
            wanted["wish.serial"] = whole("the last wish's serial", after)
        with self.link.call():
            found = self.link.collection("studies").find_one_and_update(
                wanted,
                # a field given as a document would be merged into the wish that stands
                [{"$set": {"wish": {"$mergeObjects": [wish]}}}],
                return_document=ReturnDocument.AFTER,
            )
        if found is None:
            stands = self.study(name)
            if after is None:
                return stands
            raise _outdated(name)
        return codec.decode_study(found)

    def created(self, study: Study) -> int:
        """The highest number of a trial of the study, plus one."""
        with self.link.call():
            return self._created(study)

    def _created(self, study: Study) -> int:
        last = self.link.collection("jobs").find_one(
            {"uid": study.uid}, {"number": 1}, sort=[("number", -1)]
        )
        return int(last["number"]) + 1 if last else 0

    def append(
        self, study: Study, drafts: Sequence[Draft], *, below: int | None = None
    ) -> Sequence[int]:
        """Add trials under the next free numbers; these, in the drafts' order."""
        numbers: list[int] = []
        now = self.now()
        for start in range(0, len(drafts), AT_ONCE):
            numbers += self._append(study, drafts[start : start + AT_ONCE], now, below)
        return numbers

    def _append(
        self, study: Study, drafts: Sequence[Draft], now: datetime, below: int | None
    ) -> list[int]:
        """Insert; what a leader or another owner numbered alike meanwhile gets the next numbers."""
        jobs = self.link.collection("jobs")
        given: dict[int, int] = {}
        while len(given) < len(drafts):
            left = [i for i in range(len(drafts)) if i not in given]
            with self.link.call():
                first = self._created(study)
                room = len(left) if below is None else max(0, below - first)
                numbered = {i: first + place for place, i in enumerate(left[:room])}
                if not numbered:
                    break
                trials = [_drafted(study, drafts[i], n, now) for i, n in numbered.items()]
                existed: set[int] = set()
                try:
                    jobs.insert_many([codec.trial_document(t) for t in trials], ordered=False)
                except BulkWriteError as error:
                    existed = duplicates(error)
            given |= {i: n for place, (i, n) in enumerate(numbered.items()) if place not in existed}
        return [given[i] for i in sorted(given)]

    def retry(
        self,
        study: Study,
        numbers: Sequence[int] | None = None,
        *,
        kind: FailureKind | None = None,
        below: int | None = None,
    ) -> Sequence[int]:
        """Ask for another go at trials that are over; their numbers."""
        over = [s for s in sources(TrialEvent.RETRY) if numbers is not None or s == _FAILED]
        wanted: dict[str, Any] = {"uid": study.uid, "state": updates.sources_clause(over)}
        if numbers is not None:
            wanted["number"] = {"$in": [whole("a trial's number", n) for n in numbers]}
        elif below is not None:
            wanted["number"] = {"$lt": below}
        if kind is not None:
            last = {"$arrayElemAt": ["$attempts.error.kind", -1]}
            wanted["$expr"] = {"$eq": [last, literal(kind.value)]}
        jobs = self.link.collection("jobs")
        with self.link.call():
            found = [d["number"] for d in jobs.find(wanted, {"number": 1}).sort("number", 1)]
        if found:
            self._ask_again(study, found)
        return found

    def _ask_again(self, study: Study, numbers: Sequence[int]) -> None:
        """Wish for it: with what was wished for before and waits to be carried out."""
        paused = {"$and": [{"$eq": ["$wish.want", Want.PAUSE.value]}, {"$in": ["$status", LIVE]}]}
        wish = {
            "want": {"$cond": [paused, Want.PAUSE.value, Want.RUN.value]},
            "serial": _NEXT,
            "limits": _kept("limits"),
            "retry": {"$setUnion": [_kept("retry", otherwise=[]), literal(list(numbers))]},
        }
        self._set(study, [{"$set": {"wish": {"$mergeObjects": [wish]}}}])

    def amend(self, study: Study, changes: Mapping[str, Any]) -> Study:
        """Set fields of the study's document that no wish is needed for; None takes one away."""
        for name in changes:
            if name not in AMENDABLE:
                raise InvalidInput(
                    f"{name!r} cannot be set: expected one of {', '.join(sorted(AMENDABLE))}"
                )
        before, amended = (codec.study_document(s) for s in (study, replace(study, **changes)))
        put = {n: literal(amended[n]) if n in amended else "$$REMOVE" for n in changes}
        seen = {n: before.get(n) for n in changes}
        return self._set(study, [{"$set": put}], **seen)

    def annotate(self, study: Study, number: int, note: str | None) -> None:
        """Write a note on a trial, or take it away."""
        trial = {"_id": codec.trial_id(study.uid, whole("the trial's number", number))}
        put = "$$REMOVE" if note is None else literal(text("the note", note))
        with self.link.call():
            done = self.link.collection("jobs").update_one(trial, [{"$set": {"note": put}}])
        if not done.matched_count:
            raise no_trial(study, number)

    def replace_objective(self, study: Study, objective: ObjectiveRef, bundle: bytes) -> Study:
        """Run another objective from the next attempt on; the study as stored.

        The bundle that it replaces is left to be swept: a worker may be fetching it.
        """
        file = self.files.put_bundle(study.name, bundle)
        stored = replace(objective, file=file, digest=sha256(bundle).hexdigest(), bytes=len(bundle))
        named = codec.study_document(replace(study, objective=stored))["objective"]
        try:
            return self._set(study, [{"$set": {"objective": {"$mergeObjects": [literal(named)]}}}])
        except (NotFound, InvalidInput):
            self.drop(file)
            raise

    def held(self, study: Study) -> Mapping[str, int]:
        """How many of the study's trials each worker runs now, by its id."""
        running = {"uid": study.uid, "state": TrialState.RUNNING.value}
        by_worker = {"$group": {"_id": "$claim.worker", "n": {"$sum": 1}}}
        with self.link.call():
            found = self.link.collection("jobs").aggregate([{"$match": running}, by_worker])
            return {str(d["_id"]): int(d["n"]) for d in found}

    def delete(self, study: Study) -> Mapping[str, int]:
        """Delete the study and all that belongs to it; how many documents, by collection."""
        return removal.remove_study(self.link, study)

    def drop(self, file: str) -> None:
        """Delete a bundle that was put in for nothing."""
        try:
            self.files.drop_bundle(file)
        except StoreError as error:
            log.warning("the bundle %s, which no study names, was not deleted: %s", file, error)

    def _set(self, study: Study, pipeline: updates.Pipeline, **seen: Any) -> Study:
        """Update the study where it still has the fields as they were ``seen``."""
        studies = self.link.collection("studies")
        with self.link.call():
            wanted = {"_id": study.name, "uid": study.uid, "schema": SCHEMA}
            found = studies.find_one_and_update(
                wanted | {name: {"$eq": value} for name, value in seen.items()},
                pipeline,
                return_document=ReturnDocument.AFTER,
            )
            if found is None and seen and studies.find_one(wanted, {"_id": 1}):
                raise _outdated(study.name)
        if found is None:
            raise _gone(study.name)
        return codec.decode_study(found)

    def _no_study(self, name: str) -> NotFound:
        with self.link.call():
            names = [d["_id"] for d in self.link.collection("studies").find({}, {"_id": 1})]
        near = get_close_matches(name, map(str, names), n=3)
        hint = (
            f"did you mean {', '.join(map(repr, near))}?" if near else "`parzen studies` lists them"
        )
        return NotFound(f"there is no study {name!r}: {hint}")


_FAILED = TrialState.FAILED.value

_PENDING = {"$gt": ["$wish.serial", {"$ifNull": ["$wish_done", 0]}]}
"""Whether a wish waits to be carried out: the next one then asks for its limits and trials, too."""

_NEXT = {"$add": [{"$ifNull": ["$wish.serial", 0]}, 1]}


def _kept(field: str, otherwise: Any = "$$REMOVE") -> Any:
    """A field of the wish that waits to be carried out, ``otherwise`` where there is none."""
    return {"$cond": [_PENDING, {"$ifNull": [f"$wish.{field}", otherwise]}, otherwise]}


def _drafted(study: Study, draft: Draft, number: int, now: datetime) -> Trial:
    waits = draft.state is TrialState.WAITING
    return Trial(
        study=study.name,
        uid=study.uid,
        number=number,
        params=draft.params,
        state=draft.state,
        order=number - FRONT - hindrance(study) if waits else None,
        loss=draft.loss,
        value=draft.value,
        result=draft.result,
        user=draft.user,
        note=draft.note,
        enqueued_by=draft.enqueued_by,
        waiting_since=now if waits else None,
        started_at=draft.started_at,
        finished_at=None if waits else draft.finished_at or now,
        duration_s=draft.duration_s,
    )


def _outdated(name: str) -> Outdated:
    return Outdated(
        f"somebody else changed study {name!r} at the same moment, and nothing was stored: do it "
        "again"
    )


def no_trial(study: Study, number: int) -> NotFound:
    """That the study has no trial of that number."""
    return NotFound(
        f"study {study.name!r} has no trial {number}: `parzen trials {study.name}` lists those it "
        "has"
    )


def _gone(name: str) -> NotFound:
    return NotFound(f"the study {name!r} is gone: somebody deleted it; `parzen studies` lists them")
