"""What a study's owner may do to it once it stands: a protocol, and the trials that he adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from parzen.shared.dimensions import Params
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Limits, ObjectiveRef, Study, Want


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A trial that somebody adds to a study: a point to try, or what was found out elsewhere.

    ``state`` is waiting, or a finished one; then ``loss`` and ``value`` agree with the study's
    direction, and a time that is None counts as now.
    """

    params: Params
    state: TrialState = TrialState.WAITING
    loss: float | None = None
    value: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    enqueued_by: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_s: float | None = None


class Steering(Protocol):
    """What a study's owner changes; the study's leader carries out what concerns its course."""

    def wish(
        self,
        name: str,
        want: Want | None = None,
        limits: Limits | None = None,
        *,
        after: int | None = None,
    ) -> Study:
        """Ask the study's leader for something, perhaps new limits; the study with the wish.

        Without ``want`` what was asked for last is asked for again.

        Raises:
            Outdated: ``after`` is given, and is not the serial of the last wish any more.
        """

    def created(self, study: Study) -> int:
        """The highest number of a trial of the study, plus one: as ``max_trials`` counts."""

    def append(
        self, study: Study, drafts: Sequence[Draft], *, below: int | None = None
    ) -> Sequence[int]:
        """Add trials under the next free numbers; these, in the drafts' order.

        Waiting ones go before all that wait already. Where the numbers ``below`` do not suffice,
        since somebody else takes some at this moment, not all are added.
        """

    def retry(
        self,
        study: Study,
        numbers: Sequence[int] | None = None,
        *,
        kind: FailureKind | None = None,
        below: int | None = None,
    ) -> Sequence[int]:
        """Ask for another go at trials that are over; their numbers.

        Of ``numbers`` those that failed or were cancelled; without them all that failed, of
        ``kind`` and with numbers ``below`` if they are given. The study's leader lets them
        wait again, before all others, with fresh budgets; a study that had ended goes on, a paused
        one stays paused.
        """

    def amend(self, study: Study, changes: Mapping[str, Any]) -> Study:
        """Set fields of the study's document that no wish is needed for, from :data:`AMENDABLE`.

        Raises:
            NotFound: the study is gone.
            Outdated: one of the fields is not as it stands in ``study`` any more.
        """

    def annotate(self, study: Study, number: int, note: str | None) -> None:
        """Write a note on a trial, or take it away.

        Raises:
            NotFound: there is no such trial.
        """

    def replace_objective(self, study: Study, objective: ObjectiveRef, bundle: bytes) -> Study:
        """Run another objective from the next attempt on; the study as stored.

        Raises:
            NotFound: the study is gone; nothing is kept.
        """

    def held(self, study: Study) -> Mapping[str, int]:
        """How many of the study's trials each worker runs now, by its id."""

    def delete(self, study: Study) -> Mapping[str, int]:
        """Delete the study and all that belongs to it; how many documents, by collection.

        The study goes first, so that nobody works on it any more; what an interruption leaves is
        swept as orphans.
        """


AMENDABLE = frozenset(
    [
        "priority",
        "max_running",
        "trial_timeout_s",
        "retries",
        "requires",
        "image",
        "sampler",
        "tags",
        "owner",
        "note",
    ]
)
"""The fields that :meth:`Steering.amend` may set."""
