"""What parzen knows about studies, trials and workers: frozen records, no behaviour.

Times are aware UTC datetimes of the server's clock; durations are seconds. A record that has not
been stored yet has None where the server fills in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NewType, TypeAlias

from parzen.shared.dimensions import Dimension, Params
from parzen.shared.lifecycle import FailureKind, Retries, StudyStatus, TrialState

SCHEMA = 1
"""The version of the documents that this code writes and reads."""

Uid = NewType("Uid", str)
"""A study's identity: fresh at every creation, unlike its name."""

Loss: TypeAlias = float
"""What is minimised; the negative of the value where the direction is maximize."""


class Direction(str, Enum):
    """Which way is better."""

    MINIMIZE = "minimize"
    """A smaller value is better; loss = value."""
    MAXIMIZE = "maximize"
    """A larger value is better; loss = -value."""

    def loss(self, value: float) -> Loss:
        """The loss that belongs to ``value``; its own inverse."""
        return value if self is Direction.MINIMIZE else -value


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a study ends; None is never.

    ``max_trials`` counts numbers created, whatever their end. ``timeout_s`` counts seconds from
    when the study started or was last resumed. ``target_loss`` ends it at a loss that is at most
    that. ``patience`` is how many finished trials may pass without an improvement.
    ``max_consecutive_failures`` stops a study that burns the cluster.
    """

    max_trials: int | None = None
    timeout_s: float | None = None
    target_loss: float | None = None
    patience: int | None = None
    max_consecutive_failures: int | None = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Requires:
    """What a worker must have to run one of the study's trials.

    So many ``gpus``, each with ``gpu_memory_gb`` gigabytes (of 10^9 bytes) that are free, and the
    ``labels``. ``time_s`` is how long a trial takes: a worker whose time is limited, as a Slurm
    job's is, takes none that it could not finish.
    """

    gpus: int = 0
    gpu_memory_gb: float | None = None
    labels: tuple[str, ...] = ()
    time_s: float | None = None


class Pull(str, Enum):
    """When a worker fetches a study's image."""

    MISSING = "missing"
    """Where its engine does not have it."""
    ALWAYS = "always"
    """For each trial, so that a tag that moved is followed."""
    NEVER = "never"
    """It must be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image in a container of which each trial runs; a GB is 10^9 bytes.

    ``memory_gb`` and ``cpus`` limit one trial, None is without limit. ``network`` is the engine's
    name of one, such as "bridge"; with None there is no network at all. ``shm_gb`` is the size of
    /dev/shm.
    """

    name: str
    memory_gb: float | None = None
    cpus: float | None = None
    network: str | None = None
    shm_gb: float | None = None
    pull: Pull = Pull.MISSING


CALLABLE = "callable"
"""The sampler of a study for which a function of its owner's own proposes, where that function is.

Its option "function" is what people are told of it, such as "tune.choose".
"""

STAGES = "stages"
"""The sampler of a study that is divided into stages; its option "stages" lists them."""


WARM = "warm"
"""The sampler of a study that began with trials of others: its options hold them, and who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSpec:
    """Which sampler proposes, with its options and the study's seed."""

    name: str = "auto"
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    @property
    def function(self) -> str | None:
        """What the owner's own function is called, where one proposes."""
        return str(self.options.get("function", "?")) if self.name == CALLABLE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveRef:
    """Where the objective's bundle lies and what it needs.

    ``file`` is the store's id of the bytes, ``digest`` their SHA-256 in hex, ``python`` the
    submitter's "3.11", ``packages`` {distribution: version} of what the objective imports.
    ``signed_by`` is the id of the key that made ``signature`` (base64), see
    :mod:`parzen.shared.signing`; both are None where nobody signed.
    """

    file: str
    digest: str
    bytes: int
    python: str
    cloudpickle: str
    entry: str
    packages: Mapping[str, str] = field(default_factory=dict)
    signed_by: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who leads a study, in which term, until when."""

    holder: str
    term: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A worker that a study's leader keeps from its trials: they fail there and not elsewhere.

    ``times`` counts how often in a row. From ``until`` on, of the server's clock, the leader puts
    the worker on ``probation``: it may run one trial at a time, whose end decides.
    """

    worker: str
    until: datetime
    reason: str
    times: int = 1
    probation: bool = False


