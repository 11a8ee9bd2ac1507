"""Every metric that parzen exposes to Prometheus: this table is the only place that names one.

Names follow Prometheus' conventions: a prefix, base units, ``_total`` for what only grows. Labels
take few values: names of studies, samplers and GPUs, and words of this table; never the number of
a trial, a path or an address. ``docs/metrics.md`` lists them all, and a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(str, Enum):
    """How Prometheus takes a metric."""

    COUNTER = "counter"
    """It only grows, from zero at the start of the process."""
    GAUGE = "gauge"
    """It stands somewhere just now."""
    HISTOGRAM = "histogram"
    """How many lay below each bound, and their sum: ``_bucket``, ``_sum`` and ``_count``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric as Prometheus shows it; ``unit`` is the word for its unit in the name, or none.

    ``buckets`` are the upper bounds of a histogram, in that unit. ``words`` are the values of its
    only label, where there are no others: their series begin at zero. What is ``read`` is asked for
    at each scrape, as all gauges are, and not counted as it happens.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    read: bool = False


STUDY = "study"
"""The label that bears a study's name; its series go when the study has gone."""


def _counter(name: str, told: str, *labels: str, **more: Any) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, help=told, labels=labels, **more)


def _gauge(name: str, told: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, help=told, labels=labels, unit=unit, read=True)


def _seconds(name: str, told: str, *labels: str, buckets: tuple[float, ...]) -> Metric:
    return Metric(
        name=name, kind=Kind.HISTOGRAM, help=told, labels=labels, unit="seconds", buckets=buckets
    )


