"""What a study and its trials must look like after anything that may happen: told once more.

It restates the design's tables in the plainest words, and takes nothing from ``lifecycle.py``, so
that the two can disagree.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

STEPS = {
    ("waiting", "running"),
    ("waiting", "cancelled"),
    ("running", "waiting"),
    ("running", "complete"),
    ("running", "pruned"),
    ("running", "failed"),
    ("running", "cancelled"),
}
"""Every way in which a trial's state may change here (a retry by hand is no rule of these)."""

MOVES = {
    "pause": ("active", "paused"),
    "resume": ("paused stopping complete failed cancelled", "active"),
    "stop": ("active paused", "stopping"),
    "complete": ("active paused stopping", "complete"),
    "fail": ("active paused stopping", "failed"),
    "cancel": ("active paused stopping", "cancelled"),
}
"""{event: (from which statuses, to which)}."""

AT_ONCE = {"preempted", "incompatible", "untrusted", "lost"}
"""Failures that are not the trial's fault: what they leave waits without a rest."""


@dataclass
class ModelTrial:
    """One trial."""

    number: int
    state: str = "waiting"
    queued: bool = True
    attempt: int = 0
    token: str | None = None
    overdue: bool = False
    tokens: list[str] = field(default_factory=list)
    outcomes: list[str | None] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    value: float | None = None
    result: dict[str, object] = field(default_factory=dict)
    last: tuple[int, float] | None = None
    measured: dict[int, tuple[int, float]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nobody will touch it again."""
        return self.state not in ("waiting", "running")

    def claim(self, token: str, *, overdue: bool) -> None:
        """A worker takes it."""
        self.state, self.queued = "running", False
        self.token, self.overdue = token, overdue
        self.attempt += 1
        self.tokens.append(token)
        self.outcomes.append(None)

    def word(self, token: str) -> str | None:
        """How the attempt of ``token`` ended, if it has."""
        return self.outcomes[self.tokens.index(token)]

    def end(self, word: str, state: str) -> None:
        """Its attempt is over, and it goes to ``state``."""
        self.outcomes[self.tokens.index(self.token)] = word
        self.state, self.token, self.queued = state, None, False

    def fail(
        self,
        kind: str,
        word: str,
        budgets: dict[str, int | None],
        result: dict[str, object] | None = None,
    ) -> None:
        """Its attempt gave no loss: it waits again while that kind is forgiven.

        What it found out all the same is kept only where nobody tries again.
        """
        allowed = self.budget(kind, budgets)
        forgiven = allowed is None or self.failures[kind] < allowed
        self.failures[kind] += 1
        self.end(word, "waiting" if forgiven else "failed")
        self.queued = forgiven and kind in AT_ONCE
        if not forgiven:
            self.result = result or {}

    @staticmethod
    def budget(kind: str, budgets: dict[str, int | None]) -> int | None:
        """How often a failure of ``kind`` is forgiven; None is always."""
        if kind in ("incompatible", "untrusted"):
            return None
        if kind == "invalid_result":
            return 0
        return budgets["exception" if kind == "killed" else kind]

    def measure(self, step: int, value: float) -> None:
        """The attempt that holds it has measured something."""
        self.measured[step] = (self.attempt, value)
        self.last = (step, value)


@dataclass
class ModelStudy:
    """One study with its trials, by number."""

    budgets: dict[str, int | None]
    trials: dict[int, ModelTrial] = field(default_factory=dict)
    status: str = "active"
    ending: str | None = None
    reason: str | None = None
    holder: str | None = None
    term: int = 0
    lease_over: bool = True
    want: str = "run"
    serial: int = 0
    done: int = 0
    wished: int | None = None
    """The ``max_trials`` that is wished for; None where the wish leaves the limits alone."""
    max_trials: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def lead(self, holder: str, *, over: bool) -> int | None:
        """Somebody asks for the lease: his term, or None where another holds it."""
        if not self.lease_over and self.holder != holder:
            return None
        if self.lease_over or self.holder != holder:
            self.term += 1
        self.holder, self.lease_over = holder, over
        return self.term

    def leads(self, holder: str, term: int) -> bool:
        """Whether nobody has taken over since ``holder`` got ``term``."""
        return (self.holder, self.term) == (holder, term)

    def move(self, event: str, reason: str | None, ending: str | None) -> bool:
        """Its leader moves it; whether the table has that step."""
        sources, target = MOVES[event]
        if self.status not in sources.split():
            return False
        self.status = target
        if reason is not None or event == "resume":
            self.reason = reason
        if target != "stopping":
            self.ending = None
        elif ending is not None:
            self.ending = ending
        return True

    def wish(self, want: str, max_trials: int | None) -> None:
        """Its owner asks for something; limits wished for stay so until they are in force."""
        kept = self.wished if self.serial > self.done else None
        self.wished = kept if max_trials is None else max_trials
        self.want, self.serial = want, self.serial + 1

    @property
    def unwanted(self) -> bool:
        """Whether what runs should stop."""
        cancelled = self.want == "cancel" and self.serial > self.done
        return cancelled or self.status not in ("active", "paused")

    def numbers(self, *states: str) -> list[int]:
        """The trials that are in one of ``states``."""
        return sorted(n for n, t in self.trials.items() if t.state in states)
