"""What a replica set of three does to claims and reports when its members fall away."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from pymongo import MongoClient

from parzen.shared.errors import StoreUnreachable
from parzen.shared.mongo import connect
from parzen.shared.records import Claim, Completed, Directive, Verdict
from parzen.shared.store import Proposal, Proposed

SHORT_S = 1.0
"""A time limit for calls that nobody will answer."""


class Site:
    """A store on the cluster with a study in it, and workers by name."""

    def __init__(self, store, study, worker):
        self.store, self.study, self._worker = store, study, worker

    def insert(self, count):
        lead = self.store.ledger.lead(self.study.uid, "leader", 60.0)
        proposed = Proposed(sampler="random")
        self.store.ledger.insert(
            lead,
            [Proposal(number=n, params={"x": 0.5}, proposed=proposed) for n in range(count)],
        )

    def claim(self, name="a", count=1):
        worker = replace(self._worker, id=name)
        return list(self.store.queue.claim(worker, [self.study], count))

    def report(self, *claims, value=1.0):
        return list(self.store.queue.report([(c, Completed(value=value)) for c in claims]))

    def trial(self, number=0):
        return self.store.catalog.trial(self.study, number)

    def trials(self):
        return list(self.store.catalog.trials(self.study, slim=False))


@pytest.fixture
def new_site(cluster, new_study, worker):
    opened = []

    def make(timeout_s=10.0, on=None, **options):
        name = on.store.db.name if on else f"test_{uuid.uuid4().hex}"
        store = connect(cluster.uri(name, **options), timeout_s=timeout_s, prepare=True)
        opened.append((store, name))
        return Site(store, on.study if on else new_study(store), worker)

    yield make
    cluster.mend()
    for store, name in opened:
        store.close()
        with MongoClient(cluster.uri()) as client:
            client.drop_database(name)


@pytest.fixture
def site(new_site):
    return new_site()


def again(act):
    """Do ``act`` until the store answers."""
    for _ in range(30):
        with suppress(StoreUnreachable):
            return act()
    raise AssertionError("the store never came back")


def test_work_goes_on_over_a_step_down_and_a_killed_primary(cluster, site):
    site.insert(61)
    (held,) = site.claim("c")
    began, over = threading.Barrier(3), threading.Event()

    def work(name):
        done = 0
        began.wait()
        while claims := again(lambda: site.claim(name)):
            verdicts = again(lambda c=claims: site.report(*c, value=float(c[0].trial.number)))
            assert verdicts == [Verdict.ACCEPTED]
            done += 1
            if done >= 5:
                over.wait(1.0)  # there is work left for after the faults
        return done

    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(work, name) for name in ("a", "b")]
        began.wait()
        cluster.kill(cluster.step_down())
        cluster.wait_for_primary()
        over.set()
        done = [one.result(100) for one in workers]

    assert sum(done) == 60
    assert again(lambda: site.store.queue.renew([held])) == [Directive.CONTINUE]
    assert again(lambda: site.report(held, value=0.0)) == [Verdict.ACCEPTED]
    for trial in site.trials():
        assert (trial.state, trial.value) == ("complete", float(trial.number))
        assert [a.outcome for a in trial.attempts] == ["complete"]


def test_a_claim_that_a_fail_over_rolls_back_is_nobodys(cluster, new_site):
    """The primary alone has it, and dies; the others never heard of it."""
    first = new_site(timeout_s=SHORT_S)
    second = new_site(on=first)
    first.insert(1)
    old = cluster.wait_for_all()
    with cluster.alone(old):
        with pytest.raises(StoreUnreachable):
            first.claim("first")
        jobs = cluster.client(old)[first.store.db.name].jobs
        rolled_back = jobs.find_one({"state": "running"})["claim"]["token"]
        cluster.kill(old)
    cluster.wait_for_primary(other_than=old)

    (claim,) = again(lambda: second.claim("second"))
    assert (claim.trial.attempt, claim.token == rolled_back) == (1, False)
    cluster.start(old)
    cluster.wait_for_all()
    ghost = Claim(first.study, claim.trial, rolled_back, 60.0)
    assert again(lambda: first.report(ghost, value=7.0)) == [Verdict.LEASE_LOST]
    assert again(lambda: first.claim("first")) == []
    assert again(lambda: second.report(claim, value=1.0)) == [Verdict.ACCEPTED]
    assert [a.worker for a in second.trial().attempts] == ["second"]
    assert second.trial().value == 1.0


def test_a_claim_that_reaches_a_majority_after_all_is_taken_on(cluster, new_site):
    """The majority was away for longer than the call's limit, then came back."""
    site = new_site(timeout_s=SHORT_S)
    site.insert(3)
    rest = cluster.others()
    for i in rest:
        cluster.pause(i)
    with pytest.raises(StoreUnreachable):
        site.claim("first")
    for i in rest:
        cluster.resume(i)
    cluster.wait_for_all()

    claims = again(lambda: site.claim("first", 3))

    running = {d["claim"]["token"] for d in site.store.db.jobs.find({"state": "running"})}
    assert {claim.token for claim in claims} == running
    assert site.report(*claims) == [Verdict.ACCEPTED] * len(claims)