class Want(str, Enum):
    """What a study's owner asked for last."""

    RUN = "run"
    """Go on, to the limits."""
    PAUSE = "pause"
    """Finish what runs, start nothing new."""
    CANCEL = "cancel"
    """End now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a study's owner asked for; ``serial`` grows with each wish, so none is acted on twice.

    A wish to run with a serial that the leader has not seen resumes an ended study.
    """

    want: Want = Want.RUN
    serial: int = 0
    limits: Limits | None = None
    """New limits, or None to keep those in force."""
    retry: tuple[int, ...] = ()
    """The numbers of trials that are to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One search: a space, an objective, limits, and where it stands."""

    name: str
    uid: Uid
    dimensions: tuple[Dimension, ...]
    direction: Direction = Direction.MINIMIZE
    sampler: SamplerSpec = field(default_factory=SamplerSpec)
    limits: Limits = field(default_factory=Limits)
    retries: Retries = field(default_factory=Retries)
    trial_timeout_s: float | None = None
    requires: Requires = field(default_factory=Requires)
    image: Image | None = None
    """None where trials run as processes of the worker itself."""
    priority: int = 0
    max_running: int | None = None
    objective: ObjectiveRef | None = None
    status: StudyStatus = StudyStatus.ACTIVE
    status_reason: str | None = None
    ending: StudyStatus | None = None
    """Where ``stopping`` leads: complete, failed or cancelled."""
    wish: Wish = field(default_factory=Wish)
    wish_done: int = 0
    """The serial of the last wish that the leader carried out."""
    lease: Lease | None = None
    counts: Mapping[TrialState, int] = field(default_factory=dict)
    best_number: int | None = None
    proposing: str | None = None
    """Who proposes at this point and why, in one line, as the sampler last told its leader."""
    quarantine: tuple[SetAside, ...] = ()
    owner: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    """What somebody wrote about it, for people."""
    created_at: datetime | None = None
    active_since: datetime | None = None
    """When it started, or was last resumed: what ``timeout_s`` counts from."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One intermediate value of one attempt, in the direction's own units."""

    uid: Uid
    number: int
    step: int
    value: float
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of what one attempt printed: ``data`` begins at byte ``offset`` of its output."""

    uid: Uid
    number: int
    attempt: int
    token: str
    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.offset + len(self.data)


MEANT = "TrialFailed"
"""The type of a failure that an objective told with ``trial.failed()``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt gave no loss. ``message`` is one line; ``traceback`` the whole story."""

    kind: FailureKind
    type: str | None = None
    message: str = ""
    traceback: str | None = None
    exit_code: int | None = None
    signal: str | None = None

    @property
    def meant(self) -> bool:
        """Whether the objective itself told that it failed: nothing is wrong where it ran."""
        return self.type == MEANT


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUse:
    """What one attempt made of one GPU.

    ``peak_gb`` is the most memory in use there, in gigabytes (of 10^9 bytes), of the attempt's own
    processes where the driver tells them apart, ``utilisation`` the mean share of time in which the
    GPU computed, from 0 to 1; None where the driver does not say.
    """

    uuid: str
    name: str
    peak_gb: float | None = None
    utilisation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One go at a trial by one worker. ``outcome`` is None while it runs.

    ``device`` is "cpu", or the ids of its GPUs; ``devices`` what it made of each of them.
    ``log_tail`` is the end of what it printed, ``log_bytes`` how much that was in all; None where
    its worker did not live to say so.
    """

    n: int
    token: str
    worker: str
    host: str
    device: str | None = None
    devices: tuple[DeviceUse, ...] = ()
    bundle: str | None = None
    workdir: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    error: Failure | None = None
    log_tail: str | None = None
    log_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStamp:
    """Who holds a running trial, under which token, until when."""

    worker: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """How a trial's parameters came about.

    ``seen`` and ``pending`` count the finished and unfinished trials that the sampler knew,
    ``seconds`` is what the proposal cost, ``memo`` what the sampler must remember.
    """

    sampler: str
    term: int = 0
    seen: int = 0
    pending: int = 0
    seconds: float = 0.0
    revision: int = 0
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One evaluation of the objective, through all its attempts.

    ``loss`` is minimised; ``value`` is what the objective returned; ``result`` is the rest of the
    dict that it returned, or what it told when it failed for good. ``failures`` counts failed
    attempts by kind, over all attempts since it was first proposed or last retried by hand.
    ``last`` is the last measurement as (step, value). ``user`` is what came with a point that
    somebody enqueued, ``note`` what somebody wrote about the trial.
    """

    study: str
    uid: Uid
    number: int
    params: Params
    state: TrialState = TrialState.WAITING
    order: float | None = None
    loss: float | None = None
    value: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    last: tuple[int, float] | None = None
    attempt: int = 0
    attempts: tuple[Attempt, ...] = ()
    failures: Mapping[FailureKind, int] = field(default_factory=dict)
    claim: ClaimStamp | None = None
    proposed: Proposed | None = None
    enqueued_by: str | None = None
    user: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    waiting_since: datetime | None = None
    due_at: datetime | None = None
    """During back-off: when the leader may give it an ``order`` again."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A GPU, or a MIG instance of one, that a worker hands out, as it stood when last looked at.

    ``uuid`` is what the driver calls it ("GPU-…", "MIG-…"), ``index`` its place in the driver's own
    list ("0", or "0:1" for a MIG instance), ``slots`` how many trials may share it. Memory is in
    gigabytes (of 10^9 bytes), ``utilisation`` from 0 to 1. ``trouble`` says why it is out of
    service, ``silence`` what its driver answers in place of how it fares.
    """

    uuid: str
    name: str
    index: str
    slots: int = 1
    mig: bool = False
    memory_gb: float | None = None
    used_gb: float | None = None
    utilisation: float | None = None
    trouble: str | None = None
    silence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A trial that a worker runs now, and the ids of the GPUs that it has."""

    study: str
    number: int
    devices: tuple[str, ...] = ()


