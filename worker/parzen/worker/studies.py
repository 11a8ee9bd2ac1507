"""The studies as an agent last saw them: which it may serve, and which cannot run here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

from parzen.shared.lifecycle import TrialState
from parzen.shared.placement import width
from parzen.shared.records import Claim, Study, Uid, Worker
from parzen.shared.store import TrialQueue
from parzen.worker.choosing import (
    NOTHING,
    Round,
    claimable,
    on_probation,
    rounds,
    wanted,
    what_runs,
)
from parzen.worker.trust import Policy, Refusals

REFRESH_S = 1.5
"""How often they are read, so that a pause or a cancel acts at once."""

NEWS_S, NEWS_SHARE = 0.05, 20.0
"""How often at most they are read because something has changed, and for so many times as long as
that takes they are not: whoever is idle hears of every change."""

VERDICT_S = 30.0
"""How long a worker on probation waits for the leader to judge the trial that it ran; a leader that
was replaced in between may not have seen it."""

IMAGE_S = 300.0
"""How long a study is left alone whose image could not run here."""

MOST_TOLD = 2000
"""How many studies a worker says it cannot run: whoever makes more must not silence it, since what
it says is one document."""


class Studies:
    """Reads the studies (of ``names``, or all) now and then, for the worker that ``me`` describes.

    What it has may change: GPUs fall out of service, time runs out.
    """

    def __init__(
        self,
        queue: TrialQueue,
        names: Sequence[str],
        me: Callable[[], Worker],
        policy: Policy | None = None,
    ) -> None:
        self._queue = queue
        self._names = names
        self._able = me
        self._me = me().id
        self._known: dict[Uid, Study] = {}
        self._open: list[Study] = []
        self._quarantine: dict[Uid, tuple[str, str]] = {}
        self._retried_at: dict[Uid, float] = {}
        self._refusals = Refusals(policy or Policy())
        self.refused_anew: Sequence[tuple[Study, str]] = ()
        """Those that may not run here and were not known to when they were read before, and why."""
        self._probed: dict[Uid, float] = {}
        self._turn = 0
        self._due_at = 0.0
        self.read_at = 0.0
        """When they were read, of the monotonic clock."""
        self.reading_s = 0.0
        """How long reading them took."""

    @property
    def due_s(self) -> float:
        """Seconds until they should be read again."""
        return max(0.0, self._due_at - time.monotonic())

    @property
    def fresh(self) -> bool:
        """Whether they were read just now."""
        return time.monotonic() - self.read_at <= self.reading_s

    @property
    def quarantined(self) -> Mapping[Uid, str]:
        """Those that cannot or may not run here, each with the reason; at most ``MOST_TOLD``."""
        unfit = {uid: reason for uid, (_, reason) in self._quarantine.copy().items()}
        return dict(islice({**unfit, **self._refusals.reasons}.items(), MOST_TOLD))

    @property
    def names(self) -> Sequence[str]:
        """The names of those that have not ended."""
        return [study.name for study in self._known.values()]

    def read(self) -> bool:
        """Read them; whether others than before may be served."""
        began = time.monotonic()
        found = self._queue.studies(self._names)
        self.read_at = time.monotonic()
        self.reading_s = self.read_at - began
        self._due_at = self.read_at + REFRESH_S
        self._known = {study.uid: study for study in found}
        before = {study.uid for study in self._open}
        self.refused_anew = self._refusals.judge(found)
        self._sort_out()
        return {study.uid for study in self._open} != before

    def hear_news(self) -> None:
        """Something has changed: read them soon; many changes are worth one look."""
        pause_s = max(NEWS_S, NEWS_SHARE * self.reading_s)
        self._due_at = min(self._due_at, self.read_at + pause_s)

    def quarantine(self, study: Study, reason: str) -> None:
        """This objective of ``study`` cannot run here; another one might.

        An image that cannot be had may be there later: it is tried again after ``IMAGE_S``.
        """
        self._quarantine[study.uid] = (what_runs(study), reason)
        self._retried_at[study.uid] = time.monotonic() + IMAGE_S
        self._sort_out()

    def rounds(
        self,
        held: Collection[Uid] = (),
        warm: Sequence[Uid] = (),
        since: Mapping[Uid, int] = NOTHING,
    ) -> Iterator[Round]:
        """Those to ask for, in order.

        ``held`` are the studies whose trials run here, ``warm`` those that slots go on with,
        ``since`` by how many more trials run than were counted.
        """
        patient = time.monotonic() - VERDICT_S
        waiting = (uid for uid, since in self._probed.items() if since > patient)
        return rounds(self._open, self._turn, self._me, {*held, *waiting}, warm, since=since)

    def served(self, asked: Round | None = None) -> None:
        """Trials were had for ``asked``: the next study goes first."""
        self._turn += 1
        for study in asked.studies if asked else ():
            if on_probation(study, self._me):
                self._probed[study.uid] = time.monotonic()

    def top_priority(self, sits: Callable[[Study], bool] = lambda _: True) -> float:
        """The highest priority of those with trials that wait, as their leaders last counted them.

        Those that take several GPUs do not count: such seats come together when they are free. Nor
        do those that do not ``sit`` on the seats in question.
        """
        return max(
            (
                study.priority
                for study in self._open
                if study.counts.get(TrialState.WAITING)
                and width(study.requires) == 1
                and sits(study)
            ),
            default=-math.inf,
        )

    def look_again(self) -> None:
        """What this worker has is not what it was: other studies may be open to it."""
        self._sort_out()

    def gone(self, study: Uid) -> bool:
        """Whether the study has ended or was deleted."""
        return study not in self._known

    def unwanted(self, claim: Claim) -> bool:
        """Whether the claim's study no longer wants its trials."""
        study = self._known.get(claim.study.uid)
        return study is not None and not wanted(study)

    def _sort_out(self) -> None:
        me = self._able()
        trying = {uid for uid, study in self._known.items() if on_probation(study, self._me)}
        self._probed = {uid: since for uid, since in self._probed.items() if uid in trying}
        self._quarantine = {
            uid: found for uid, found in self._quarantine.items() if self._holds(uid, found[0])
        }
        self._open = [
            study
            for study in self._known.values()
            if claimable(study, me, self._quarantine) and study.uid not in self._refusals.reasons
        ]

    def _holds(self, uid: Uid, what: str) -> bool:
        """Whether a quarantine of ``what`` still keeps the study away."""
        study = self._known.get(uid)
        if study is None:
            return True
        late = study.image is not None and time.monotonic() >= self._retried_at.get(uid, 0.0)
        return what_runs(study) == what and not late
