"""Taking a waiting trial: one atomic update under a fresh token.

A claim whose reply was lost is never repeated blind: its token is looked for, first of all and for
as long as it could matter, and what is found under it is taken on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import ConnectionFailure

from parzen.shared import codec
from parzen.shared.errors import Incompatible, StoreError
from parzen.shared.lifecycle import FailureKind, Settlement, TrialEvent, sources
from parzen.shared.mongo import updates
from parzen.shared.mongo.connection import Connection, Document, log
from parzen.shared.mongo.doubts import Doubt, Doubts
from parzen.shared.records import SCHEMA, Claim, Failure, Study, Trial, Uid, Worker

AT_ONCE = 32
"""How many studies one claim looks through: their places in the index are merged."""

FIRST = -float("inf")
"""Below every place in the queue; a trial without a place (in back-off) is not above it."""


@dataclass(slots=True)
class Claiming:
    """One call of ``claim``: up to ``count`` trials for ``worker``."""

    link: Connection
    worker: Worker
    doubts: Doubts = field(default_factory=Doubts)
    taken: list[Claim] = field(default_factory=list)

    def run(self, studies: Sequence[Study], count: int) -> Sequence[Claim]:
        """Serve the first study while it has trials, then the others."""
        try:
            self._clear_up(count)
            self._serve(studies[:1], count)
            self._serve(studies[1:AT_ONCE], count)
        except StoreError as error:
            if not self.taken:
                raise
            log.warning("claimed %d of %d trials: %s", len(self.taken), count, error)
        return self.taken

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
        while by_uid and len(self.taken) < count:
            with self.link.call():
                document = self._take(by_uid)
            if document is None:
                return
            self._keep(document, by_uid)

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
        document: Document | None = self.link.collection("jobs").find_one_and_update(
            {
                "state": updates.sources_clause(sources(TrialEvent.COMPLETE)),
                "uid": {"$in": list(doubt.studies)},
                "claim.token": doubt.token,
            },
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
        "order": {"$gte": FIRST},
        "schema": SCHEMA,
    }
