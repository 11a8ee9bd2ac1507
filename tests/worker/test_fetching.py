"""Fetching for a trial that may be stopped meanwhile, from a store that may be away."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from parzen.shared.errors import Incompatible, NotFound, StoreDenied, StoreUnreachable
from parzen.shared.records import Image, Study, Uid
from parzen.worker import fetching
from parzen.worker.executor import kernel
from parzen.worker.fetching import TRIES, Fetching


class Bundles:
    """Answers with each of ``answers`` in turn, and the last one for good."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def path(self, study):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Outage:
    def __init__(self):
        self.heard = []

    def failed(self, error):
        self.heard.append(error)


@pytest.fixture
def node(monkeypatch):
    """A node whose bundles answer so; ``node.slept`` is called for each pause."""

    def make(*answers, image=None, expires=60.0):
        made = SimpleNamespace(
            bundles=Bundles(*answers), outage=Outage(), slept=lambda: None,
            heartbeat=SimpleNamespace(expires=lambda claim: expires),
            containers=SimpleNamespace(fetch=lambda image, may: may()),
        )  # fmt: skip
        study = Study(name="a", uid=Uid("a"), dimensions=(), image=image)
        made.attempt = SimpleNamespace(claim=SimpleNamespace(study=study), stopped=False)
        monkeypatch.setattr(fetching.time, "sleep", lambda _: made.slept())
        monkeypatch.setattr(kernel, "now", lambda: 0.0)
        return made, Fetching(made)

    return make


AWAY = StoreUnreachable("away")


def test_a_store_that_is_away_is_waited_for(node):
    made, its = node(*[AWAY] * (TRIES + 2), Path("a.zip"))
    assert its.bundle(made.attempt) == Path("a.zip")
    assert made.outage.heard == [AWAY] * (TRIES + 2)


def test_a_trial_that_is_stopped_meanwhile_or_whose_lease_runs_out_waits_no_longer(node):
    made, its = node(AWAY)
    made.slept = lambda: setattr(made.attempt, "stopped", True)
    assert its.bundle(made.attempt) is None
    assert made.bundles.asked == 1
    made, its = node(AWAY, expires=-1.0)
    assert its.bundle(made.attempt) is None
    assert made.bundles.asked == 0


def test_a_store_that_refuses_is_asked_a_few_times(node):
    made, its = node(StoreDenied("no right to read objectives"))
    with pytest.raises(Incompatible, match="its bundle cannot be fetched: no right to read"):
        its.bundle(made.attempt)
    assert made.bundles.asked == TRIES


def test_a_bundle_that_is_gone_is_told_at_once(node):
    made, its = node(NotFound("no bundle"))
    with pytest.raises(NotFound):
        its.bundle(made.attempt)
    assert made.bundles.asked == 1


def test_an_image_is_fetched_while_the_trial_may_begin(node):
    made, its = node(AWAY)
    made.attempt.stopped = True
    assert its.has_image(made.attempt)  # it has none
    made, its = node(AWAY, image=Image(name="torch:2"))
    assert its.has_image(made.attempt)
    made.attempt.stopped = True
    assert not its.has_image(made.attempt)
