"""Which workers keep from a study's trials for a while, decided from facts alone.

A node with a broken GPU or a full disk fails each trial within a second and takes the next one: it
would eat a study while healthy nodes are at their first trials. A worker is set aside where

1. its last ``after`` or more attempts at the study's trials all failed, and
2. others did better since the first of those: as many of their attempts have ended, or one has
   outlasted the failing ones by far; at least half of theirs went well; and if its trials failed as
   often as theirs, so many failures in a row would be a chance of less than ``CHANCE``.

An objective that fails everywhere thus sets nobody aside, the more often trials fail elsewhere the
more failures it takes, and a worker that is alone is left alone. When its time is over the worker
is on probation: a good end frees it, a failure sets it aside at once for twice as long. Where all
are set aside, the first to be free again is at once on probation.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parzen.coordinator import depth
from parzen.coordinator.conduct import Conduct, Ended, Tally
from parzen.shared.records import SetAside, Study, Worker

MOST = 100
"""So many workers at most are set aside in one study: agents read the list every second."""

CHANCE = 1e-3
"""How probable a row of failures may be that sets a worker aside without its fault."""

OUTLASTS = 2
"""A running attempt outlasts failing ones where it is as old as so many of the longest of them."""

LONGEST_S = 86_400.0
"""No worker is set aside for longer than a day at a time."""

ERROR_CHARS = 200
"""How much of the last error the reason quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When and for how long: ``after`` failures in a row, first for ``first_s`` seconds.

    ``after`` 0 sets nobody aside.
    """

    after: int = 5
    first_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Rows:
    """Failures that are left out of what speaks for or against others.

    A whole rack that is broken fails more often than everybody else together finishes. Failures in
    rows of ``least``, twice as long as what makes a suspect, are therefore nobody's evidence: where
    all fail, none is left, and where some do not, these decide.
    """

    after: int
    least: int
    places: Sequence[int]

    @classmethod
    def of(cls, conduct: Conduct, after: int) -> Rows:
        """Those that stand in ``conduct``."""
        return cls(after, 2 * after, conduct.rows(2 * after))

    def since(self, place: int) -> int:
        """How many there are after ``place``."""
        return len(self.places) - bisect_right(self.places, place)


def decide(
    study: Study, conduct: Conduct, workers: Iterable[Worker], now: datetime, rules: Rules
) -> tuple[SetAside, ...]:
    """The study's quarantine as it should be at ``now`` of the server's clock.

    ``workers`` are those alive.
    """
    if rules.after <= 0:
        return ()
    seen = {w.id: w.seen_at or now for w in workers if depth.serves(w, study)}
    able = set(seen)
    kept = [
        entry
        for before in study.quarantine
        for entry in [_reviewed(before, conduct, able, now, rules)]
        if entry is not None
    ]
    held = {entry.worker for entry in kept}
    rows = Rows.of(conduct, rules.after)
    for worker in conduct.suspects(rules.after):
        free = able - {entry.worker for entry in kept if not entry.probation}
        if worker in free - held and len(free) > 1 and _worse(worker, conduct, seen, rows):
            kept.append(_set_aside(worker, _reason(worker, conduct), 1, now, rules))
    return tuple(_with_one_left(kept, able, now)[:MOST])


def _with_one_left(kept: list[SetAside], able: set[str], now: datetime) -> list[SetAside]:
    """``kept``, where the first to be free again is on probation if nobody else could run a trial.

    Others have died since the rest was set aside.
    """
    closed = [entry for entry in kept if entry.worker in able and not entry.probation]
    if not closed or len(closed) < len(able):
        return kept
    first = min(closed, key=lambda entry: entry.until)
    return [
        replace(entry, probation=True, until=_stored(now)) if entry is first else entry
        for entry in kept
    ]


def _reviewed(
    entry: SetAside, conduct: Conduct, able: set[str], now: datetime, rules: Rules
) -> SetAside | None:
    """What becomes of one that is set aside; None: it is free, or gone for good."""
    if now < entry.until:
        return entry
    if entry.worker not in able:
        return None
    probe = conduct.last(entry.worker)
    if not entry.probation or probe is None or probe.began < entry.until:
        return replace(entry, probation=True)
    if probe.error is None:
        return None
    reason = f"it failed again after its time was over ({_told(probe)})"
    return _set_aside(entry.worker, reason, entry.times + 1, now, rules)


def _worse(worker: str, conduct: Conduct, seen: Mapping[str, datetime], rows: Rows) -> bool:
    """Whether others did better than ``worker`` since one of its last failures.

    An attempt is as old as when its worker was last ``seen``: one that has died outlasts nobody.
    """
    failed = conduct.failed(worker)
    everybody, running = conduct.others(worker), conduct.running(worker)
    patience = OUTLASTS * max(one.lasted for one in failed)
    patient = [
        began for holder, began in running if holder in seen and seen[holder] - began >= patience
    ]
    for i, first in enumerate(failed[: len(failed) - rows.after + 1]):
        others = everybody - first.others
        own = len(failed) - i - 1
        in_rows = rows.since(first.place) - (own if len(failed) >= rows.least else 0)
        outlasting = sum(began <= first.began for began in patient)
        if _improbable(own + 1, others - Tally(in_rows, 0), outlasting, rows.after):
            return True
    return False


def _improbable(times: int, others: Tally, outlasting: int, after: int) -> bool:
    """Whether ``times`` failures in a row tell of the worker, by what came to others meanwhile."""
    count, failures = others.ended + outlasting, others.ended - others.good
    share = (failures + 1) / (count + 2)  # Laplace's rule of succession
    return (
        (others.ended >= after or outlasting > 0)
        and 2 * failures <= count
        and share**times <= CHANCE
    )


def _set_aside(worker: str, reason: str, times: int, now: datetime, rules: Rules) -> SetAside:
    seconds = min(rules.first_s * 2.0 ** min(times - 1, 60), LONGEST_S)
    until = _stored(now + timedelta(seconds=seconds))
    return SetAside(worker=worker, until=until, reason=reason, times=times)


def _stored(moment: datetime) -> datetime:
    """A time as MongoDB keeps it, which is to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _reason(worker: str, conduct: Conduct) -> str:
    failed = conduct.failed(worker)
    return f"its last {len(failed)} attempts failed, others' did not ({_told(failed[-1])})"


def _told(ended: Ended) -> str:
    error = ended.error
    if error is None:
        return "it did not fail"
    said = error.message or error.kind.value
    text = f"{error.type}: {said}" if error.type else said
    return text if len(text) <= ERROR_CHARS else f"{text[: ERROR_CHARS - 1]}…"


def changes(before: Sequence[SetAside], after: Sequence[SetAside]) -> list[str]:
    """What a log says of each worker whose standing has changed."""
    old = {entry.worker: entry for entry in before}
    said = [
        f"worker {entry.worker} is on probation"
        if entry.probation
        else f"worker {entry.worker} is set aside until {entry.until:%Y-%m-%d %H:%M:%S} UTC: "
        f"{entry.reason}"
        for entry in after
        if old.pop(entry.worker, None) != entry
    ]
    return [*said, *(f"worker {worker} is not set aside any more" for worker in old)]
