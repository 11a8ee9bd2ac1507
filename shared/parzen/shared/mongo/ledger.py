"""The store as a coordinator sees it: lead a study, insert, observe, tidy up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from parzen.shared import codec
from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialEvent, TrialState, sources, target
from parzen.shared.mongo import updates
from parzen.shared.mongo.bounding import Bounding
from parzen.shared.mongo.clock import ServerClock
from parzen.shared.mongo.expiring import Expiring
from parzen.shared.mongo.faults import duplicates
from parzen.shared.mongo.presence import MongoPresence
from parzen.shared.mongo.projections import HISTORY, NEWS
from parzen.shared.mongo.queue import LIVE
from parzen.shared.mongo.updates import NOW, literal
from parzen.shared.mongo.watch import Watching
from parzen.shared.places import hindrance
from parzen.shared.records import SCHEMA, SetAside, Study, Trial, Uid, Wish
from parzen.shared.store import (
    LONGEST_LEASE_S,
    LONGEST_REST_S,
    Believed,
    Kept,
    Leadership,
    NewsWatch,
    Proposal,
)

AT_ONCE = 1000
"""How many trials one call lets wait again: each call has a time limit."""


@dataclass(frozen=True, slots=True)
class MongoLedger(MongoPresence):
    """See :class:`parzen.shared.store.Ledger`."""

    watching: Watching
    clock: ServerClock = field(default_factory=ServerClock)

    def leadable(self) -> Sequence[Study]:
        """The studies that have not ended, or whose owner's wish was not carried out yet."""
        unheeded = {"$gt": ["$wish.serial", {"$ifNull": ["$wish_done", 0]}]}
        wanted = {"$or": [{"status": {"$in": LIVE}}, {"$expr": unheeded}]}
        with self.link.call():
            found = self.link.collection("studies").find(wanted).sort("created_at", 1).to_list()
        return list(self.link.readable(found, codec.workable_study))

    def strays(self) -> Sequence[Study]:
        """The studies that have ended and still hold waiting or running trials."""
        jobs, studies = self.link.collection("jobs"), self.link.collection("studies")
        with self.link.call():
            # one state a time: the server then skips through the index from study to study
            uids = {uid for state in UNFINISHED for uid in jobs.distinct("uid", {"state": state})}
            wanted = {"uid": {"$in": list(uids)}, "status": {"$nin": LIVE}}
            found = studies.find(wanted).to_list() if uids else []
        return list(self.link.readable(found, codec.workable_study))

    def lead(self, study: Uid, holder: str, lease_s: float) -> Leadership | None:
        """Take or renew the lease; None where somebody else holds it, or the study is gone.

        The term grows where the holder changes, or comes back after its lease ran out.
        """
        mine = {"$eq": ["$lease.holder", literal(holder)]}
        until = {"$ifNull": ["$lease.expires_at", NOW]}
        over = {"$or": [{"$eq": [until, NOW]}, updates.outside(until, LONGEST_LEASE_S)]}
        before = {"$ifNull": ["$lease.term", 0]}
        term = {"$cond": [{"$and": [mine, {"$not": [over]}]}, before, {"$add": [before, 1]}]}
        lease = {"holder": literal(holder), "term": term, "expires_at": updates.later(lease_s)}
        with self.link.call():
            found = self.link.collection("studies").find_one_and_update(
                {"uid": study, "schema": SCHEMA, "$expr": {"$or": [mine, over]}},
                [{"$set": {"lease": lease}}],
                return_document=ReturnDocument.AFTER,
            )
        led = found and self.link.readable_one(found, codec.workable_study)
        if not led or led.lease is None:
            return None
        return self._granted(led, lease_s)

    def renew_leads(
        self, studies: Sequence[Uid], holder: str, lease_s: float
    ) -> Sequence[Leadership]:
        """Renew those leases that ``holder`` still has, all at once; those, as they stand now."""
        led = self.link.collection("studies")
        mine = {"uid": {"$in": list(studies)}, "schema": SCHEMA, "lease.holder": holder}
        over = updates.outside("$lease.expires_at", LONGEST_LEASE_S)
        with self.link.call():
            led.update_many(
                {**mine, "$expr": {"$not": [over]}},
                [{"$set": {"lease.expires_at": updates.later(lease_s)}}],
            )
            held = {**mine, "$expr": {"$gt": ["$lease.expires_at", "$$NOW"]}}
            found = led.find(held).to_list()
        renewed = self.link.readable(found, codec.workable_study)
        return [self._granted(study, lease_s) for study in renewed]

    def _granted(self, led: Study, lease_s: float) -> Leadership:
        if led.lease is None:
            raise ValueError(f"study {led.name!r} was read without the lease that was asked for")
        now = led.lease.expires_at - timedelta(milliseconds=round(lease_s * 1000))
        self.clock.hear(now)
        return Leadership(study=led, term=led.lease.term, now=now)

    def yield_lead(self, lead: Leadership) -> None:
        """Give the lease up, so that another takes over at once."""
        self._set(lead, [{"$set": {"lease.expires_at": NOW}}])

    def history(self, study: Uid) -> Iterator[Trial]:
        """Every trial of the study by number, without attempts, result and user data."""
        jobs = self.link.collection("jobs")
        for batch in self.link.batches(
            lambda: jobs.find({"uid": study}, HISTORY).sort("number", 1)
        ):
            yield from self.link.readable(batch, codec.decode_trial)

    def changed(
        self,
        study: Uid,
        believed: Mapping[TrialState, Sequence[int]],
        above: int | None = None,
    ) -> Sequence[Trial]:
        """Those of the unfinished trials ``believed`` whose state is another one by now.

        With ``above`` also all trials of higher numbers.
        """
        return self.all_changed([Believed(study, believed, above)]).get(study, [])

    def all_changed(self, all_believed: Sequence[Believed]) -> Mapping[Uid, Sequence[Trial]]:
        """As :meth:`changed` for many studies at once; those of which something has changed."""
        clauses = [clause for believed in all_believed for clause in _otherwise(believed)]
        if not clauses:
            return {}
        with self.link.call():
            found = self.link.collection("jobs").find({"$or": clauses}, NEWS).to_list()
        changed: dict[Uid, list[Trial]] = {}
        for trial in self.link.readable(found, codec.decode_trial):
            changed.setdefault(trial.uid, []).append(trial)
        for trials in changed.values():
            trials.sort(key=lambda trial: trial.number)
        return changed

    def insert(self, lead: Leadership, proposals: Sequence[Proposal]) -> Sequence[int]:
        """Add waiting trials in one round trip; the numbers that this call added.

        Plain inserts, which cost the server a third of upserts that stamp themselves; numbers are
        unique, so one that stands already is left alone, whoever wrote it.
        """
        return self.insert_all([(lead, proposals)])[0]

    def insert_all(
        self, all_made: Sequence[tuple[Leadership, Sequence[Proposal]]]
    ) -> Sequence[Sequence[int]]:
        """As :meth:`insert` for many studies at once; of each the numbers."""
        documents = [
            codec.trial_document(_trial(lead.study, one, self.clock.now(otherwise=lead.now)))
            for lead, proposals in all_made
            for one in proposals
        ]
        existed: set[int] = set()
        if documents:
            with self.link.call():
                try:
                    self.link.collection("jobs").insert_many(documents, ordered=False)
                except BulkWriteError as error:
                    existed = duplicates(error)
        places = count()
        return [
            sorted([one.number for one in proposals if next(places) not in existed])
            for _, proposals in all_made
        ]

    def expire(self, lead: Leadership, upto: int | None = None) -> Sequence[int]:
        """Take back running trials whose lease ran out; their numbers."""
        with self.link.call():
            return Expiring(self.link, lead.study, lead.term if upto is None else upto).run()

    def queue_due(self, lead: Leadership) -> int:
        """Put waiting trials whose back-off is over into the queue; how many."""
        due = resting(lead.study.uid) | {"$expr": updates.outside("$due_at", LONGEST_REST_S)}
        place = {"$subtract": ["$number", hindrance(lead.study)]}
        with self.link.call():
            done = self.link.collection("jobs").update_many(
                due, [{"$set": {"order": place}}, {"$unset": "due_at"}]
            )
        return done.modified_count

    def bound(self, lead: Leadership, limit: int | None) -> int:
        """Let so many of its trials be claimed that ``limit`` run at most; how many changed."""
        with self.link.call():
            return Bounding(self.link.collection("jobs"), lead.study.uid).run(limit)

    def cancel_waiting(
        self, lead: Leadership, least: int = 0, upto: int | None = None
    ) -> Sequence[int]:
        """Cancel every waiting trial numbered ``least`` or higher; their numbers."""
        jobs = self.link.collection("jobs")
        wanted: dict[str, Any] = {"state": WAITING, "uid": lead.study.uid}
        wanted |= updates.proposed_by(lead.term if upto is None else upto)
        if least > 0:
            wanted["number"] = {"$gte": least}
        with self.link.call():
            found = jobs.find(wanted, {"number": 1}).to_list()
            if not found:
                return []
            ids = [d["_id"] for d in found]
            waiting = {"_id": {"$in": ids}, "state": WAITING}
            done = jobs.update_many(waiting, updates.withdrawn())
            if done.modified_count < len(ids):  # workers have taken some meanwhile
                state = target(TrialEvent.CANCEL)
                found = jobs.find({"_id": {"$in": ids}, "state": state}, {"number": 1}).to_list()
        return sorted(d["number"] for d in found)

    def move(
        self,
        lead: Leadership,
        event: StudyEvent,
        *,
        reason: str | None = None,
        ending: StudyStatus | None = None,
    ) -> bool:
        """Move the study's status, fenced by the term; whether it was done."""
        status = StudyStatus(target(event))
        fields: dict[str, Any] = {"status": status.value}
        gone = ["ending"]
        if reason is not None:
            fields["status_reason"] = literal(reason)
        if event is StudyEvent.RESUME:
            fields["active_since"] = NOW
            gone += ["ended_at", *(["status_reason"] if reason is None else [])]
        elif status is StudyStatus.STOPPING and ending is not None:
            fields["ending"] = ending.value
            gone.clear()
        elif status.ended:
            fields["ended_at"] = NOW
        pipeline: updates.Pipeline = [{"$set": fields}]
        if gone:
            pipeline.append({"$unset": gone})
        return self._set(lead, pipeline, status=updates.sources_clause(sources(event)))

    def retry(self, lead: Leadership, numbers: Sequence[int]) -> None:
        """Let those of the trials that failed or were cancelled wait again, before all others."""
        over = {"uid": lead.study.uid, "state": updates.sources_clause(sources(TrialEvent.RETRY))}
        for start in range(0, len(numbers), AT_ONCE):
            chosen = {"number": {"$in": list(numbers[start : start + AT_ONCE])}}
            with self.link.call():
                self.link.collection("jobs").update_many(over | chosen, updates.retried(lead.study))

    def wish_done(self, lead: Leadership, wish: Wish) -> bool:
        """Record that ``wish`` was carried out and put its limits in force, fenced by the term."""
        fields: dict[str, Any] = {"wish_done": wish.serial}
        if wish.limits is not None:
            fields["limits"] = literal(codec.limits_document(wish.limits))
        return self._set(lead, [{"$set": fields}])

    def keep_counts(self, all_kept: Sequence[Kept]) -> Sequence[bool]:
        """Store the counts that people see, and who proposes and why, each fenced by its term."""
        bulk = [UpdateOne(_fence(kept.lead), _counted(kept)) for kept in all_kept]
        with self.link.call():
            done = self.link.collection("studies").bulk_write(bulk, ordered=False)
        if done.matched_count == len(bulk):
            return [True] * len(bulk)
        # some are led by others by now: which, each tells for itself
        return [self._set(kept.lead, _counted(kept)) for kept in all_kept]

    def set_aside(self, lead: Leadership, quarantine: Sequence[SetAside]) -> bool:
        """Store which workers are kept from the study's trials, fenced by the term."""
        kept = codec.quarantine_document(quarantine)
        return self._set(lead, [{"$set": {"quarantine": literal(kept)}}])

    def watch_results(self) -> NewsWatch:
        """Wakes when a trial's state or a study has changed, and tells whose."""
        return self.watching.results()

    def _set(self, lead: Leadership, pipeline: updates.Pipeline, **clauses: Any) -> bool:
        """Update the study if ``lead`` still leads it, in its term; whether it was done."""
        with self.link.call():
            done = self.link.collection("studies").update_one(_fence(lead) | clauses, pipeline)
        return done.matched_count > 0


