"""The store as the laptop sees it: submit, wish, look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from parzen.shared import codec
from parzen.shared.course import Ended, Improvement, Silent, Spent
from parzen.shared.criteria import Criterion
from parzen.shared.errors import Conflict, InvalidInput, InvalidStudy, StoreError
from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo import course, listing, orphans
from parzen.shared.mongo.connection import Document, log
from parzen.shared.mongo.filters import whole
from parzen.shared.mongo.logs import Logs
from parzen.shared.mongo.sizes import refuse_large
from parzen.shared.mongo.steering import MongoSteering, no_trial
from parzen.shared.mongo.updates import NOW, literal
from parzen.shared.mongo.watch import Watching
from parzen.shared.records import Measurement, Piece, Study, Trial
from parzen.shared.store import Watch


@dataclass(frozen=True, slots=True)
class MongoCatalog(MongoSteering):
    """See :class:`parzen.shared.store.Catalog`."""

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
            self.drop(file)
            raise
        self._sweep()
        return created

    def all_studies(self) -> Sequence[Study]:
        """Every study, newest first."""
        with self.link.call():
            found = self.link.collection("studies").find().sort("created_at", -1).to_list()
        return list(self.link.readable(found, codec.workable_study))

    def trials(
        self,
        study: Study,
        *,
        states: Sequence[TrialState] = (),
        where: Sequence[Criterion] = (),
        sort: str = "number",
        limit: int | None = None,
        slim: bool = True,
    ) -> Iterator[Trial]:
        """The study's trials that meet all of ``where``.

        ``slim`` leaves out attempts, result and user data. ``sort`` is a field of
        :mod:`parzen.shared.criteria`; a minus before it sorts downwards. Trials that lack the
        sorted field come last, by number; equal ones are ordered by number, downwards too where
        the sort is.
        """
        asked = listing.queries(study, states, where, listing.order(sort))
        return self._trials(asked, None if limit is None else whole("the limit", limit), slim)

    def improvements(self, study: Study) -> Sequence[Improvement]:
        """Each trial with a loss below those of all lower numbers, by number."""
        return course.improvements(self.link, study)

    def spent(self, study: Study) -> Sequence[Spent]:
        """The attempts at the study's last ``course.LATEST`` trials, by how they ended."""
        return course.spent(self.link, study)

    def ends(self, study: Study) -> Sequence[Ended]:
        """When the study's last trials ended that were tried, in order."""
        return course.ends(self.link, study)

    def silent(self, study: Study) -> Sequence[Silent]:
        """The workers that have running trials of the study and are not live, by id."""
        return course.silent(self.link, study)

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
            raise no_trial(study, number)
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

    def attachment_sizes(self, study: Study, number: int) -> Mapping[str, int]:
        """The sizes of a trial's attachments in bytes, by name."""
        return self.files.sizes(study.uid, number)

    def attachment(self, study: Study, number: int, name: str) -> bytes:
        """One attachment.

        Raises:
            NotFound: there is none of that name.
        """
        return self.files.attachment(study, number, name)

    def attach(self, study: Study, number: int, name: str, data: bytes) -> None:
        """Keep ``data`` with a trial, as if its last attempt had.

        Raises:
            NotFound: there is no such trial.
        """
        number = whole("the trial's number", number)
        with self.link.call():
            found = self.link.collection("jobs").find_one(
                {"_id": codec.trial_id(study.uid, number)}, {"attempt": 1}
            )
        if found is None:
            raise no_trial(study, number)
        self.files.keep(study.uid, number, found.get("attempt", 0), name, data)

    def output(
        self, study: Study, number: int, token: str, start: int = 0, *, backwards: bool = False
    ) -> Iterator[Piece]:
        """What the store has of an attempt's output; see :class:`parzen.shared.store.Catalog`."""
        return Logs(self.link).pieces(study, number, token, start, backwards=backwards)

    def follow(self, study: Study, number: int) -> None:
        """Ask for the trial's output while it is printed, for ``FOLLOW_S`` from now."""
        Logs(self.link).follow(study, number)

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

    def _sweep(self) -> None:
        """Submissions are rare, and may delete bundles: they tidy up after those that died."""
        try:
            swept = orphans.sweep(self.link, "objectives")
        except StoreError as error:
            log.info("what killed uploads left was not swept: %s", error)
        else:
            if swept:
                log.info("swept %d bundles that killed uploads left", swept)

    def _trials(
        self, asked: Sequence[listing.Query], limit: int | None, slim: bool
    ) -> Iterator[Trial]:
        left = limit
        for query in asked:
            if left == 0:
                return
            for batch in query.batches(self.link, left, slim=slim):
                if left is not None:
                    left -= len(batch)
                yield from self.link.readable(batch, codec.decode_trial)


def _taken(name: str) -> Conflict:
    return Conflict(
        f"a study named {name!r} exists already: choose another name, or delete that one first"
    )
