"""What the rooms ask of a database: three narrow protocols, one for each of its users.

A worker sees :class:`TrialQueue`, a coordinator :class:`Ledger`, the laptop :class:`Catalog`.
Everything raises the errors of :mod:`parzen.shared.errors` and nothing else; every call has a time
limit; every write is acknowledged by a majority. ``tests/shared/conformance`` states what an
implementation must do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from parzen.shared.course import Ended, Improvement, Silent, Spent
from parzen.shared.criteria import Criterion
from parzen.shared.dimensions import Params
from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialState
from parzen.shared.records import (
    Claim,
    Directive,
    Measurement,
    Order,
    Outcome,
    Piece,
    Proposed,
    SetAside,
    Study,
    Trial,
    Uid,
    Verdict,
    Wish,
    Worker,
)
from parzen.shared.steering import Steering


class Watch(Protocol):
    """Something that wakes its holder when the database may hold news."""

    def wait(self, timeout_s: float) -> bool:
        """Block until there may be news, or for ``timeout_s``; whether there may be news."""

    def close(self) -> None:
        """Let go of the stream; a wait in another thread returns."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since somebody asked last.

    ``trials`` are the studies whose trials have, ``studies`` says whether a study has; where
    nobody can tell, ``everything`` may have.
    """

    trials: frozenset[Uid] = frozenset()
    studies: bool = False
    everything: bool = False


class NewsWatch(Watch, Protocol):
    """A watch that tells what it has seen."""

    def changes(self) -> Changes:
        """What has changed since the last call; what was seen is told once."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a store brings news: by change ``streams``, or only when it is asked.

    ``resumes`` counts streams that broke and were opened again.
    """

    streams: bool
    resumes: int = 0


class Presence(Protocol):
    """How a process shows that it lives."""

    def beat(self, worker: Worker) -> Order | None:
        """Say that ``worker`` is alive, now, on the server's clock; what somebody asked of it."""

    def ask(self, worker_id: str, order: Order) -> bool:
        """Ask a process to do something, which it does when it shows next; whether there is one."""

    def leave(self, worker_id: str) -> None:
        """Say that it is gone, and meant to go."""

    def workers(self) -> Sequence[Worker]:
        """Who is alive: workers and coordinators seen within ``LIVE_S``, on the server's clock."""

    def remaining(self, ids: Sequence[str]) -> Sequence[Worker]:
        """Those of these processes that have not said that they go, by id, however long silent."""

    def now(self) -> datetime:
        """The server's clock, by which every date in the store was set."""

    def identity(self) -> str:
        """What tells this store from every other, for good; empty where nothing does."""


LIVE_S = 15.0
"""A process that was not seen for this long counts as gone; processes beat every third of it."""

LONGEST_LEASE_S = 8 * 86_400.0
"""A lease that runs longer was written by hand, or by a clock gone wrong: it holds for nobody."""

LONGEST_REST_S = 86_400.0
"""A trial that is to rest for longer was told so by hand: it may be claimed at once."""


LEFT_OUT = "bytes of output were left out here"
"""What a line in an output says that tells of a gap, whoever writes it."""

TAIL_BYTES = 4096
"""How much of an attempt's output its trial's document holds: the end."""

PIECE_BYTES = 256 << 10
"""The longest piece of output that a worker puts in the store."""

FOLLOW_S = 30.0
"""How long somebody follows a trial who does not say so again."""


Room: TypeAlias = Callable[[Study, Sequence[Claim]], int]
"""How many more trials of a study a worker can hold that has taken those claims just now."""