def _otherwise(believed: Believed) -> Iterator[dict[str, Any]]:
    """The filters of trials that are not what is believed of them."""
    mine = {"uid": believed.study}
    for state, numbers in believed.states.items():
        if numbers:
            yield {**mine, "number": {"$in": list(numbers)}, "state": {"$ne": state.value}}
    if believed.above is not None:
        yield {**mine, "number": {"$gt": believed.above}}


def _fence(lead: Leadership) -> dict[str, Any]:
    """The filter of a study that ``lead`` still leads, in its term."""
    holder = lead.study.lease.holder if lead.study.lease else None
    return {"uid": lead.study.uid, "lease.holder": holder, "lease.term": lead.term}


def _counted(kept: Kept) -> updates.Pipeline:
    number, proposing = kept.best_number, kept.proposing
    fields = {
        "counts": literal({state.value: n for state, n in kept.counts.items()}),
        "best_number": "$$REMOVE" if number is None else number,
        "proposing": "$$REMOVE" if proposing is None else literal(proposing),
    }
    return [{"$set": fields}]


UNFINISHED = tuple(state.value for state in TrialState if not state.finished)
"""The states of a trial of which somebody still expects something."""

WAITING = updates.sources_clause(
    [s for s in sources(TrialEvent.CANCEL) if s in sources(TrialEvent.CLAIM)]
)
"""Where a trial is cancelled by the leader alone: nobody holds a claim on it."""


def resting(uid: Uid) -> dict[str, Any]:
    """The filter of waiting trials that have no place in the queue."""
    return {"state": WAITING, "uid": uid, "order": None}


def _trial(study: Study, proposal: Proposal, since: datetime) -> Trial:
    return Trial(
        study=study.name,
        uid=study.uid,
        number=proposal.number,
        params=proposal.params,
        order=proposal.number,
        proposed=proposal.proposed,
        enqueued_by=proposal.enqueued_by,
        waiting_since=since,
    )
