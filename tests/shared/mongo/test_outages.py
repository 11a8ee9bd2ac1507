"""A line that stalls, is slow, or is cut: every call ends within its limit, and then goes on."""

from __future__ import annotations

import time
import uuid
from urllib.parse import urlsplit

import pytest
from engines.proxy import Proxy

from parzen.shared.errors import StoreUnreachable
from parzen.shared.lifecycle import StudyEvent
from parzen.shared.mongo import connect
from parzen.shared.records import Completed, Directive, Measurement, Verdict, Want
from parzen.shared.store import Kept, Proposal, Proposed

LIMIT_S = 0.2


def until(met, within_s=30.0):
    deadline = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Far:
    """A store at the far end of a line, with a study of three trials, of which one is claimed."""

    def __init__(self, store, proxy, study, worker):
        self.store, self.proxy, self.study, self.worker = store, proxy, study, worker
        self.lead = store.ledger.lead(study.uid, "leader", 60.0)
        self.proposals = [
            Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="random"))
            for n in range(4)
        ]
        store.ledger.insert(self.lead, self.proposals[:3])
        (self.held,) = store.queue.claim(worker, [study])

    def calls(self):
        """One of each thing that the rooms ask for, by name."""
        queue, ledger, catalog = self.store.queue, self.store.ledger, self.store.catalog
        seen = Measurement(uid=self.study.uid, number=0, step=1, value=1.0, attempt=1)
        return {
            "beat": lambda: queue.beat(self.worker),
            "workers": queue.workers,
            "studies": queue.studies,
            "claim": lambda: queue.claim(self.worker, [self.study]),
            "renew": lambda: queue.renew([self.held], [seen]),
            "report": lambda: queue.report([(self.held, Completed(value=1.0))]),
            "leadable": ledger.leadable,
            "lead": lambda: ledger.lead(self.study.uid, "leader", 60.0),
            "history": lambda: list(ledger.history(self.study.uid)),
            "insert": lambda: ledger.insert(self.lead, self.proposals[3:]),
            "expire": lambda: ledger.expire(self.lead),
            "queue_due": lambda: ledger.queue_due(self.lead),
            "move": lambda: ledger.move(self.lead, StudyEvent.PAUSE),
            "counts": lambda: ledger.keep_counts([Kept(lead=self.lead, counts={})]),
            "wish": lambda: catalog.wish(self.study.name, Want.RUN),
            "trials": lambda: list(catalog.trials(self.study)),
            "attachments": lambda: catalog.attachments(self.study, 0),
        }


@pytest.fixture
def far(mongod_uri, new_study, worker):
    address, name = urlsplit(mongod_uri), f"test_{uuid.uuid4().hex}"
    with Proxy(address.hostname, address.port) as proxy:
        uri = mongod_uri.replace(f"{address.hostname}:{address.port}", proxy.address)
        uri = uri.replace("/parzen?", f"/{name}?")
        connect(uri, prepare=True).close()
        with connect(uri) as patient:
            study = new_study(patient)
            set_up = Far(patient, proxy, study, worker)
        with connect(uri, timeout_s=LIMIT_S * 10) as store:
            set_up.store = store
            store._link.limit_s = LIMIT_S
            yield set_up
            proxy.heal()
            store._link.limit_s = 10.0
            store.db.client.drop_database(name)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_every_call_over_a_stalled_line_ends_within_its_limit(far, direction):
    far.proxy.stall(direction)

    for name, call in far.calls().items():
        with pytest.raises(StoreUnreachable):
            pytest.fail(f"{name} gave {call()!r}")

    far.proxy.heal()  # what was held back arrives now, late
    far.store._link.limit_s = 10.0
    claims = far.store.queue.claim(far.worker, [far.study], 3)
    running = {d["claim"]["token"] for d in far.store.db.jobs.find({"state": "running"})}
    assert running - {far.held.token} == {claim.token for claim in claims}
    assert far.store.queue.report([(far.held, Completed(value=1.0))]) == [Verdict.ACCEPTED]
    assert len(far.store.catalog.trial(far.study, 0).attempts) == 1


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_slow_line_within_the_limit_is_only_slow(far, direction):
    far.store._link.limit_s = 10.0
    far.proxy.slow(0.05, direction)

    assert far.store.queue.renew([far.held]) == [Directive.CONTINUE]
    assert far.store.queue.report([(far.held, Completed(value=1.0))]) == [Verdict.ACCEPTED]


def test_a_line_that_is_cut_again_and_again_is_used_again_and_again(far):
    far.store._link.limit_s = 10.0
    for _ in range(3):
        far.proxy.cut()
        assert far.store.queue.renew([far.held]) == [Directive.CONTINUE]


def test_a_stream_over_a_stalled_line_speaks_once_and_misses_nothing(far, caplog):
    caplog.set_level("DEBUG", "parzen.store")

    def said():
        return [r for r in caplog.records if "no news of changes" in r.getMessage()]

    far.store._link.limit_s = 10.0
    watch = far.store.ledger.watch_results()
    far.store._link.limit_s = LIMIT_S
    far.proxy.cut()
    far.proxy.refuse()
    until(lambda: len(said()) > 2)  # several tries to open it have failed
    far.store._link.limit_s = 10.0
    far.proxy.heal()

    assert watch.wait(30.0)
    far.store.ledger.move(far.lead, StudyEvent.PAUSE)
    assert watch.wait(30.0)
    assert [r.levelname for r in said()].count("INFO") == 1
    watch.close()
