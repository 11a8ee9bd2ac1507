"""Whatever a user's values look like, they are stored as they are."""

from __future__ import annotations

import pytest

from parzen.shared.lifecycle import FailureKind, Retries
from parzen.shared.records import (
    Completed,
    Failed,
    Failure,
    Limits,
    Measurement,
    Want,
    Worker,
)

TRAPS = ["$claim.token", "$$NOW", "$$ROOT", "$", "{$literal: 1}", "a.b", "$set", "\u2028 é"]


@pytest.mark.parametrize("trap", TRAPS)
def test_params_results_and_texts_are_never_expressions(new_lab, trap):
    lab = new_lab(retries=Retries(exception=1))
    lab.insert(0, **{"head/lr": trap})
    (claim,) = lab.claim()
    error = Failure(kind=FailureKind.EXCEPTION, type=trap, message=trap, traceback=trap)
    lab.report((claim, Failed(error=error, log_tail=trap)))
    lab.store.db.jobs.update_one({"uid": lab.study.uid}, {"$set": {"order": 0}})
    (claim,) = lab.claim()
    result = {trap: trap, "in": {trap: [trap, {trap: 1}]}, "": 0}
    lab.report((claim, Completed(value=1.0, result=result, log_tail=trap)))

    trial = lab.trial(0)
    assert trial.params == {"head/lr": trap}
    assert trial.result == result
    first, second = trial.attempts
    assert (first.error, first.log_tail, second.log_tail) == (error, trap, trap)


@pytest.mark.parametrize("trap", TRAPS)
def test_workers_hosts_and_reasons_are_never_expressions(new_lab, trap):
    lab = new_lab(owner=trap, tags=(trap,))
    lab.holder = trap
    lab.insert(0)
    worker = Worker(id=f"{trap} of {lab.study.name}", host=trap, pid=1, labels=(trap,))
    lab.store.queue.beat(worker)
    (claim,) = lab.store.queue.claim(worker, [lab.study])
    led = lab.lead

    assert led.study.lease.holder == trap
    assert led.term == 1
    assert claim.trial.claim.worker == worker.id
    assert claim.trial.attempts[-1].host == trap
    assert (lab.study.owner, lab.study.tags) == (trap, (trap,))
    seen = {w.id: w for w in lab.store.queue.workers()}
    assert (seen[worker.id].host, seen[worker.id].labels) == (trap, (trap,))
    lab.store.queue.leave(worker.id)


def test_a_measurement_and_a_wish_are_stored_as_they_are(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    uid = lab.study.uid
    lab.store.queue.renew([claim], [Measurement(uid=uid, number=0, step=2, value=0.25, attempt=1)])
    lab.store.catalog.wish(lab.study.name, Want.RUN, Limits(max_trials=3))

    assert lab.trial(0).last == (2, 0.25)
    stored = lab.store.catalog.study(lab.study.name)
    assert stored.wish.limits == Limits(max_trials=3)