class TrialQueue(Presence, Protocol):
    """All that a worker sees."""

    def studies(self, names: Sequence[str] = ()) -> Sequence[Study]:
        """The studies that have not ended (of those ``names``, or all), in order of creation."""

    def claim(
        self, worker: Worker, studies: Sequence[Study], count: int = 1, room: Room | None = None
    ) -> Sequence[Claim]:
        """Take up to ``count`` waiting trials; the first study given is served first.

        ``room`` says of a study how many more of its trials the worker can hold.
        """

    def bundle(self, study: Study) -> bytes:
        """The objective's bundle, verified against its digest."""

    def renew(
        self, claims: Sequence[Claim], seen: Sequence[Measurement] = ()
    ) -> Sequence[Directive]:
        """Renew the leases and store the measurements; one directive for each claim, in order."""

    def report(self, done: Sequence[tuple[Claim, Outcome]]) -> Sequence[Verdict]:
        """Write outcomes, each fenced by its token; one verdict for each, in order."""

    def attach(self, claim: Claim, name: str, data: bytes) -> None:
        """Keep ``data`` with the trial under ``name``; a later attachment of that name wins."""

    def followed(self, claims: Sequence[Claim]) -> Collection[tuple[Uid, int]]:
        """Which of these trials somebody follows now; their keys."""

    def keep_output(self, piece: Piece) -> None:
        """Keep a piece of what an attempt printed; keeping it again is keeping it once."""

    def drop_output(self, token: str, offsets: Sequence[int]) -> None:
        """Let go of those pieces of an attempt's output."""

    def watch_work(self) -> Watch:
        """Wakes when a trial may be claimable or a study has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A trial to be: what a leader inserts."""

    number: int
    params: Params
    proposed: Proposed
    enqueued_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """A leader's lease on a study as the server granted it, with the study as it stood then.

    ``now`` is the server's clock at that moment.
    """

    study: Study
    term: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What people see of a led study's trials, and what its sampler says of itself."""

    lead: Leadership
    counts: Mapping[TrialState, int]
    best_number: int | None = None
    proposing: str | None = None


@dataclass(frozen=True, slots=True)
class Believed:
    """What a leader believes of a study's unfinished trials: their numbers, by state.

    It wants to know of all trials numbered higher than ``above``, too.
    """

    study: Uid
    states: Mapping[TrialState, Sequence[int]]
    above: int | None = None


class Ledger(Presence, Protocol):
    """All that a coordinator sees. Only the leader of a study calls what takes a ``lead``."""

    def leadable(self) -> Sequence[Study]:
        """The studies that have not ended, or whose owner's wish was not carried out yet."""

    def strays(self) -> Sequence[Study]:
        """The studies that have ended and still hold waiting or running trials.

        A leader that was suspended before an insert leaves such, as may one that was restored.
        """

    def lead(self, study: Uid, holder: str, lease_s: float) -> Leadership | None:
        """Take or renew the lease; None where somebody else holds it, or the study is gone."""

    def yield_lead(self, lead: Leadership) -> None:
        """Give the lease up, so that another takes over at once."""

    def history(self, study: Uid) -> Iterator[Trial]:
        """Every trial of the study by number, without attempts, user data and result.

        Of the result there is "gradient", which samplers look at.
        """

    def changed(
        self,
        study: Uid,
        believed: Mapping[TrialState, Sequence[int]],
        above: int | None = None,
    ) -> Sequence[Trial]:
        """Those of the unfinished trials ``believed`` whose state is another one by now.

        With ``above`` also all trials of higher numbers: a former leader may have been late. Of
        their results there is "gradient".
        """

    def all_changed(self, all_believed: Sequence[Believed]) -> Mapping[Uid, Sequence[Trial]]:
        """As :meth:`changed` for many studies at once; those of which something has changed."""

    def insert(self, lead: Leadership, proposals: Sequence[Proposal]) -> Sequence[int]:
        """Add waiting trials; the numbers that this call added (others existed already)."""

    def insert_all(
        self, all_made: Sequence[tuple[Leadership, Sequence[Proposal]]]
    ) -> Sequence[Sequence[int]]:
        """As :meth:`insert` for many studies at once; of each the numbers."""

    def expire(self, lead: Leadership, upto: int | None = None) -> Sequence[int]:
        """Take back running trials whose lease ran out; their numbers.

        Those proposed in later terms than ``upto`` (or the lead's own) are left alone: a leader
        that was suspended may believe that the study is stopping, and it was resumed since.

        Each is requeued or failed as :func:`lifecycle.settle` says, or cancelled where the study
        is stopping.
        """

    def queue_due(self, lead: Leadership) -> int:
        """Put waiting trials whose back-off is over into the queue; how many."""

    def bound(self, lead: Leadership, limit: int | None) -> int:
        """Let so many of its trials that do not rest be claimed that no more than ``limit`` run.

        None: all of them. They are the first in the queue, and the others are held back; how many
        changed from one to the other. Trials of a study with ``max_running`` that come back, or are
        enqueued, are held back until then.
        """

    def cancel_waiting(
        self, lead: Leadership, least: int = 0, upto: int | None = None
    ) -> Sequence[int]:
        """Cancel every waiting trial numbered ``least`` or higher; their numbers.

        Those of later terms than ``upto`` (or the lead's own) are left alone, as in :meth:`expire`.
        """

    def move(
        self,
        lead: Leadership,
        event: StudyEvent,
        *,
        reason: str | None = None,
        ending: StudyStatus | None = None,
    ) -> bool:
        """Move the study's status, fenced by the term; whether it was done."""

    def retry(self, lead: Leadership, numbers: Sequence[int]) -> None:
        """Let those of the trials that failed or were cancelled wait again, before all others."""

    def wish_done(self, lead: Leadership, wish: Wish) -> bool:
        """Record that ``wish`` was carried out and put its limits in force, fenced by the term."""

    def keep_counts(self, all_kept: Sequence[Kept]) -> Sequence[bool]:
        """Store the counts that people see, and who proposes and why, each fenced by its term.

        Of each study whether it was done.
        """

    def renew_leads(
        self, studies: Sequence[Uid], holder: str, lease_s: float
    ) -> Sequence[Leadership]:
        """Renew those leases that ``holder`` still has, all at once; those, as they stand now."""

    def set_aside(self, lead: Leadership, quarantine: Sequence[SetAside]) -> bool:
        """Store which workers are kept from the study's trials, fenced by the term."""

    def watch_results(self) -> NewsWatch:
        """Wakes when a trial's state or a study has changed, and tells whose."""