class Order(str, Enum):
    """What somebody asks of a live worker."""

    DRAIN = "drain"
    """Finish what runs, then quit."""
    STOP = "stop"
    """Give trials back after their grace, then quit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One agent, or one coordinator (``role``), as it announces itself.

    ``studies`` are the names it serves, empty for all. ``versions`` holds at least "parzen" and
    "python" ("3.11"). ``runs`` is what it runs, ``time_left_s`` how long it may go on where that is
    limited, ``leaving`` whether it takes no more trials, ``keeps_for`` the study for whose next
    trial it keeps GPUs free that are too few as yet. ``order`` is what somebody asked of it.
    """

    id: str
    host: str
    pid: int
    role: str = "worker"
    slots: int = 0
    busy: int = 0
    devices: tuple[Device, ...] = ()
    runs: tuple[Run, ...] = ()
    time_left_s: float | None = None
    leaving: bool = False
    keeps_for: str | None = None
    order: Order | None = None
    labels: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    lease_s: float = 60.0
    """How long its claims last without a renewal."""
    workdir: str | None = None
    """Below which its attempts have their directories, as ``study/number/token``."""
    versions: Mapping[str, str] = field(default_factory=dict)
    containers: bool = False
    """Whether it has a Docker engine to run trials of studies with an image."""
    started_at: datetime | None = None
    seen_at: datetime | None = None
    quarantined: Mapping[Uid, str] = field(default_factory=dict)
    """Studies that this worker cannot run, each with the reason in one sentence."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A trial in a worker's hands: the study and trial as they stood, the fence, the term.

    ``trial.attempts[-1]`` is this attempt and carries the same ``token``; ``lease_s`` is how many
    seconds after the claim, or after a renewal, the lease runs out. ``idle_s`` is for how many
    seconds since the claim it did not run: it waited for a slot, and then to be reported.
    """

    study: Study
    trial: Trial
    token: str
    lease_s: float
    idle_s: float = 0.0

    @property
    def key(self) -> tuple[Uid, int]:
        """What identifies the trial."""
        return (self.trial.uid, self.trial.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The objective returned: its value in its own units, and the rest of its dict."""

    value: float
    result: Mapping[str, Any] = field(default_factory=dict)
    log_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """The objective stopped early on advice."""

    log_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The attempt gave no loss; whether it is tried again is for :func:`lifecycle.settle`.

    ``result`` is what it found out all the same; the trial keeps it if it is not tried again.
    """

    error: Failure
    result: Mapping[str, Any] = field(default_factory=dict)
    log_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The worker makes way and gives the trial back (kind preempted).

    One that was claimed and has not ``begun`` costs the trial nothing. ``reason`` says why where
    that is not plain, as when a GPU broke.
    """

    begun: bool = True
    reason: str = ""
    log_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The trial was stopped because its study no longer wants it."""

    log_tail: str = ""


Outcome: TypeAlias = Completed | Pruned | Failed | Released | Cancelled


class Directive(str, Enum):
    """What a worker is told about a trial that it runs."""

    CONTINUE = "continue"
    """Go on; the lease was renewed."""
    STOP = "stop"
    """The study no longer wants it: let it save itself, then report."""
    LOST = "lost"
    """The claim is no longer yours: kill it, report nothing."""


class Verdict(str, Enum):
    """What became of a report."""

    ACCEPTED = "accepted"
    """It is in the database, acknowledged by a majority."""
    LEASE_LOST = "lease_lost"
    """The claim was no longer the reporter's; nothing was written."""
