"""The store as a worker sees it: claim, renew, report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import UpdateOne

from parzen.shared import codec
from parzen.shared.lifecycle import StudyStatus, TrialEvent, sources
from parzen.shared.mongo import reporting, updates
from parzen.shared.mongo.claiming import Claiming
from parzen.shared.mongo.crowding import Crowding
from parzen.shared.mongo.doubts import Doubts
from parzen.shared.mongo.files import Files
from parzen.shared.mongo.filters import text
from parzen.shared.mongo.logs import Logs
from parzen.shared.mongo.presence import MongoPresence
from parzen.shared.mongo.projections import WORKABLE
from parzen.shared.mongo.watch import Watching
from parzen.shared.reading import part
from parzen.shared.records import (
    Claim,
    Directive,
    Measurement,
    Outcome,
    Piece,
    Study,
    Uid,
    Verdict,
    Want,
    Worker,
)
from parzen.shared.store import Room, Watch

LIVE = tuple(status.value for status in StudyStatus if not status.ended)
"""The statuses of a study that has not ended."""


@dataclass(frozen=True, slots=True)
class MongoQueue(MongoPresence):
    """See :class:`parzen.shared.store.TrialQueue`."""

    files: Files
    watching: Watching
    doubts: Doubts = field(default_factory=Doubts)
    crowding: Crowding = field(default_factory=Crowding)

    def studies(self, names: Sequence[str] = ()) -> Sequence[Study]:
        """The studies that have not ended (of those ``names``, or all), in order of creation."""
        wanted: dict[str, Any] = {"status": {"$in": LIVE}}
        if names:
            wanted["_id"] = {"$in": [text("a study's name", name) for name in names]}
        with self.link.call():
            studies = self.link.collection("studies").find(wanted, WORKABLE)
            found = studies.sort("created_at", 1).to_list()
        return list(self.link.readable(found, codec.workable_study))

    def claim(
        self, worker: Worker, studies: Sequence[Study], count: int = 1, room: Room | None = None
    ) -> Sequence[Claim]:
        """Take up to ``count`` waiting trials of the first study that has some, then of the others.

        Of at most 1000 studies: one trial in one round trip, several in three; where the first
        study has too few, one more tells which others have some.
        Trials that an earlier call got without knowing come first. ``room`` says of a study how
        many more of its trials the worker can hold, where not all are alike to it.
        """
        claiming = Claiming(self.link, worker, self.doubts, self.crowding, room)
        return claiming.run(studies, count)

    def bundle(self, study: Study) -> bytes:
        """The objective's bundle, verified against its digest."""
        return self.files.bundle(study)

    def renew(
        self, claims: Sequence[Claim], seen: Sequence[Measurement] = ()
    ) -> Sequence[Directive]:
        """Renew the leases and store the measurements; one directive for each claim, in order.

        What a worker has put into ``claim.trial.attempts[-1]`` since the claim (``device``,
        ``bundle``, ``workdir``) is stored with it.
        """
        if not claims:
            return []
        last = {_attempt(m): (m.step, float(m.value)) for m in seen}
        running = sources(TrialEvent.COMPLETE)
        bulk = [
            UpdateOne(
                updates.fenced(c, running), updates.renewed(c, last.get((*c.key, c.trial.attempt)))
            )
            for c in claims
        ]
        with self.link.call():
            matched = self.link.collection("jobs").bulk_write(bulk, ordered=False).matched_count
            lost = self._lost(claims) if matched < len(claims) else set()
            held = {(*c.key, c.trial.attempt) for c in claims if c.token not in lost}
            self._measure([m for m in seen if _attempt(m) in held])
            unwanted = self._unwanted({c.study.uid for c in claims})
        return [
            Directive.LOST
            if c.token in lost
            else Directive.STOP
            if c.study.uid in unwanted
            else Directive.CONTINUE
            for c in claims
        ]

    def report(self, done: Sequence[tuple[Claim, Outcome]]) -> Sequence[Verdict]:
        """Write outcomes in one round trip, each fenced by its token; one verdict for each."""
        if not done:
            return []
        with self.link.call():
            return reporting.report(self.link, done)

    def attach(self, claim: Claim, name: str, data: bytes) -> None:
        """Keep ``data`` with the trial under ``name``; a later attachment of that name wins."""
        self.files.attach(claim, name, data)

    def followed(self, claims: Sequence[Claim]) -> Collection[tuple[Uid, int]]:
        """Which of these trials somebody follows now; their keys."""
        return Logs(self.link).followed(claims)

    def keep_output(self, piece: Piece) -> None:
        """Keep a piece of what an attempt printed; keeping it again is keeping it once."""
        Logs(self.link).keep(piece)

    def drop_output(self, token: str, offsets: Sequence[int]) -> None:
        """Let go of those pieces of an attempt's output."""
        Logs(self.link).drop(token, offsets)

    def watch_work(self) -> Watch:
        """Wakes when a trial may be claimable or a study has changed."""
        return self.watching.work()

    def _lost(self, claims: Sequence[Claim]) -> set[str]:
        """The tokens of those claims that hold their trial no longer."""
        found = self.link.collection("jobs").find(
            {"_id": {"$in": [codec.trial_id(*c.key) for c in claims]}}, {"claim.token": 1}
        )
        held = {part(d, "claim.token", str, None) for d in found}
        return {c.token for c in claims} - held

    def _measure(self, seen: Sequence[Measurement]) -> None:
        if not seen:
            return
        bulk = [
            UpdateOne(
                {"uid": m.uid, "number": m.number, "step": m.step},
                updates.measured(codec.measurement_document(m)),
                upsert=True,
            )
            for m in seen
        ]
        self.link.collection("measurements").bulk_write(bulk, ordered=False)

    def _unwanted(self, uids: set[Uid]) -> set[Uid]:
        """Those studies that want their running trials stopped, or are gone."""
        found = self.link.collection("studies").find(
            {"uid": {"$in": sorted(uids)}}, {"uid": 1, "status": 1, "wish": 1, "wish_done": 1}
        )
        return uids - {d["uid"] for d in found if _wanted(d)}


def _attempt(seen: Measurement) -> tuple[Uid, int, int]:
    """Whose measurement it is: one worker may hold a trial that it has lost and got again."""
    return (seen.uid, seen.number, seen.attempt)


def _wanted(study: Mapping[str, Any]) -> bool:
    cancelled = part(study, "wish.want", str, None) == Want.CANCEL.value
    unheeded = part(study, "wish.serial", int, 0) > part(study, "wish_done", int, 0)
    going = {StudyStatus.ACTIVE.value, StudyStatus.PAUSED.value}
    return study.get("status") in going and not (cancelled and unheeded)
