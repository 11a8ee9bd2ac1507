"""What a coordinator remembers of one study while it leads it.

All of it can be had again from the database: it is dropped whenever the lease was lost, and built
afresh by whoever leads next.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from parzen.coordinator import depth
from parzen.coordinator.conduct import Conduct
from parzen.coordinator.depth import Cluster, Load, Rate, Scarcity
from parzen.coordinator.failures import FailureStreak
from parzen.coordinator.history import History
from parzen.coordinator.plan import UNSURE, Facts, claimable, time_left
from parzen.coordinator.samplers.enqueued import EnqueuedSampler
from parzen.coordinator.samplers.protocol import Sampler
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.places import held
from parzen.shared.records import Study, Trial
from parzen.shared.store import Leadership

LEASE_SHARE = 0.8
"""A leader stops acting after this share of its lease, so that what it sent last still arrives
within it."""
RENEW_SHARE = 1 / 3
"""It renews after this share."""
SEARCH_S = 10.0
"""It makes sure this often that the trials it waits for still exist."""
UPKEEP_S, UPKEEP_EACH_S = 1.0, 0.02
"""It looks for lost workers and for rests that are over this often: with many studies so seldom
that each costs it no more than this share of its time."""
QUIET_COUNTS_S = 0.2
"""Counts are written this long after the last write where nothing more came in; else after 1 s."""


@dataclass(slots=True)
class Throttle:
    """Says yes at most once in ``every_s`` seconds of the caller's clock."""

    every_s: float
    last: float = float("-inf")

    def due(self, at: float) -> bool:
        """Whether it is time; if so, the next time is ``every_s`` from ``at``."""
        if at - self.last < self.every_s:
            return False
        self.last = at
        return True


