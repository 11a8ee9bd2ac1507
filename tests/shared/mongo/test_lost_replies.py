"""The server has done it and the reply is lost, once and twice: it is done once, and known."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pymongo.common
import pytest
from engines.proxy import Proxy

from parzen.shared.errors import StoreUnreachable
from parzen.shared.lifecycle import FailureKind, Retries, StudyEvent
from parzen.shared.mongo import connect
from parzen.shared.records import (
    Completed,
    Directive,
    Failed,
    Failure,
    Limits,
    Measurement,
    ObjectiveRef,
    Order,
    Piece,
    Uid,
    Verdict,
    Want,
)
from parzen.shared.store import Proposal, Proposed

FIND_AND_MODIFY = b"\x02findAndModify\x00"
UPDATE = b"\x02update\x00"
INSERT = b"\x02insert\x00"
FIND = b"\x02find\x00"


class Line:
    """A store at the far end of a line that loses replies, and one study in it."""

    def __init__(self, store, proxy, study, worker, times):
        self.store, self.proxy, self.study, self.worker = store, proxy, study, worker
        self.times = times

    @property
    def lead(self):
        return self.store.ledger.lead(self.study.uid, "leader", 60.0)

    def insert(self, *numbers):
        proposed = Proposed(sampler="random")
        return self.store.ledger.insert(
            self.lead, [Proposal(number=n, params={"x": 0.5}, proposed=proposed) for n in numbers]
        )

    def claim(self, count=1, lease_s=60.0):
        return list(
            self.store.queue.claim(replace(self.worker, lease_s=lease_s), [self.study], count)
        )

    def losing(self, command, act):
        """Do ``act`` while replies to ``command`` are lost, again and again until it is known."""
        before = self.proxy.swallowed
        self.proxy.swallow_reply(command, times=self.times)
        found = self.patiently(act)
        assert self.proxy.swallowed > before
        return found

    def patiently(self, act):
        """Do ``act`` again and again until the answer is known."""
        for _ in range(self.times + 1):
            with suppress(StoreUnreachable):
                return act()
        raise AssertionError("it was never known")

    def trial(self, number=0):
        return self.store.catalog.trial(self.study, number)

    def held(self):
        """The tokens under which trials run, by the documents."""
        return {d["claim"]["token"] for d in self.store.db.jobs.find({"state": "running"})}


@pytest.fixture(scope="module", params=["replica set", "standalone"])
def far(request):
    """A store behind a proxy that is quick to try again."""
    kind = "mongod_uri" if request.param == "replica set" else "standalone_uri"
    uri = request.getfixturevalue(kind)
    address = urlsplit(uri)
    with Proxy(address.hostname, address.port) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pymongo.common, "MIN_HEARTBEAT_INTERVAL", 0.01)
        near = uri.replace(f"{address.hostname}:{address.port}", proxy.address)
        name = f"test_{uuid.uuid4().hex}"
        near = near.replace("/parzen?", f"/{name}?") if "?" in near else f"{near}{name}?"
        near += "&" * (not near.endswith("?")) + "serverMonitoringMode=poll"
        with connect(near, prepare=True) as store:
            yield store, proxy
            store.db.client.drop_database(name)


@pytest.fixture(params=[1, 2], ids=["once", "twice"])
def line(request, far, new_study, worker):
    store, proxy = far
    study = new_study(store, retries=Retries(exception=1))
    yield Line(store, proxy, study, worker, request.param)
    proxy.heal()
    store.db.jobs.delete_many({})


def test_a_claim(line):
    line.insert(0, 1, 2, 3)

    claims = line.losing(FIND_AND_MODIFY, line.claim)

    assert line.held() == {claim.token for claim in claims}
    assert [c.trial.attempt for c in claims] == [1]
    assert line.store.queue.report([(claims[0], Completed(value=1.0))]) == [Verdict.ACCEPTED]


@pytest.mark.parametrize("lost", ["the write's", "the look's"])
def test_a_claim_of_several(line, lost):
    line.insert(0, 1, 2, 3)

    claims = line.losing(UPDATE if lost == "the write's" else FIND, lambda: line.claim(2))
    claims += line.patiently(lambda: line.claim(2))

    assert line.held() == {claim.token for claim in claims}
    assert sorted(claim.trial.number for claim in claims) == [0, 1, 2, 3]


def test_a_renewal_with_a_measurement(line):
    line.insert(0, 1)
    mine, theirs = line.claim(2)
    line.store.db.jobs.update_one({"_id": f"{line.study.uid}:1"}, {"$set": {"claim.token": "x"}})
    seen = Measurement(uid=line.study.uid, number=0, step=3, value=0.25, attempt=1)

    told = line.losing(UPDATE, lambda: line.store.queue.renew([mine, theirs], [seen]))

    assert told == [Directive.CONTINUE, Directive.LOST]
    assert line.trial().last == (3, 0.25)
    assert line.store.catalog.measurements(line.study, 0) == [seen]


def test_a_piece_of_output(line):
    piece = Piece(uid=line.study.uid, number=0, attempt=1, token="t", offset=0, data=b"said")

    line.losing(INSERT, lambda: line.store.queue.keep_output(piece))

    assert list(line.store.catalog.output(line.study, 0, "t")) == [piece]
    line.store.db.logs.delete_many({})


def test_a_report(line):
    line.insert(0)
    (claim,) = line.claim()

    done = [(claim, Completed(value=0.5, result={"note": "kept"}))]

    assert line.losing(UPDATE, lambda: line.store.queue.report(done)) == [Verdict.ACCEPTED]
    assert (line.trial().value, line.trial().result) == (0.5, {"note": "kept"})


def test_a_failure_is_counted_once_and_taken_by_another_once(line):
    line.insert(0)
    (claim,) = line.claim()
    failed = Failed(error=Failure(kind=FailureKind.EXCEPTION, message="no"))

    told = line.losing(UPDATE, lambda: line.store.queue.report([(claim, failed)]))

    assert told == [Verdict.ACCEPTED]
    assert line.trial().failures == {FailureKind.EXCEPTION: 1}
    assert [a.outcome for a in line.trial().attempts] == ["failed"]


def test_a_bulk_of_reports_of_which_one_was_fenced_out(line):
    line.insert(0, 1, 2)
    claims = line.claim(3)
    line.store.db.jobs.update_one({"_id": f"{line.study.uid}:1"}, {"$set": {"claim.token": "x"}})
    done = [(claim, Completed(value=float(n))) for n, claim in enumerate(claims)]

    verdicts = line.losing(UPDATE, lambda: line.store.queue.report(done))

    assert verdicts == [Verdict.ACCEPTED, Verdict.LEASE_LOST, Verdict.ACCEPTED]
    assert [line.trial(n).value for n in range(3)] == [0.0, None, 2.0]


def test_an_insert(line):
    added = line.losing(INSERT, lambda: line.insert(0, 1, 2))

    assert set(added) <= {0, 1, 2}
    assert [t.number for t in line.store.ledger.history(line.study.uid)] == [0, 1, 2]


def test_a_lead(line):
    lead = line.losing(FIND_AND_MODIFY, lambda: line.lead)

    assert lead.term == line.lead.term == 1


def test_a_move(line):
    lead = line.lead

    line.losing(UPDATE, lambda: line.store.ledger.move(lead, StudyEvent.PAUSE, reason="tired"))

    found = line.store.catalog.study(line.study.name)
    assert (found.status, found.status_reason) == ("paused", "tired")


def test_a_wish(line):
    limits = Limits(max_trials=7)

    line.losing(FIND_AND_MODIFY, lambda: line.store.catalog.wish(line.study.name, Want.RUN, limits))

    wish = line.lead.study.wish
    assert (wish.want, wish.limits) == (Want.RUN, limits)


def test_a_creation(line):
    objective = ObjectiveRef(file="", digest="", bytes=0, python="3.11", cloudpickle="3", entry="f")
    new = replace(line.study, name=f"new-{uuid.uuid4().hex}", uid=Uid(uuid.uuid4().hex))
    new = replace(new, objective=objective)

    made = line.losing(FIND_AND_MODIFY, lambda: line.store.catalog.create(new, b"code"))

    assert made == line.store.catalog.study(new.name)
    assert line.store.queue.bundle(made) == b"code"


def test_an_upload_with_a_creation(line):
    objective = ObjectiveRef(file="", digest="", bytes=0, python="3.11", cloudpickle="3", entry="f")
    new = replace(line.study, name=f"new-{uuid.uuid4().hex}", uid=Uid(uuid.uuid4().hex))
    new = replace(new, objective=objective)

    made = line.losing(INSERT, lambda: line.store.catalog.create(new, b"code"))

    assert line.store.queue.bundle(made) == b"code"


def test_an_attachment(line):
    line.insert(0)
    (claim,) = line.claim()

    line.losing(INSERT, lambda: line.store.queue.attach(claim, "model", b"weights"))

    assert line.store.catalog.attachments(line.study, 0) == ["model"]
    assert line.store.catalog.attachment(line.study, 0, "model") == b"weights"


def test_an_expiry(line):
    line.insert(0, 1)
    line.claim(2, lease_s=-1.0)

    line.losing(UPDATE, lambda: line.store.ledger.expire(line.lead))

    assert [line.trial(n).state for n in (0, 1)] == ["waiting", "waiting"]
    assert [line.trial(n).failures for n in (0, 1)] == [{FailureKind.LOST: 1}] * 2


def test_the_end_of_a_back_off(line):
    line.insert(0)
    (claim,) = line.claim()
    failed = Failed(error=Failure(kind=FailureKind.EXCEPTION, message="no"))
    line.store.queue.report([(claim, failed)])
    line.store.db.jobs.update_many({}, [{"$set": {"due_at": "$$NOW"}}])

    line.losing(UPDATE, lambda: line.store.ledger.queue_due(line.lead))

    assert [c.trial.attempt for c in line.claim()] == [2]


def test_a_cancellation_of_what_waits(line):
    line.insert(0, 1)

    line.losing(UPDATE, lambda: line.store.ledger.cancel_waiting(line.lead))

    assert [line.trial(n).state for n in (0, 1)] == ["cancelled", "cancelled"]


def test_a_sign_of_life(line):
    line.losing(FIND_AND_MODIFY, lambda: line.store.queue.beat(line.worker))

    assert [w.id for w in line.store.ledger.workers()] == [line.worker.id]


def test_what_somebody_asks_of_a_worker(line):
    line.store.queue.beat(line.worker)

    assert line.losing(UPDATE, lambda: line.store.catalog.ask(line.worker.id, Order.DRAIN))

    assert line.store.queue.beat(line.worker) is Order.DRAIN
