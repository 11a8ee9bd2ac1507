from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from parzen.client.export.source import Source
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, Direction, Failure, Measurement

BEGAN = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)

DIMENSIONS = (
    Dimension(name="lr", kind=Kind.FLOAT, low=1e-5, high=0.1, log=True),
    Dimension(name="layers", kind=Kind.INT, low=1, high=9, step=2),
    Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "=adam"), weights=(0.25, 0.75)),
    Dimension(
        name="opt/sgd/momentum", kind=Kind.FLOAT, low=0.0, high=0.9, step=0.1,
        active_when=(Condition("opt", "sgd"),),
    ),
    Dimension(name="shape", kind=Kind.CHOICE, choices=((1, 2), "1", 1, None, True, b"x")),
    Dimension(name="init", kind=Kind.NORMAL, mu=0.0, sigma=1.0),
)  # fmt: skip


@pytest.fixture
def began():
    return BEGAN


@pytest.fixture
def study(a_study):
    """One of each kind of parameter, to maximize."""
    return a_study(
        dimensions=DIMENSIONS, direction=Direction.MAXIMIZE, created_at=BEGAN, note="a trial run"
    )


@pytest.fixture
def trials(a_trial):
    """One in each state, with everything that a trial may have."""
    sgd = {"lr": 0.1 / 3, "layers": 3, "opt": "sgd", "opt/sgd/momentum": 0.1 * 3}
    adam = {"lr": 1e-4, "layers": 9, "opt": "=adam"}
    times = {"started_at": BEGAN, "finished_at": BEGAN + timedelta(seconds=1.5), "duration_s": 1.5}
    worker = {"n": 1, "token": "t", "worker": "node:1:a", "host": "node"}
    broken = Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no such file")

    def trial(number, params, shape, **changes):
        return a_trial(number, params={**params, "shape": shape, "init": number / 3}, **changes)

    return [
        trial(0, sgd, (1, 2), state=TrialState.COMPLETE, value=1 / 3, loss=-1 / 3, attempt=1,
              attempts=(Attempt(**worker),), result={"f1": 0.5, "curve": [1, 2], "n": 7}, **times),
        trial(1, adam, "1", state=TrialState.FAILED, attempt=1, note='so, "so"\nand so',
              attempts=(Attempt(**worker, error=broken),), **times),
        trial(2, adam, 1, state=TrialState.PRUNED, attempt=1, last=(2, 0.25), **times),
        trial(3, sgd, None, state=TrialState.CANCELLED, finished_at=BEGAN),
        trial(4, adam, True, state=TrialState.RUNNING, started_at=BEGAN, attempt=1),
        trial(5, adam, b"x", state=TrialState.WAITING, enqueued_by="ann@host", user={"tag": "+1"}),
    ]  # fmt: skip


@pytest.fixture
def source(study, trials):
    """What an export reads."""
    seen = [Measurement(uid=study.uid, number=2, step=s, value=s / 8, attempt=1) for s in (1, 2)]
    return Source(
        study=study,
        trials=lambda: iter(trials),
        slim=lambda: iter(trials),
        measurements=lambda number: [m for m in seen if m.number == number],
    )
