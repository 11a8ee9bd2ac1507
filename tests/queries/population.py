"""What docs/queries.md is asked about: three studies with a trial for everything that can happen.

All of it is made through the store, by its own updates; then time is stretched.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from queries.scene import (
    CHIEF,
    GPUS,
    MISSING,
    NO_MEMORY,
    NO_NUMBER,
    OBJECTIVE,
    ONE,
    SPACE,
    TWO,
    Scene,
    params,
)
from queries.stretching import stretch

from parzen.shared.lifecycle import Retries, StudyEvent, TrialState
from parzen.shared.mongo import MongoStore
from parzen.shared.records import (
    Cancelled,
    Direction,
    Image,
    Limits,
    Order,
    Piece,
    Pruned,
    Released,
    Requires,
    Run,
    Study,
    Uid,
)
from parzen.shared.steering import Draft


def populate(store: MongoStore) -> None:
    """Make the three studies, and stretch their time."""
    _ended(store)
    _toy(store)
    _digits(store)
    stretch(store)
    _seen(store)


ILL = replace(GPUS[1], trouble="it has fallen off the bus (GPU is lost): restart the machine")
BUSY: dict[str, Any] = {
    "busy": 1,
    "devices": (replace(GPUS[0], silence="NVML: Unknown Error"), ILL),
    "runs": (Run(study="toy", number=0, devices=(GPUS[0].uuid,)),),
    "time_left_s": 5400.0,
    "leaving": True,
    "keeps_for": "digits",
}


def _seen(store: MongoStore) -> None:
    """One worker and the coordinator are alive for as long as a test may take, one is gone."""
    for one, hours in ((ONE, 1), (TWO, -1), (CHIEF, 1)):
        store.queue.beat(replace(one, **BUSY) if one is TWO else one)
        if one is TWO:
            store.catalog.ask(TWO.id, Order.DRAIN)
        seen = {"$dateAdd": {"startDate": "$$NOW", "unit": "hour", "amount": hours}}
        store.db.workers.update_one({"_id": one.id}, [{"$set": {"seen_at": seen}}])


def _digits(store: MongoStore) -> None:
    """The study that still runs, with a trial of every kind."""
    study = _study(
        "digits",
        "ann@laptop",
        limits=Limits(max_trials=40, patience=30),
        retries=Retries(exception=1, out_of_memory=2),
        requires=Requires(gpus=2, gpu_memory_gb=40.0, labels=("a100",), time_s=1800.0),
        image=Image(name="lab/torch:2.9", memory_gb=64.0, cpus=8.0, network="lab", shm_gb=16.0),
        trial_timeout_s=7200.0,
        max_running=8,
        objective=OBJECTIVE,
        note="with the new augmentation",
    )
    scene = Scene(store, study, 24, b"the bundle's bytes" * 100)
    early = scene.claim(ONE, 6) + scene.claim(TWO, 4)
    scene.measure(early, [0, 1, 2])
    for claim in reversed(early):  # so that each took another time
        scene.end([claim])
    output = Piece(
        uid=study.uid, number=0, attempt=1, token=early[0].token, offset=0, data=b"epoch 3: 0.86\n"
    )
    store.queue.keep_output(output)
    store.queue.attach(early[0], "curve.csv", b"step,accuracy\n0,0.5\n")
    store.queue.attach(early[0], "confusion.png", b"\x89PNG" * 50)
    _failures(scene)
    _second_goes(scene)
    _without_loss(scene)
    _brought_along(scene)
    running = scene.claim(ONE) + scene.claim(TWO)
    scene.measure(running, [0, 1, 2, 3])
    store.catalog.follow(study, running[0].trial.number)
    scene.end(scene.claim(TWO), NO_MEMORY)
    store.ledger.cancel_waiting(scene.lead, least=23)
    scene.count()


def _failures(scene: Scene) -> None:
    """Trials 10 and 11 failed: one at its second attempt, one at its first."""
    scene.end(scene.claim(TWO), MISSING)
    scene.rested()
    scene.end(scene.claim(TWO), MISSING)
    scene.end(scene.claim(ONE), NO_NUMBER)


def _second_goes(scene: Scene) -> None:
    """Trials 12 to 15: a failure, a preemption, a lost worker, a retry by hand, then a loss."""
    scene.end(scene.claim(TWO), NO_MEMORY)
    scene.rested()
    scene.end(scene.claim(ONE))
    (preempted,) = scene.claim(ONE)
    scene.measure([preempted], [0, 1, 2])
    scene.end([preempted], Released(log_tail="saved\n"))
    again = scene.claim(TWO)
    scene.measure(again, [0])
    scene.end(again)
    scene.claim(replace(ONE, lease_s=-1.0))
    assert scene.store.ledger.expire(scene.lead) == [14]
    scene.end(scene.claim(TWO))
    scene.end(scene.claim(TWO), NO_NUMBER)
    scene.store.ledger.retry(scene.lead, [15])
    scene.end(scene.claim(ONE))


def _without_loss(scene: Scene) -> None:
    """Trials 16 and 17: one was pruned, one cancelled while it ran."""
    unpromising = scene.claim(TWO)
    scene.measure(unpromising, [0])
    scene.end(unpromising, Pruned(log_tail="not promising\n"))
    scene.end(scene.claim(TWO), Cancelled())


def _brought_along(scene: Scene) -> None:
    """Trials 24 and 25: a result from elsewhere, and a point to try, which goes first."""
    then = scene.store.queue.now() - timedelta(days=30)
    result = Draft(
        params=params(2),
        state=TrialState.COMPLETE,
        value=0.95,
        loss=-0.95,
        started_at=then,
        finished_at=then + timedelta(minutes=40),
        duration_s=2400.0,
        note="from the paper",
        enqueued_by="ann@laptop",
    )
    point = Draft(params=params(7), user={"why": "ours until now"}, enqueued_by="ann@laptop")
    assert scene.store.catalog.append(scene.study, [result, point]) == [24, 25]


def _ended(store: MongoStore) -> None:
    """A smaller study that came to its end."""
    scene = Scene(store, _study("digits-small", "bob@desk", limits=Limits(max_trials=5)), 5)
    for _ in range(5):
        scene.end(scene.claim(ONE))
    scene.count()
    assert store.ledger.move(scene.lead, StudyEvent.COMPLETE, reason="it reached max_trials")


def _toy(store: MongoStore) -> None:
    """A study to minimise: what is asked of another one leaves its trials out."""
    scene = Scene(store, _study("toy", "ann@laptop", direction=Direction.MINIMIZE, tags=()), 4)
    scene.measure(scene.claim(TWO), [0])
    again = scene.claim(ONE)
    scene.end(again, Released())
    scene.end(scene.claim(TWO))
    scene.end(scene.claim(ONE), NO_NUMBER)
    scene.end(scene.claim(ONE), Released(begun=False))
    scene.count()


def _study(name: str, owner: str, **changes: Any) -> Study:
    given = {
        "name": name,
        "uid": Uid(uuid.uuid4().hex),
        "dimensions": SPACE.dimensions,
        "direction": Direction.MAXIMIZE,
        "owner": owner,
        "tags": ("vision", "2026"),
        **changes,
    }
    return Study(**given)


def examples(store: MongoStore) -> dict[str, Any]:
    """{collection: the document of it that the page shows}."""
    digits = store.catalog.study("digits")
    wanted: dict[str, dict[str, Any]] = {
        "studies": {"_id": "digits"},
        "jobs": {"uid": digits.uid, "number": 12},
        "measurements": {"uid": digits.uid, "number": 13, "step": 0},
        "workers": {"_id": ONE.id},
        "logs": {"uid": digits.uid, "number": 0},
        "attachments.files": {"metadata.name": "curve.csv"},
    }
    return {name: store.db[name].find_one(which) for name, which in wanted.items()}
