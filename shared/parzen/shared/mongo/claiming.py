"""Taking waiting trials: each by one atomic update under a fresh token.

One trial is found and taken in one round trip. Several are looked up, taken by their ids in one
write, each only if it still waits, and read back: three round trips and one wait for the journal,
however many they are. Who meets others there looks further back in the queue
(:mod:`~parzen.shared.mongo.crowding`), and goes on with single trials, which always get on.

A claim whose reply was lost is never repeated blind: its token is looked for, first of all and for
as long as it could matter, and what is found under it is taken on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.errors import ConnectionFailure

from parzen.shared import codec
from parzen.shared.errors import Incompatible, StoreError
from parzen.shared.lifecycle import FailureKind, Settlement, TrialEvent, sources
from parzen.shared.mongo import updates
from parzen.shared.mongo.connection import Connection, Document, log
from parzen.shared.mongo.crowding import Crowding
from parzen.shared.mongo.doubts import Doubt, Doubts
from parzen.shared.places import CLAIMABLE_FROM
from parzen.shared.records import SCHEMA, Claim, Failure, Study, Trial, Uid, Worker
from parzen.shared.store import Room

AT_ONCE = 1000
"""How many studies one claim looks through."""

MISSES = 16
"""How many of them may have nothing to take, though trials waited there a moment ago."""

TOGETHER = 3
"""How often others may be met before trials are taken one by one, in their order."""


@dataclass(slots=True)
class Claiming:
    """One call of ``claim``: up to ``count`` trials for ``worker``."""

    link: Connection
    worker: Worker
    doubts: Doubts = field(default_factory=Doubts)
    crowding: Crowding = field(default_factory=Crowding)
    room: Room | None = None
    taken: list[Claim] = field(default_factory=list)

    def run(self, studies: Sequence[Study], count: int) -> Sequence[Claim]:
        """Serve the first study while it has trials, then the others, in their order."""
        try:
            self._clear_up(count)
            self._serve(studies[:1], self._most(studies[:1], count))
            others = studies[1:AT_ONCE]
            if any(self._holds(study, count) for study in others):
                self._serve_some(self._waiting(others), count)
        except StoreError as error:
            if not self.taken:
                raise
            log.warning("claimed %d of %d trials: %s", len(self.taken), count, error)
        return self.taken

    def _serve_some(self, studies: Sequence[Study], count: int) -> None:
        missed = 0
        for study in studies:
            if not self._holds(study, count):
                continue
            before = len(self.taken)
            self._serve([study], self._most([study], count))
            missed += len(self.taken) == before
            if len(self.taken) >= count or missed >= MISSES:
                return

    def _most(self, studies: Sequence[Study], count: int) -> int:
        """How many trials may be in hand when those of the one study are taken."""
        if self.room is None or not studies:
            return count
        return min(count, len(self.taken) + self.room(studies[0], self.taken))

    def _holds(self, study: Study, count: int) -> bool:
        """Whether the worker can hold one more, of this study."""
        return self._most([study], count) > len(self.taken)

    def _waiting(self, studies: Sequence[Study]) -> Sequence[Study]:
        """Those of ``studies`` of which trials wait.

        One skip through the index, whose cost is that of one empty look: a claim among many would
        be an empty look for each, and behind a queue that was long each steps over what has left.
        """
        wanted = claimable([study.uid for study in studies])
        del wanted["schema"]  # for which each trial would be fetched
        with self.link.call():
            found = set(self.link.collection("jobs").distinct("uid", wanted))
        return [study for study in studies if study.uid in found]

    def _clear_up(self, count: int) -> None:
        """Take on what earlier claims got whose replies were lost."""
        for doubt in self.doubts.due():
            if len(self.taken) >= count:
                return
            with self.link.call():
                document = self._found(doubt)
            if document is not None:
                self._keep(document, doubt.studies)

    def _serve(self, studies: Sequence[Study], count: int) -> None:
        by_uid = {study.uid: study for study in studies}
        tries = TOGETHER
        while by_uid and (missing := count - len(self.taken)) > 0:
            with self.link.call():
                if tries and missing > 1:
                    there, documents = self._take_several(by_uid, missing)
                else:
                    document = self._take(by_uid)
                    there, documents = int(document is not None), [document] if document else []
            tries -= len(documents) < there
            for document in documents:
                self._keep(document, by_uid)
            if there == 0:
                return

    def _take_several(
        self, by_uid: Mapping[Uid, Study], count: int
    ) -> tuple[int, Sequence[Document]]:
        """How many of ``count`` trials waited, and those of them that are taken."""
        ids = self._line(by_uid, count)
        found = self._take_those(by_uid, ids) if ids else []
        self.crowding.met() if len(found) < len(ids) else self.crowding.alone()
        return len(ids), found

    def _line(self, by_uid: Mapping[Uid, Study], count: int) -> Sequence[str]:
        """The ids of up to ``count`` trials that wait."""
        jobs = self.link.collection("jobs")
        place = self.crowding.place(count)
        while True:
            line = jobs.find(claimable(list(by_uid)), {"_id": 1}).sort("order", 1)
            ids = [document["_id"] for document in line.skip(place).limit(count)]
            if ids or not place:
                return ids
            self.crowding.beyond()
            place = 0

    def _take_those(self, by_uid: Mapping[Uid, Study], ids: Sequence[str]) -> Sequence[Document]:
        jobs = self.link.collection("jobs")
        batch = uuid4().hex
        told = dict(zip(updates.tokens(batch, ids), ids, strict=True))
        doubts = self.doubts.ask_for(told, by_uid, self.worker.lease_s)
        mine = {"_id": {"$in": ids}, "claim.token": {"$in": list(told)}}
        try:
            self._write(by_uid, batch, ids)
            found = jobs.find(mine).to_list()
        except BaseException:
            self.doubts.fail(*doubts)
            raise
        self.doubts.settle(*doubts)
        return sorted(found, key=lambda document: ids.index(document["_id"]))

    def _write(self, by_uid: Mapping[Uid, Study], batch: str, ids: Sequence[str]) -> None:
        self.link.collection("jobs").update_many(
            {"_id": {"$in": ids}, **claimable(list(by_uid))},
            updates.claimed(self.worker, updates.token_of(batch, ids)),
            hint="_id_",
        )

    def _take(self, by_uid: Mapping[Uid, Study]) -> Document | None:
        doubt = self.doubts.ask(by_uid, self.worker.lease_s)
        try:
            return self._ask(doubt)
        except ConnectionFailure:
            found = self._found(doubt)
        # the first may still arrive there: it keeps its own token, and stays in doubt
        return found if found is not None else self._ask(self._another(doubt))

    def _another(self, doubt: Doubt) -> Doubt:
        return self.doubts.ask(doubt.studies, self.worker.lease_s)

    def _ask(self, doubt: Doubt) -> Document | None:
        try:
            document = self._update(list(doubt.studies), doubt.token)
        except BaseException:
            self.doubts.fail(doubt)
            raise
        self.doubts.settle(doubt)
        return document

    def _update(self, uids: Sequence[Uid], token: str) -> Document | None:
        return self.link.collection("jobs").find_one_and_update(
            claimable(uids),
            updates.claimed(self.worker, token),
            sort=[("order", 1)],
            return_document=ReturnDocument.AFTER,
        )

    def _found(self, doubt: Doubt) -> Document | None:
        """What the token holds, with its lease begun anew.

        A write, since a read could miss what has not reached a majority yet.
        """
        mine: dict[str, Any] = {
            "state": updates.sources_clause(sources(TrialEvent.COMPLETE)),
            "uid": {"$in": list(doubt.studies)},
            "claim.token": doubt.token,
        }
        if doubt.trial is not None:
            mine["_id"] = doubt.trial
        document: Document | None = self.link.collection("jobs").find_one_and_update(
            mine,
            updates.adopted(self.worker.lease_s),
            return_document=ReturnDocument.AFTER,
        )
        if document is not None:
            self.doubts.settle(doubt)
        return document

    def _keep(self, document: Document, by_uid: Mapping[Uid, Study]) -> None:
        token = document["claim"]["token"]
        try:
            trial = codec.decode_trial(document)
        except Incompatible as error:
            self._refuse(document, by_uid[document["uid"]], token, str(error))
            return
        self.taken.append(Claim(by_uid[trial.uid], trial, token, self.worker.lease_s))

    def _refuse(self, document: Document, study: Study, token: str, reason: str) -> None:
        """Fail a trial that somebody broke by hand: left in the queue it would block it."""
        log.warning("failed: %s", reason)
        broken = Trial(study=study.name, uid=study.uid, number=-1, params={})
        claim = Claim(study, broken, token, self.worker.lease_s)
        kind = FailureKind.INVALID_RESULT
        settlement = Settlement(TrialEvent.FAIL)
        pipeline = updates.failed(claim, Failure(kind=kind, message=reason), settlement, kind, "")
        mine = {"_id": document["_id"], "claim.token": token}
        mine["state"] = updates.sources_clause(sources(TrialEvent.FAIL))
        with self.link.call():
            self.link.collection("jobs").update_one(mine, pipeline)


def claimable(uids: Sequence[Uid]) -> dict[str, Any]:
    """The filter of trials that may be claimed: waiting, with a place in the queue."""
    return {
        "state": updates.sources_clause(sources(TrialEvent.CLAIM)),
        "uid": uids[0] if len(uids) == 1 else {"$in": list(uids)},
        "order": {"$gte": CLAIMABLE_FROM},
        "schema": SCHEMA,
    }
