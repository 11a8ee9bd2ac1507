"""Hyperopt's module of this name: trials in MongoDB, which workers anywhere run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from parzen.client.handle import StudyHandle
from parzen.hyperopt import addresses, views
from parzen.hyperopt.documents import Doc
from parzen.hyperopt.states import JOB_STATE_CANCEL, JOB_STATE_DONE, JOB_STATE_ERROR, count
from parzen.hyperopt.translation import Translation
from parzen.hyperopt.trials import Trials
from parzen.shared.errors import NotFound, StoreUnprepared
from parzen.shared.home import StoreAddress, chosen
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import shown
from parzen.shared.records import Study, Trial

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore

OVERLAP = timedelta(seconds=30)
"""Trials that ended so long before the last look are read again: reports overtake one another."""

ENDED = {JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL}
ALWAYS = datetime(1970, 1, 1, tzinfo=timezone.utc)


class MongoTrials(Trials):
    """The trials of one experiment in MongoDB: a study of parzen's, in Hyperopt's shape.

    ``fmin(..., trials=MongoTrials(...))`` proposes; any number of ``parzen worker`` or
    ``parzen-mongo-worker`` processes evaluate. The same call goes on where one stopped.

    Args:
        arg: ``mongo://host:port/db/jobs`` or any MongoDB URI; None for the store that the
            environment names, else the one that is embedded.
        exp_key: the experiment; each is a study of its own.
        cmd: accepted.
        workdir: kept with trials; where workers run them is their own ``--workdir``.
        refresh: look at what there is.

    Raises:
        InvalidStore: the address cannot be read.
        StoreError: the server does not answer, or refuses.
    """

    asynchronous = True

    def __init__(
        self,
        arg: str | None,
        exp_key: Any = None,
        cmd: Any = None,
        workdir: str | None = None,
        refresh: bool = True,
    ) -> None:
        del cmd
        uri = None if arg is None else addresses.store(arg)
        self.where: StoreAddress = chosen(uri)
        """Where the trials are."""
        self.study_name = addresses.study(exp_key)
        """The name of the study that holds them."""
        self.workdir = workdir
        self.exact: Translation | None = None
        """The space as it was written, once a search was called with it."""
        self._docs: dict[int, Doc] = {}
        self._absent: set[int] = set()
        self._early: list[Doc] = []
        self._newest = ALWAYS
        self._kept_handle: StudyHandle | None = None
        self._kept_store: MongoStore | None = None
        super().__init__(exp_key, refresh=False)
        if refresh:
            self.refresh()

    def __getstate__(self) -> dict[str, Any]:
        """Without the connection: another process opens its own."""
        return {**self.__dict__, "_kept_handle": None, "_kept_store": None}

    def __repr__(self) -> str:
        return f"<MongoTrials {self.study_name!r} in {self.where.shown}: {len(self)} trials>"

    def view(self, exp_key: Any = None, refresh: bool = True) -> MongoTrials:
        """The trials of another experiment in the same store."""
        other = MongoTrials(None, exp_key, workdir=self.workdir, refresh=False)
        other.where = self.where
        if refresh:
            other.refresh()
        return other

    @property
    def exp_key(self) -> Any:
        """The experiment."""
        return self._exp_key

    @property
    def handle(self) -> StudyHandle | None:
        """The study, as parzen's own Python has it; None before the first search."""
        if self._kept_handle is None:
            try:
                study = self.store().catalog.study(self.study_name)
            except NotFound:
                return None
            self.use(StudyHandle(self.store(), self.where, study))
        return self._kept_handle

    def use(self, handle: StudyHandle | None) -> None:
        """Look at the study of ``handle`` from now on."""
        self._kept_handle = handle
        self._docs, self._absent, self._newest = {}, set(), ALWAYS

    def close(self) -> None:
        """Close the connection; the next use opens another one."""
        if self._kept_store is not None:
            self._kept_store.close()
        self._kept_handle = self._kept_store = None

    def store(self) -> MongoStore:
        """The connection, which is opened where need be."""
        from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

        if self._kept_store is None:
            try:
                self._kept_store = open_store(self.where)
            except StoreUnprepared:  # as Hyperopt, it takes a database as it is
                self._kept_store = open_store(self.where, prepare=True)
        return self._kept_store

    def refresh(self) -> None:
        """Read what is new: trials that are over do not change and are not read again."""
        handle = self.handle
        if handle is not None:
            self._read(handle)
        found = [self._docs[number] for number in sorted(self._docs)]
        self._dynamic_trials = found + self._early
        super().refresh()

    def _read(self, handle: StudyHandle) -> None:
        try:
            study = handle.study
        except NotFound:  # somebody deleted it
            self.use(None)
            return
        since = (self._newest - OVERLAP).isoformat()
        unfinished = [TrialState.WAITING, TrialState.RUNNING]
        open_ones = handle.trials(states=unfinished)  # first, so that none ends between the reads
        read = self._take(study, [*open_ones, *handle.trials(where=[f"finished_at>={since}"])])
        lost = {n for n, doc in self._docs.items() if doc["state"] not in ENDED} - read
        created = self.store().catalog.created(study)
        unseen = set(range(created)) - self._docs.keys() - self._absent
        if again := lost | unseen:  # deleted, imported as long over, or edited by hand
            span = [f"number>={min(again)}", f"number<={max(again)}"]
            found = self._take(study, handle.trials(where=span))
            self._absent |= again - found
            for number in lost - found:
                del self._docs[number]

    def _take(self, study: Study, trials: Sequence[Trial]) -> set[int]:
        """Keep these trials as documents; their numbers."""
        for trial in trials:
            self._newest = max(self._newest, trial.finished_at or ALWAYS)
            doc = views.document(study, trial, self._exp_key, self.exact)
            doc["misc"]["workdir"] = self.workdir
            self._docs[trial.number] = doc
        return {trial.number for trial in trials}

    def count_by_state_unsynced(self, arg: Any) -> int:
        """How many trials are in this state, or in one of these, now.

        Raises:
            ValueError: there is no such state.
        """
        self.refresh()
        return count(self._dynamic_trials, arg)

    def new_trial_ids(self, n: int) -> list[int]:
        """``n`` ids that no trial has."""
        handle = self.handle
        if handle is not None:
            self._ids.update(range(self.store().catalog.created(handle.record)))
        return super().new_trial_ids(n)

    def _insert_trial_docs(self, docs: Sequence[Doc]) -> list[Any]:
        """Into the study, under numbers that it has free; before a search they are kept here."""
        if self.handle is None or self.exact is None:
            self._early += docs
            return [doc["tid"] for doc in docs]
        return self.put(docs)

    def put(self, docs: Sequence[Doc], below: int | None = None) -> list[int]:
        """Add trials to the study; their ids, which are ``below`` that or left out.

        Raises:
            InvalidTrial: one lacks a value, or has several; none is added then.
            InvalidParams: one does not lie in the space; none is added then.
            NotFound: there is no study yet.
        """
        handle, exact = self.handle, self.exact
        if handle is None or exact is None:
            raise NotFound(f"there is no study {self.study_name!r} yet: call fmin first")
        drafts = [views.draft(exact, doc, "fmin") for doc in docs]
        numbers = list(self.store().catalog.append(handle.record, drafts, below=below))
        for doc, number in zip(docs, numbers, strict=False):
            doc["tid"] = doc["misc"]["tid"] = number
            doc["misc"]["idxs"] = {
                label: [number] if found else [] for label, found in doc["misc"]["vals"].items()
            }
        return numbers

    def early(self, exact: Translation) -> list[Doc]:
        """The trials that were added before there was a study.

        Raises:
            InvalidTrial: one lacks a value, or has several.
            InvalidParams: one does not lie in the space.
        """
        for doc in self._early:
            views.draft(exact, doc, "fmin")
        return list(self._early)

    def settle(self) -> None:
        """Forget those trials: they are in the study."""
        self._early = []

    def trial_attachments(self, trial: Mapping[str, Any]) -> Any:
        """What is attached to a trial, by name; bytes."""
        handle = self.handle
        if handle is None:
            return super().trial_attachments(trial)
        return Stored(handle, trial["tid"])

    def delete_all(self) -> None:
        """Delete the study with everything that belongs to it."""
        if self.handle is not None:
            self.handle.delete()
        self.use(None)
        self._early, self._ids, self.attachments = [], set(), {}
        self.refresh()

    def _search(self, fn: Any, space: Any, algo: Callable[..., Any] | None, **options: Any) -> Any:
        """With workers."""
        from parzen.hyperopt import conducting  # noqa: PLC0415 - which takes trials

        return conducting.fmin(self, fn, space, algo, **options)


class Stored:
    """The attachments of a trial in the store: ``[name]`` gives bytes."""

    def __init__(self, handle: StudyHandle, number: int) -> None:
        self._handle, self._number = handle, number

    def __contains__(self, name: object) -> bool:
        return name in self._handle.attachments(self._number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._handle.attachments(self._number))

    def __getitem__(self, name: str) -> bytes:
        try:
            return self._handle.attachment(self._number, name)
        except NotFound as error:
            raise KeyError(str(error)) from error

    def __setitem__(self, name: str, value: Any) -> None:
        self._handle.attach(
            self._number, name, value.encode("utf-8") if isinstance(value, str) else value
        )

    def __delitem__(self, name: str) -> None:
        raise NotImplementedError(
            f"the attachment {shown(name)} stays with its trial: set it to something else"
        )