class Catalog(Steering, Presence, Protocol):
    """All that the laptop sees."""

    def create(self, study: Study, bundle: bytes) -> Study:
        """Store the bundle, then the study that names it; the study as stored.

        Raises:
            Conflict: a study of that name exists.
        """

    def study(self, name: str) -> Study:
        """The study of that name.

        Raises:
            NotFound: there is none; the message names the nearest ones.
        """

    def all_studies(self) -> Sequence[Study]:
        """Every study, newest first."""

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
        sorted field come last.
        """

    def improvements(self, study: Study) -> Sequence[Improvement]:
        """Each trial with a loss below those of all lower numbers, by number."""

    def spent(self, study: Study) -> Sequence[Spent]:
        """The attempts at the study's last ``course.LATEST`` trials, by how they ended."""

    def ends(self, study: Study) -> Sequence[Ended]:
        """When the study's last trials ended that were tried, in order."""

    def silent(self, study: Study) -> Sequence[Silent]:
        """The workers that have running trials of the study and are not live, by id."""

    def trial(self, study: Study, number: int) -> Trial:
        """One trial with everything.

        Raises:
            NotFound: there is none of that number.
        """

    def measurements(self, study: Study, number: int) -> Sequence[Measurement]:
        """What a trial reported on its way, by step; of each step what the last attempt said."""

    def attachments(self, study: Study, number: int) -> Sequence[str]:
        """The names of a trial's attachments."""

    def attachment_sizes(self, study: Study, number: int) -> Mapping[str, int]:
        """The sizes of a trial's attachments in bytes, by name."""

    def attachment(self, study: Study, number: int, name: str) -> bytes:
        """One attachment.

        Raises:
            NotFound: there is none of that name.
        """

    def attach(self, study: Study, number: int, name: str, data: bytes) -> None:
        """Keep ``data`` with a trial under ``name``; a later attachment of that name wins.

        Raises:
            NotFound: there is no such trial.
        """

    def output(
        self, study: Study, number: int, token: str, start: int = 0, *, backwards: bool = False
    ) -> Iterator[Piece]:
        """What the store has of an attempt's output: the pieces that begin at ``start`` or later.

        In order, or the last first. Where one does not begin at the end of the one before it, the
        bytes between are not in the store.
        """

    def follow(self, study: Study, number: int) -> None:
        """Ask for the trial's output while it is printed, for ``FOLLOW_S`` from now.

        Raises:
            StoreDenied: who may only look may not ask.
        """

    def watch_study(self, study: Study) -> Watch:
        """Wakes when the study or one of its trials has changed."""
