"""What on this machine a store needs no more: decided from what is found and what the store holds.

Several stores may share a work directory, and a store may be asked about another's. An attempt's
directory is a store's own only where the mark beside it names that store, or one of its trials
remembers the attempt; all others are left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from parzen.shared.records import Uid
from parzen.worker.remains import Cached, Remains, cached_below, remains_below

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore
    from parzen.shared.mongo.holdings import Holdings, Tried


class Fate(str, Enum):
    """What an attempt's directory is to a store."""

    DELETED = "deleted"
    """Its study was deleted."""
    FINISHED = "finished"
    """Its trial is over; it may hold what somebody wants to see."""
    NEEDED = "needed"
    """Its trial runs or waits, and may go on from there."""
    UNKNOWN = "unknown"
    """It may be another store's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Says what becomes of an attempt's directory: ``identity`` is the store's, see ``Presence``.

    ``trials`` holds what the store knows, by the study's uid and the trial's number. ``now`` is the
    store's clock, ``here`` this machine's in seconds of the epoch.
    """

    identity: str
    holdings: Holdings
    trials: Mapping[tuple[Uid, int], Tried]
    now: datetime
    here: float

    def fate(self, one: Remains) -> Fate:
        """What it is to the store."""
        uid = owner(one, self.identity, self.holdings)
        if uid is None:
            return Fate.UNKNOWN
        marked = one.uid is not None
        if marked and uid not in self.holdings.studies.values():
            return Fate.DELETED if self.holdings.whole else Fate.UNKNOWN
        trial = self.trials.get((uid, one.number))
        if trial is None or not (marked or one.token in trial.tokens):
            return Fate.UNKNOWN
        over = trial.state is not None and trial.state.finished
        return Fate.FINISHED if over else Fate.NEEDED

    def old(self, one: Remains, older_s: float) -> bool:
        """Whether a directory that may go has been left for so long."""
        trial = self.trials.get((owner(one, self.identity, self.holdings) or Uid(""), one.number))
        if trial is not None and trial.finished_at is not None:
            return self.now - trial.finished_at > timedelta(seconds=older_s)
        return self.here - one.touched_at > older_s


def owner(one: Remains, identity: str, holdings: Holdings) -> Uid | None:
    """The uid of the study to which an attempt belongs, if that is one of this store."""
    if one.store is not None:
        return Uid(one.uid or "") if identity and one.store == identity else None
    return holdings.studies.get(one.study)


@dataclass(frozen=True, slots=True, kw_only=True)
class Litter:
    """What was found on this machine, by what may become of it."""

    deleted: Sequence[Remains] = ()
    finished: Sequence[Remains] = ()
    unknown: Sequence[Remains] = ()
    bundles: Sequence[Cached] = ()


def look(
    store: MongoStore,
    roots: Iterable[Path],
    bundles: Path,
    *,
    here: float,
    older_s: float,
    finished_s: float,
) -> Litter:
    """Look through work directories and cached bundles for what ``store`` needs no more.

    ``older_s`` is how long it must have been left, ``finished_s`` how long ago a trial must have
    ended, in seconds. ``here`` is this machine's clock.
    """
    found = [one for root in roots for one in remains_below(root)]
    # after the directories: a study that is made meanwhile is known then
    holdings, identity = store.holdings(), store.catalog.identity()
    judge = Judge(
        identity=identity,
        holdings=holdings,
        trials=_trials(store, found, identity, holdings),
        now=store.catalog.now(),
        here=here,
    )
    by_fate: dict[Fate, list[Remains]] = defaultdict(list)
    for one in found:
        by_fate[judge.fate(one)].append(one)
    return Litter(
        deleted=[one for one in by_fate[Fate.DELETED] if judge.old(one, older_s)],
        finished=[one for one in by_fate[Fate.FINISHED] if judge.old(one, finished_s)],
        unknown=by_fate[Fate.UNKNOWN],
        bundles=list(_unnamed(cached_below(bundles), holdings, here - older_s)),
    )  # fmt: skip


def _trials(
    store: MongoStore, found: Iterable[Remains], identity: str, holdings: Holdings
) -> dict[tuple[Uid, int], Tried]:
    numbers: dict[Uid, set[int]] = defaultdict(set)
    for one in found:
        uid = owner(one, identity, holdings)
        if uid is not None:
            numbers[uid].add(one.number)
    return {
        (uid, number): trial
        for uid, some in numbers.items()
        for number, trial in store.tried(uid, some).items()
    }


def _unnamed(cached: Iterable[Cached], holdings: Holdings, before: float) -> Iterator[Cached]:
    """Bundles that no study names and nobody has used lately; another's is fetched again."""
    for one in cached:
        if one.digest not in holdings.digests and one.used_at < before:
            yield one
