"""One study, its leader and two agents, played by hand on a store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from parzen.client import Choice, Float, Int, Space
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.mongo import MongoStore
from parzen.shared.records import (
    Claim,
    Completed,
    Device,
    DeviceUse,
    Failed,
    Failure,
    Measurement,
    ObjectiveRef,
    Outcome,
    Proposed,
    Study,
    Trial,
    Worker,
)
from parzen.shared.store import Kept, Leadership, Proposal

SPACE = Space(
    {
        "lr": Float(1e-5, 1e-1, log=True),
        "layers": Int(1, 8),
        "opt": Choice({"sgd": {"momentum": Float(0, 0.99)}, "adam": {}}),
    }
)
TRACEBACK = """\
Traceback (most recent call last):
  File "train.py", line 41, in objective
    model.fit(batches)
"""


GPUS = tuple(
    Device(
        uuid=f"GPU-5f0c{n}d3e",
        name="NVIDIA A100-SXM4-80GB",
        index=f"{n}",
        memory_gb=85.9,
        used_gb=31.5,
        utilisation=0.97,
        trouble=None,
    )
    for n in range(2)
)


def worker(host: str, **changes: Any) -> Worker:
    """An agent on ``host``, as it announces itself."""
    given = {
        "id": f"{host}:4711:a3f09c",
        "host": host,
        "pid": 4711,
        "slots": 2,
        "devices": GPUS,
        "labels": ("a100",),
        "workdir": "/scratch/parzen",
        "versions": {"parzen": "0.1.0", "python": "3.11"},
        **changes,
    }
    return Worker(**given)


OBJECTIVE = ObjectiveRef(
    file="",
    digest="",
    bytes=0,
    python="3.11",
    cloudpickle="3.1.1",
    entry="pickle",
    packages={"torch": "2.7.0"},
)
ONE, TWO = worker("gpu-1"), worker("gpu-2")
CHIEF = worker(
    "head", id="head:99:c01", role="coordinator", slots=0, devices=(), labels=(), workdir=None
)


def params(number: int) -> dict[str, Any]:
    """The parameters of a trial, spread over the space."""
    found: dict[str, Any] = {"lr": 10 ** (-5 + (number * 0.37) % 4), "layers": 1 + number * 3 % 8}
    if number % 3:
        return found | {"opt": "sgd", "opt/sgd/momentum": round((number * 0.31) % 0.99, 2)}
    return found | {"opt": "adam"}


def accuracy(trial: Trial) -> float:
    """What the objective returned."""
    far = abs(math.log10(trial.params["lr"]) + 2.5)
    return round(0.99 - 0.04 * far - 0.01 * abs(trial.params["layers"] - 4), 4)


class Scene:
    """One study, its leader, and the agents that work on it, played by hand."""

    def __init__(self, store: MongoStore, study: Study, trials: int, bundle: bytes = b"") -> None:
        self.store = store
        self.study = store.catalog.create(study, bundle)
        self.lead = self._lead()
        proposals = [
            Proposal(number=n, params=params(n), proposed=Proposed(sampler="auto", seen=n))
            for n in range(trials)
        ]
        store.ledger.insert(self.lead, proposals)

    def _lead(self) -> Leadership:
        lead = self.store.ledger.lead(self.study.uid, CHIEF.id, 30.0)
        assert lead is not None
        return lead

    def claim(self, by: Worker, count: int = 1) -> list[Claim]:
        """``by`` takes the next trials, which the leader lets be claimed."""
        self.store.ledger.bound(self.lead, None)
        claims = list(self.store.queue.claim(by, [self.study], count))
        assert len(claims) == count
        return [_begun(claim, self.study.objective) for claim in claims]

    def end(self, claims: Sequence[Claim], outcome: Outcome | None = None) -> None:
        """Report ``outcome`` of each, or what it is worth."""
        done = [(c, outcome or completed(c.trial)) for c in claims]
        self.store.queue.report(done)

    def measure(self, claims: Sequence[Claim], steps: Sequence[int]) -> None:
        """The learning curve of each, at ``steps``."""
        seen = [
            Measurement(
                uid=c.trial.uid,
                number=c.trial.number,
                step=step,
                value=accuracy(c.trial) - 0.3 / (step + c.trial.attempt),
                attempt=c.trial.attempt,
            )
            for c in claims
            for step in steps
        ]
        self.store.queue.renew(claims, seen)

    def rested(self) -> None:
        """The rest after a failure is over."""
        resting = {"uid": self.study.uid, "due_at": {"$exists": True}}
        self.store.db.jobs.update_many(resting, [{"$set": {"due_at": "$waiting_since"}}])
        assert self.store.ledger.queue_due(self.lead) > 0

    def count(self) -> None:
        """The leader keeps its counts."""
        trials = list(self.store.catalog.trials(self.study))
        counts: dict[TrialState, int] = {}
        for trial in trials:
            counts[trial.state] = counts.get(trial.state, 0) + 1
        best = min((t.loss, t.number) for t in trials if t.loss is not None)
        proposing = "a Sobol sequence makes the first 10 proposals"
        self.store.ledger.keep_counts(
            [Kept(lead=self.lead, counts=counts, best_number=best[1], proposing=proposing)]
        )


def _begun(claim: Claim, objective: ObjectiveRef | None) -> Claim:
    """The claim with what its agent writes into the attempt."""
    trial, bundle = claim.trial, objective and objective.digest
    uses = [DeviceUse(uuid=one.uuid, name=one.name, peak_gb=31.5, utilisation=0.93) for one in GPUS]
    mine = replace(
        trial.attempts[-1],
        device=",".join(one.uuid for one in GPUS),
        devices=tuple(uses),
        bundle=bundle,
    )
    return replace(claim, trial=replace(trial, attempts=(*trial.attempts[:-1], mine)))


def completed(trial: Trial) -> Completed:
    """A trial's result, with keys as people choose them."""
    return Completed(
        value=accuracy(trial),
        result={"epochs": 3 + trial.number % 4, "top.5": 0.9 + trial.number / 1000},
        log_tail=f"epoch 3: {accuracy(trial)}\n",
    )


def failed(kind: FailureKind, name: str, message: str) -> Failed:
    """A failure with its story."""
    story = f"{TRACEBACK}{name}: {message}\n"
    error = Failure(kind=kind, type=name, message=message, traceback=story)
    return Failed(error=error, log_tail="epoch 1\n")


MISSING = failed(
    FailureKind.EXCEPTION, "FileNotFoundError", "No such file or directory: 'digits.npz'"
)
NO_NUMBER = failed(FailureKind.INVALID_RESULT, "ValueError", "the loss is nan")
NO_MEMORY = failed(FailureKind.OUT_OF_MEMORY, "MemoryError", "CUDA out of memory")
