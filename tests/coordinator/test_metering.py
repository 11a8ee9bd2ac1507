"""Metrics of a coordinator that runs step by step on a real store."""

import pytest
from engines.scraping import told, value

from parzen.coordinator import metering
from parzen.coordinator.metering import Meter, Metered, metered
from parzen.coordinator.service import Coordinator
from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Exposure
from parzen.shared.metrics.recorder import Recorder


@pytest.fixture
def exposure():
    return Exposure(Recorder(table.COORDINATOR))


@pytest.fixture
def read(exposure):
    def value_of(name, /, **labels):
        return value(told(exposure.recorder.registry), name, **labels)

    return value_of


class Clock:
    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def new_coordinator(store, exposure, clock):
    def make(**options):
        return Coordinator(store, meter=Metered(exposure, clock), **options)

    return make


def serve(coordinator):
    while coordinator.step():
        pass


def test_proposals_results_and_trials_are_those_of_the_store(
    store, new_study, new_hand, new_coordinator, read
):
    study, hand, one = new_study("first", max_trials=6), new_hand(slots=2), new_coordinator()
    serve(one)
    assert read("parzen_coordinator_studies_led") == 1
    assert read("parzen_coordinator_leadership_changes_total", change="gained") == 1
    assert read("parzen_coordinator_workers") == 1
    assert read("parzen_coordinator_worker_slots") == 2
    made = len(list(store.catalog.trials(study)))
    labels = {"study": "first", "sampler": "random"}
    assert read("parzen_coordinator_proposals_total", **labels) == made
    assert read("parzen_coordinator_proposal_seconds_count", **labels) == made
    assert read("parzen_coordinator_trials", study="first", state="waiting") == made
    assert read("parzen_coordinator_queue_present", study="first") == made
    assert read("parzen_coordinator_queue_wanted", study="first") == made
    assert read("parzen_coordinator_turnaround_seconds_count", study="first") is None

    hand.work(study, 2, value=0.75)
    hand.fail(hand.claim(study, 1))
    serve(one)
    assert read("parzen_coordinator_results_total", study="first") == 3
    assert read("parzen_coordinator_trials", study="first", state="complete") == 2
    assert read("parzen_coordinator_trials", study="first", state="failed") == 1
    assert read("parzen_coordinator_best_loss", study="first") == 0.75
    assert read("parzen_coordinator_turnaround_seconds_count", study="first") >= 1
    assert read("parzen_coordinator_turn_seconds_count") >= 2


def test_the_figures_of_an_ended_study_stay_for_a_while(
    new_study, new_hand, new_coordinator, read, clock
):
    study, hand, one = new_study("first", max_trials=2), new_hand(), new_coordinator()
    serve(one)
    hand.work(study, 2)
    serve(one)
    assert read("parzen_coordinator_studies_led") == 0
    assert read("parzen_coordinator_leadership_changes_total", change="released") == 1
    assert read("parzen_coordinator_trials", study="first", state="complete") == 2
    clock.ahead += metering.KEPT_S
    assert read("parzen_coordinator_trials", study="first", state="complete") is None


def test_one_who_lost_a_study_tells_nothing_of_it(store, new_study, new_coordinator, read):
    study, one = new_study("first", max_trials=2), new_coordinator(lease_s=60.0)
    serve(one)
    assert read("parzen_coordinator_trials", study="first", state="waiting") == 2
    store.catalog.delete(study)
    serve(one)
    assert read("parzen_coordinator_studies_led") == 0
    assert read("parzen_coordinator_trials", study="first", state="waiting") is None


def test_a_lead_that_somebody_else_took_is_counted(store, new_study, new_coordinator, read):
    study, one = new_study("first", max_trials=2), new_coordinator(lease_s=60.0)
    serve(one)
    store.db.studies.update_one(
        {"_id": study.name}, {"$set": {"lease.holder": "other", "lease.term": 99, "wish.serial": 5}}
    )
    one.step()
    assert read("parzen_coordinator_leadership_changes_total", change="lost") == 1
    assert read("parzen_coordinator_queue_wanted", study="first") is None


def test_health_follows_the_loop_and_the_store(new_coordinator, exposure):
    assert not exposure.health.ready.well
    new_coordinator().step()
    assert exposure.health.ready.well
    assert exposure.health.alive.reason != "starting"


def test_where_nobody_asked_nothing_is_noted():
    assert type(metered(None)) is Meter