def test_a_report_that_no_majority_acknowledged_is_made_again(cluster, new_site):
    site = new_site(timeout_s=SHORT_S)
    site.insert(2)
    mine, theirs = site.claim("a", 2)
    site.store.db.jobs.update_one({"_id": f"{site.study.uid}:1"}, {"$set": {"claim.token": "x"}})
    rest = cluster.others()
    for i in rest:
        cluster.pause(i)
    with pytest.raises(StoreUnreachable):
        site.report(mine, theirs)
    for i in rest:
        cluster.resume(i)
    cluster.wait_for_all()

    assert again(lambda: site.report(mine, theirs)) == [Verdict.ACCEPTED, Verdict.LEASE_LOST]
    assert [a.outcome for a in site.trial().attempts] == ["complete"]


@pytest.mark.parametrize(
    "failing",
    [
        {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
        {"writeConcernError": {"code": 189, "errmsg": "the primary stepped down"}},
        {"errorCode": 14031, "errorLabels": []},
        {"closeConnection": True},
    ],
    ids=["wtimeout", "stepped down", "disk full", "cut"],
)
def test_a_bulk_of_reports_has_exact_verdicts_whatever_befalls_it(cluster, site, failing):
    site.insert(2)
    mine, theirs = site.claim("a", 2)
    site.store.db.jobs.update_one({"_id": f"{site.study.uid}:1"}, {"$set": {"claim.token": "x"}})
    primary = cluster.wait_for_primary()

    with cluster.failing(
        primary,
        "failCommand",
        {"times": 1},
        failCommands=["update"],
        appName="parzen",
        **failing,
    ):
        verdicts = again(lambda: site.report(mine, theirs, value=0.5))

    assert verdicts == [Verdict.ACCEPTED, Verdict.LEASE_LOST]
    assert (site.trial().state, site.trial().value) == ("complete", 0.5)


def test_a_full_disk_is_said_as_such(cluster, site):
    site.insert(1)
    (claim,) = site.claim()
    refused = {"failCommands": ["update"], "errorCode": 14031, "appName": "parzen"}

    with (
        cluster.failing(cluster.wait_for_primary(), "failCommand", **refused),
        pytest.raises(StoreUnreachable, match=r"takes no more .*make room on its disk"),
    ):
        site.report(claim)

    assert site.report(claim) == [Verdict.ACCEPTED]


def test_an_address_cannot_weaken_what_is_promised(cluster, new_site):
    site = new_site(
        w=1, retryWrites="false", retryReads="false", readPreference="secondary", journal="false"
    )
    site.insert(1)
    cut = {"failCommands": ["findAndModify"], "closeConnection": True, "appName": "parzen"}
    primary = cluster.wait_for_primary()

    with cluster.failing(primary, "failCommand", {"times": 1}, **cut):
        (claim,) = site.claim()

    assert site.trial().claim.token == claim.token  # read where it was written
    concern = site.store.db.write_concern.document
    assert (concern, site.store.db.read_concern.level) == ({"w": "majority", "j": True}, "majority")
    assert site.store.db.read_preference.mode == 0


def test_a_stream_that_cannot_go_on_is_begun_anew_and_misses_nothing(cluster, site):
    watch = site.store.queue.watch_work()
    lost = {"failCommands": ["getMore"], "errorCode": 286, "appName": "parzen"}
    members = range(len(cluster.members))
    for i in members:
        cluster.failpoint(i, "failCommand", data=lost)
    try:
        assert watch.wait(30.0)  # it may have missed something
        site.insert(1)
    finally:
        for i in members:
            cluster.failpoint(i, "failCommand", "off")
    watch.wait(0.0)

    assert watch.wait(30.0)
    watch.close()


def test_a_stream_outlives_its_primary(cluster, site):
    watch = site.store.queue.watch_work()
    cluster.step_down()
    again(lambda: site.insert(1))

    assert watch.wait(30.0)
    watch.close()