TRIALS_S = (
    *(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0),
    *(3600.0, 10800.0, 21600.0, 43200.0, 86400.0),
)
"""From 10 milliseconds to a day: an objective may be a formula, or train a network."""
CALLS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""What a question to the store may take."""
WORK_S = (0.0003, *CALLS_S, 30.0)
"""What a proposal, a turn, or one way round the loop may take."""

BUILD = _gauge("parzen_build_info", "Always 1; says which versions run.", "version", "python")
SILENCE = _gauge(
    "parzen_store_silence_seconds", "Time since the store last took a write.", unit="seconds"
)
ERRORS = _counter("parzen_store_errors_total", "Calls that the store did not answer, or refused.")
STREAMS = _gauge(
    "parzen_store_change_streams", "1 where the store tells of changes, 0 where it is polled."
)
RESUMES = _counter(
    "parzen_store_change_stream_resumes_total",
    "Change streams that broke and were opened again.",
    read=True,
)

COMMON = (BUILD, SILENCE, ERRORS, STREAMS, RESUMES)
"""Of agents and coordinators alike."""

SLOTS = _gauge("parzen_agent_slots", "Trials that it can run at a time.")
BUSY = _gauge("parzen_agent_slots_busy", "Slots that run a trial now.")
IDLE = _counter(
    "parzen_agent_slots_idle_seconds_total",
    "Time that slots stood free, summed over the slots.",
    unit="seconds",
    read=True,
)
ATTEMPTS = _counter(
    "parzen_agent_attempts_total",
    "Attempts that are over and that the store knows of, by outcome: complete, pruned, failed, "
    "released, cancelled, or lost to somebody else. kind says how one failed, else it is empty.",
    *(STUDY, "outcome", "kind"),
)
ATTEMPT_S = _seconds(
    "parzen_agent_attempt_seconds", "How long those attempts took.", STUDY, buckets=TRIALS_S
)
CLAIMS = _counter(
    "parzen_agent_claims_total",
    "Questions for trials, by result: found, empty, or failed where the store did not answer.",
    "result",
    words=("found", "empty", "failed"),
)
CLAIMED = _counter("parzen_agent_trials_claimed_total", "Trials that those questions brought.")
CLAIM_S = _seconds("parzen_agent_claim_seconds", "How long such a question took.", buckets=CALLS_S)
RENEWALS = _counter(
    "parzen_agent_lease_renewals_total",
    "Leases that were to be renewed, by result: renewed, lost to somebody else, or failed where "
    "the store did not answer.",
    "result",
    words=("renewed", "lost", "failed"),
)
REPORTS = _gauge("parzen_agent_reports_waiting", "Outcomes that the store does not have yet.")
READY = _gauge("parzen_agent_trials_ready", "Trials that are claimed and wait for a slot.")
QUARANTINED = _gauge(
    "parzen_agent_studies_quarantined", "Studies that cannot or may not run on this agent."
)
FREE = _gauge(
    "parzen_agent_workdir_free_bytes", "Room that is left in the work directory.", unit="bytes"
)
DRAINING = _gauge(
    "parzen_agent_draining", "1 while it takes no more trials, because it is to quit."
)
GPU_USE = _gauge(
    "parzen_agent_gpu_utilization_ratio",
    "Share of the time that the GPU computed, from 0 to 1.",
    *("uuid", "name"),
    unit="ratio",
)
GPU_USED = _gauge(
    "parzen_agent_gpu_memory_used_bytes", "GPU memory in use.", "uuid", "name", unit="bytes"
)
GPU_TOTAL = _gauge(
    "parzen_agent_gpu_memory_total_bytes", "GPU memory in all.", "uuid", "name", unit="bytes"
)
GPU_HEALTHY = _gauge(
    "parzen_agent_gpu_healthy", "1 while trials may run on the GPU, else 0.", "uuid", "name"
)

AGENT = (
    *COMMON,
    *(SLOTS, BUSY, IDLE, ATTEMPTS, ATTEMPT_S, CLAIMS, CLAIMED, CLAIM_S, RENEWALS, REPORTS, READY),
    *(QUARANTINED, FREE, DRAINING, GPU_USE, GPU_USED, GPU_TOTAL, GPU_HEALTHY),
)
"""What ``parzen worker`` exposes."""

LED = _gauge("parzen_coordinator_studies_led", "Studies that this coordinator leads.")
PARKED = _gauge(
    "parzen_coordinator_studies_parked", "Studies that it could not serve and will try again."
)
WORKERS = _gauge("parzen_coordinator_workers", "Agents that the store has seen lately.")
CAPACITY = _gauge("parzen_coordinator_worker_slots", "Slots of those agents.")
PROPOSALS = _counter(
    "parzen_coordinator_proposals_total", "Trials that it proposed and stored.", STUDY, "sampler"
)
PROPOSAL_S = _seconds(
    "parzen_coordinator_proposal_seconds",
    "How long the sampler took for each of them.",
    *(STUDY, "sampler"),
    buckets=WORK_S,
)
RESULTS = _counter(
    "parzen_coordinator_results_total", "Trials that it saw come to an end, whatever end.", STUDY
)
TURNAROUND_S = _seconds(
    "parzen_coordinator_turnaround_seconds",
    "Time from a result to the proposal that followed on it in the store.",
    STUDY,
    buckets=WORK_S,
)
QUEUE_WANTED = _gauge(
    "parzen_coordinator_queue_wanted", "Trials that should wait, so that no slot does.", STUDY
)
QUEUE_PRESENT = _gauge(
    "parzen_coordinator_queue_present", "Trials that wait and can be claimed.", STUDY
)
TRIALS = _gauge("parzen_coordinator_trials", "Trials by state.", STUDY, "state")
BEST = _gauge(
    "parzen_coordinator_best_loss",
    "The lowest loss so far: the negative of the best value where the study maximizes.",
    STUDY,
)
LEADS = _counter(
    "parzen_coordinator_leadership_changes_total",
    "Studies whose lead was gained, lost to somebody else, or released by this coordinator.",
    "change",
    words=("gained", "lost", "released"),
)
TURN_S = _seconds(
    "parzen_coordinator_turn_seconds", "How long one turn of one study took.", buckets=WORK_S
)

COORDINATOR = (
    *COMMON,
    *(LED, PARKED, WORKERS, CAPACITY, PROPOSALS, PROPOSAL_S, RESULTS, TURNAROUND_S),
    *(QUEUE_WANTED, QUEUE_PRESENT, TRIALS, BEST, LEADS, TURN_S),
)
"""What ``parzen coordinator`` exposes."""