@dataclass(slots=True, kw_only=True)
class Led:
    """One led study. ``asked_at`` is the monotonic time at which the lease was asked for.

    ``turnaround_s`` is the time from a result to the next proposal in the database and
    ``seconds_each`` what one proposal costs, both smoothed; ``resting`` holds waiting trials that
    may not be claimed before a time of the server's clock. ``hidden`` are the numbers of trials
    that cannot be read, ``missed`` those of unfinished ones that the last search did not find.
    ``upto`` is the highest term of a trial that stood when the study was taken over: the term
    itself or a former one, unless somebody edited the lease. ``proposing`` is what the sampler last
    said of itself. ``bound`` is how many of its trials may be claimed at most, as was last seen to.
    ``unsettled`` says that its last turn has done something, after which there may
    be more to do.
    """

    lead: Leadership
    asked_at: float
    lease_s: float
    history: History
    failures: FailureStreak
    conduct: Conduct
    hidden: set[int] = field(default_factory=set)
    missed: set[int] = field(default_factory=set)
    upto: int = 0
    sampler: Sampler | None = None
    fault: str | None = None
    exhausted: bool = False
    proposing: str | None = None
    rate: Rate = field(default_factory=Rate)
    scarcity: Scarcity = field(default_factory=Scarcity)
    turnaround_s: float = 0.0
    seconds_each: float = 0.0
    resting: dict[int, datetime] = field(default_factory=dict)
    observed_at: float = float("-inf")
    stale_counts: bool = False
    counts_kept: Throttle = field(default_factory=lambda: Throttle(1.0))
    upkeep: Throttle = field(default_factory=lambda: Throttle(UPKEEP_S))
    search: Throttle = field(default_factory=lambda: Throttle(SEARCH_S))
    unsettled: bool = True
    bound: int | None = None

    @property
    def study(self) -> Study:
        """The study as it stood when it was last read."""
        return self.lead.study

    def holds(self, at: float) -> bool:
        """Whether the lease may still be relied on at the monotonic time ``at``."""
        return at - self.asked_at < LEASE_SHARE * self.lease_s

    def renewal_due(self, at: float) -> bool:
        """Whether it is time to renew."""
        return at - self.asked_at >= RENEW_SHARE * self.lease_s

    def renewed(self, lead: Leadership, asked_at: float) -> None:
        """Go on under a renewed lease of the same term."""
        self.lead, self.asked_at = lead, asked_at
        self.history.budget = lead.study.limits.max_trials

    def server_now(self, at: float) -> datetime:
        """The server's clock at the monotonic time ``at``."""
        return self.lead.now + timedelta(seconds=max(0.0, at - self.asked_at))

    def wants_turn(self, at: float, changed: bool) -> bool:
        """Whether a turn at ``at`` may find something to do; ``changed`` is what others saw."""
        if changed or self.unsettled or at - self.upkeep.last >= self.upkeep.every_s:
            return True
        if self.stale_counts and at - self.counts_kept.last >= QUIET_COUNTS_S:
            return True
        left = time_left(self.study, self.server_now(at))
        return left is not None and left <= 0

    def among(self, studies: int) -> None:
        """Be one of so many: what is looked after now and then is so less often."""
        self.upkeep.every_s = max(UPKEEP_S, studies * UPKEEP_EACH_S)
        self.search.every_s = SEARCH_S * self.upkeep.every_s / UPKEEP_S

    def take(self, trials: Sequence[Trial]) -> None:
        """Take in trials that are new or have changed."""
        for trial in trials:
            self.history.put(trial)
        self.note(trials)

    def note(self, trials: Sequence[Trial]) -> None:
        """Take them in everywhere but in the history."""
        self.failures.take(trials)
        self.conduct.take(trials)
        self.note_rest(trials)
        self.stale_counts = self.stale_counts or bool(trials)
        if trials:
            self.exhausted = False  # a stage may begin, a point be free again: it is asked anew

    def observe(self, trials: Sequence[Trial], at: float) -> None:
        """Take in what had changed at the monotonic time ``at``; none is news as well."""
        # an earlier trial that somebody adds has freed no slot
        known = [trial for trial in trials if self.is_taken(trial.number)]
        freed = sum(trial.state is not TrialState.RUNNING for trial in known)
        before, elapsed_s = self._claimable(at), at - self.observed_at
        self.take(trials)
        self.rate.add(freed, elapsed_s)
        if before:
            self.scarcity.note(dry=not self._claimable(at), elapsed_s=elapsed_s)
        self.observed_at = at

    def note_rest(self, trials: Iterable[Trial]) -> None:
        """Keep track of which waiting trials rest after a failure, and of what is held back."""
        bounded = self.study.max_running is not None
        for trial in trials:
            self.resting.pop(trial.number, None)
            if held(trial) or (bounded and trial.state is TrialState.WAITING):
                self.bound = UNSURE
            if trial.state is TrialState.WAITING and trial.order is None and trial.due_at:
                self.resting[trial.number] = trial.due_at

    def note_turn(self, turn_s: float) -> None:
        """Take in how long a result and its successor took this time."""
        self.turnaround_s += 0.3 * (turn_s - self.turnaround_s)

    def note_cost(self, count: int, seconds: float) -> None:
        """Take in what ``count`` proposals cost."""
        self.seconds_each += 0.3 * (seconds / count - self.seconds_each)

    def note_explanation(self, proposing: str | None) -> None:
        """Take in what the sampler says of itself; it is stored with the counts."""
        if proposing != self.proposing:
            self.proposing, self.stale_counts = proposing, True

    def hide(self, numbers: Iterable[int]) -> None:
        """Take in that trials of these numbers exist and cannot be read."""
        self.hidden.update(numbers)

    def forget(self, numbers: Iterable[int]) -> None:
        """Take in that the trials of these numbers are no more: the numbers are free again."""
        for number in numbers:
            self.history.drop(number)
            self.hidden.discard(number)
            self.resting.pop(number, None)
        self.exhausted = False
        self.stale_counts = True

    @property
    def top(self) -> int:
        """The highest number that is known to be taken, plus one."""
        return max([self.history.created, *(number + 1 for number in self.hidden)])

    def free_numbers(self, count: int) -> list[int]:
        """The ``count`` smallest numbers that no trial has.

        They follow on the highest one, unless a leader died in the middle of an insert.
        """
        top, history = self.top, self.history
        unread = sum(not history.knows(number) for number in self.hidden)
        start = top if history.count + unread == top else 0
        return list(islice((n for n in itertools.count(start) if not self.is_taken(n)), count))

    def is_taken(self, number: int) -> bool:
        """Whether a trial of that number exists, as far as is known."""
        return number in self.hidden or self.history.knows(number)

    @property
    def proposes(self) -> bool:
        """Whether its sampler may be asked for more."""
        active = self.study.status is StudyStatus.ACTIVE
        limit = self.study.limits.max_trials
        left = limit is None or self.history.created < limit
        return active and left and not self.exhausted and self.fault is None

    def facts(self, cluster: Cluster, at: float) -> Facts:
        """What the plan needs to know at the monotonic time ``at``."""
        now, history = self.server_now(at), self.history
        return Facts(
            now=now,
            counts=history.counts,
            best_loss=history.best[1] if history.best else None,
            finished_since_best=history.finished_since_best(),
            consecutive_failures=self.failures.count,
            last_error=self.failures.last_error,
            exhausted=self.exhausted,
            fault=self.fault,
            capacity=self._capacity(cluster, at),
            hidden=len(self.hidden),
            surplus=self._surplus(),
            bound=self.bound,
        )

    def _claimable(self, at: float) -> int:
        """How many trials wait without a rest, and are not held back."""
        now, counts = self.server_now(at), self.history.counts
        resting = sum(until > now for until in self.resting.values())
        waiting = counts[TrialState.WAITING] - resting
        most = claimable(self.study, counts[TrialState.RUNNING])
        return waiting if most is None else min(waiting, most)

    def _surplus(self) -> int:
        limit = self.study.limits.max_trials
        if limit is None or self.history.created <= limit:
            return 0
        waiting = self.history.unfinished()[TrialState.WAITING]
        return sum(number >= limit for number in waiting)

    def queue(self, cluster: Cluster, at: float) -> tuple[int, int]:
        """How many trials should wait at the monotonic time ``at``, and how many do."""
        wanted = depth.depth(self._load(cluster, at)) if self.proposes else 0
        return wanted, self._claimable(at)

    def _capacity(self, cluster: Cluster, at: float) -> int:
        if isinstance(self.sampler, EnqueuedSampler):
            return 0  # to have nothing to propose is not to have proposed everything
        return depth.batch(depth.capacity(self._load(cluster, at)), self.seconds_each)

    def _load(self, cluster: Cluster, at: float) -> Load:
        history, counts = self.history, self.history.counts
        waiting, running = counts[TrialState.WAITING], counts[TrialState.RUNNING]
        return Load(
            slots=depth.slots_for(self.study, cluster.workers),
            running=running,
            elsewhere=max(0, cluster.running - running),
            sharing=cluster.proposing,
            waiting=waiting,
            claimable=self._claimable(at),
            finished=history.count - waiting - running,
            rate=self.rate.per_s,
            turnaround_s=self.turnaround_s,
            scarcity=self.scarcity.factor,
            max_running=self.study.max_running,
        )
