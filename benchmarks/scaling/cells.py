"""What is swept over, and what was measured there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One place in the sweep.

    Attributes:
        slots: how many trials may run at a time.
        history: how many trials have finished before, over all studies.
        studies: how many are active.
        load: which share of the rate at full load is offered; None is full load itself, an
            objective that takes no time.
    """

    slots: int
    history: int
    studies: int
    load: float | None = None

    @property
    def full(self) -> Cell:
        """The same place at full load."""
        return Cell(slots=self.slots, history=self.history, studies=self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long a cell takes, and with what it is simulated; times in seconds.

    Attributes:
        warm_up_s: from the first trial that finished until the window begins.
        window_s: how long is counted.
        slots_per_agent: an agent is one ``Worker`` with so many slots.
        processes: that the agents are spread over.
        threads: in each process; a thread serves its agents one after another.
        sampler: who proposes.
        bare_trials: of the bare loop that everything is compared with.
        cost_trials: of each of the operations whose CPU time is measured.
    """

    warm_up_s: float = 10.0
    window_s: float = 20.0
    slots_per_agent: int = 8
    processes: int = 4
    threads: int = 8
    sampler: str = "random"
    bare_trials: int = 10_000
    cost_trials: int = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the server looked at for one claim."""

    documents: int
    keys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Of calls of one kind, in milliseconds; all 0 where there was none."""

    calls: int
    median: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One cell, measured.

    Attributes:
        mean_s: how long a trial takes in the mean.
        trials_per_s: that finished within the window.
        claim: calls that had at least one trial, all their round trips together.
        empty: calls that had none.
        trials_per_claim: of those that had any; ``trials_per_report`` alike.
        least, median: trials that an agent had in the window; ``without`` had none.
        late_ms: how much later than due an agent was served by its thread, in the median: the
            simulation's own delay.
        mongod_ms: CPU per trial; ``coordinator_ms`` and ``agents_ms`` alike.
        waiting: trials that waited when the window closed.
        examined_one, examined_many: by a claim that names one study, and 32.
        errors: calls that raised; ``lost`` are reports that were refused. Both must be 0.
    """

    cell: Cell
    mean_s: float
    trials_per_s: float
    claim: Latency
    empty: Latency
    report: Latency
    trials_per_claim: float
    trials_per_report: float
    least: int
    median: float
    without: int
    agents: int
    late_ms: float
    mongod_ms: float
    coordinator_ms: float
    agents_ms: float
    waiting: int
    examined_one: Examined
    examined_many: Examined | None
    errors: int
    lost: int
    first_error: str | None
