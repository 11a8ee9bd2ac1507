import pytest
from engines.stillness import Clock
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from parzen.shared.lifecycle import FailureKind
from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Exposure
from parzen.shared.metrics.recorder import Recorder
from parzen.shared.records import (
    Claim,
    Completed,
    Device,
    Directive,
    Failed,
    Failure,
    Released,
    Study,
    Trial,
    Uid,
)
from parzen.worker.metering import Meter, Metered, Standing, metered

CLAIM = Claim(
    study=Study(name="first", uid=Uid("u"), dimensions=()),
    trial=Trial(study="first", uid=Uid("u"), number=7, params={}),
    token="t",
    lease_s=60.0,
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def exposure():
    return Exposure(Recorder(table.AGENT))


@pytest.fixture
def meter(exposure, clock):
    return Metered(exposure, clock)


@pytest.fixture
def read(exposure):
    """What stands of a metric: ``read("parzen_agent_slots")``, with labels where it has some."""

    def value(name, /, **labels):
        text = generate_latest(exposure.recorder.registry).decode()
        found = [
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        return found[0] if found else None

    return value


def standing(**other):
    given = {"slots": 4, "busy": 3, "ready": 2, "reports_waiting": 1, "quarantined": 5}
    given |= {"draining": False, "workdir": "/", "studies": ["first"]}
    return Standing(**given | other)


def test_attempts_are_told_apart_by_how_they_ended(meter, read):
    timeout = Failed(error=Failure(kind=FailureKind.TIMEOUT))
    for outcome in (Completed(value=1.0), Completed(value=2.0), timeout, None, Released()):
        meter.ended(CLAIM, outcome, 2.0)

    def attempts(outcome, kind=""):
        return read("parzen_agent_attempts_total", study="first", outcome=outcome, kind=kind)

    assert attempts("complete") == 2
    assert attempts("failed", "timeout") == attempts("lost") == attempts("released") == 1
    assert read("parzen_agent_attempt_seconds_sum", study="first") == 10


def test_what_was_claimed_and_did_not_begin_is_no_attempt(meter, read):
    meter.ended(CLAIM, Released(begun=False), 0.0)
    assert read("parzen_agent_attempts_total", study="first", outcome="released", kind="") is None


def test_idle_slots_are_summed_over_time_up_to_the_scrape(meter, clock, read):
    meter.watch(standing)
    for at, free in ((10, 2), (14, 0), (20, 1)):
        clock.at = at
        meter.turned(free)
    clock.at = 23
    assert read("parzen_agent_slots_idle_seconds_total") == 4 * 2 + 6 * 0 + 3 * 1


def test_questions_for_trials_are_counted_by_what_they_brought(meter, read):
    for found in (3, 0, 0, None):
        meter.claimed(found, 0.5)
    for result, times in {"found": 1, "empty": 2, "failed": 1}.items():
        assert read("parzen_agent_claims_total", result=result) == times
    assert read("parzen_agent_trials_claimed_total") == 3
    assert read("parzen_agent_claim_seconds_count") == 4


def test_leases_are_counted_one_by_one(meter, read):
    meter.renewed([Directive.CONTINUE, Directive.STOP, Directive.LOST])
    meter.not_renewed(2)
    for result, leases in {"renewed": 2, "lost": 1, "failed": 2}.items():
        assert read("parzen_agent_lease_renewals_total", result=result) == leases


def test_how_it_stands_is_asked_at_each_scrape(meter, read, tmp_path):
    meter.watch(lambda: standing(workdir=tmp_path, draining=True))
    assert read("parzen_agent_slots") == 4
    assert read("parzen_agent_slots_busy") == 3
    assert read("parzen_agent_trials_ready") == 2
    assert read("parzen_agent_reports_waiting") == 1
    assert read("parzen_agent_studies_quarantined") == 5
    assert read("parzen_agent_draining") == 1
    assert read("parzen_agent_workdir_free_bytes") > 0


def test_a_work_directory_that_is_away_leaves_the_others(meter, read, tmp_path):
    meter.watch(lambda: standing(workdir=tmp_path / "away"))
    assert read("parzen_agent_slots") == 4
    assert read("parzen_agent_workdir_free_bytes") is None


def test_gpus_are_told_as_far_as_their_driver_does(meter, read):
    known = {"memory_gb": 80.0, "used_gb": 5.0, "utilisation": 0.25}
    one = Device(uuid="GPU-1", name="H200", index="0", **known)
    ill = Device(uuid="GPU-2", name="MI300", index="1", trouble="lost")
    meter.watch(lambda: standing(devices=(one, ill)))
    labels, others = {"uuid": "GPU-1", "name": "H200"}, {"uuid": "GPU-2", "name": "MI300"}
    assert read("parzen_agent_gpu_memory_used_bytes", **labels) == 5e9
    assert read("parzen_agent_gpu_memory_total_bytes", **labels) == 80e9
    assert read("parzen_agent_gpu_utilization_ratio", **labels) == 0.25
    assert read("parzen_agent_gpu_healthy", **labels) == 1
    assert read("parzen_agent_gpu_healthy", **others) == 0
    assert read("parzen_agent_gpu_utilization_ratio", **others) is None


def test_health_follows_the_loop_and_the_store(meter, exposure, read):
    assert not exposure.health.ready.well
    meter.answered()
    meter.turned(0)
    meter.not_answered()
    assert exposure.health.ready.well
    assert exposure.health.alive.reason != "starting"
    assert read("parzen_store_errors_total") == 1


def test_where_nobody_asked_nothing_is_noted():
    meter = metered(None)
    assert type(meter) is Meter
    meter.watch(standing)
    meter.turned(1)
    meter.ended(CLAIM, None, 1.0)
