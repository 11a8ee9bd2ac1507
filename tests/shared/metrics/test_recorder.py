import threading

import pytest
from engines.stillness import Clock
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from parzen.shared.metrics import table
from parzen.shared.metrics.recorder import KEPT_S, Reading, Recorder


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recorder(clock):
    return Recorder(table.AGENT, clock=clock)


def samples(recorder):
    """{(name, labels): value} as Prometheus reads them."""
    text = generate_latest(recorder.registry).decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def attempts(study):
    labels = {"study": study, "outcome": "complete", "kind": ""}
    return ("parzen_agent_attempts_total", *sorted(labels.items()))


def complete(recorder, study):
    recorder.count(table.ATTEMPTS, study=study, outcome="complete", kind="")
    recorder.observe(table.ATTEMPT_S, 45.0, study=study)


def test_what_is_counted_and_observed_is_exposed(recorder):
    for _ in range(3):
        complete(recorder, "first")
    found = samples(recorder)
    assert found[attempts("first")] == 3
    mine = ("study", "first")
    assert found["parzen_agent_attempt_seconds_sum", mine] == 135
    assert found["parzen_agent_attempt_seconds_bucket", ("le", "30.0"), mine] == 0
    assert found["parzen_agent_attempt_seconds_bucket", ("le", "60.0"), mine] == 3


def test_series_that_are_known_beforehand_stand_at_zero(recorder):
    found = samples(recorder)
    assert found["parzen_store_errors_total",] == 0
    assert found["parzen_agent_claims_total", ("result", "failed")] == 0


def test_nothing_is_exposed_that_the_table_does_not_name(recorder):
    complete(recorder, "first")
    names = {name for name, *_ in samples(recorder)}
    ours = {name for name in names if name.startswith("parzen_")}
    known = {metric.name for metric in table.AGENT}
    ends = ("", "_bucket", "_sum", "_count")
    assert all(any(name.removesuffix(end) in known for end in ends) for name in ours)
    assert {"process_cpu_seconds_total", "python_info"} <= names


def test_where_things_stand_is_asked_at_each_scrape(recorder):
    stands = [1.0]
    gpu = {"uuid": "GPU-1", "name": "H200"}
    recorder.read_from(lambda: [Reading(table.BUSY, stands[0]), Reading(table.GPU_HEALTHY, 1, gpu)])
    recorder.read_from(lambda: [Reading(table.IDLE, 12.5)])
    assert samples(recorder)["parzen_agent_slots_busy",] == 1
    stands[0] = 2.0
    found = samples(recorder)
    assert found["parzen_agent_slots_busy",] == 2
    assert found["parzen_agent_gpu_healthy", ("name", "H200"), ("uuid", "GPU-1")] == 1
    assert found["parzen_agent_slots_idle_seconds_total",] == 12.5


def test_the_series_of_a_study_go_when_it_has_gone(recorder, clock):
    alive = ["first", "second"]
    recorder.studies_from(lambda: alive)
    complete(recorder, "first")
    complete(recorder, "second")
    clock.at += 10 * KEPT_S
    assert {attempts("first"), attempts("second")} <= set(samples(recorder))

    alive.remove("first")
    clock.at += KEPT_S
    assert attempts("first") in samples(recorder)  # whoever scrapes has had the last of it by now
    clock.at += 1
    found = samples(recorder)
    assert attempts("second") in found
    assert not [key for key in found if ("study", "first") in key]

    complete(recorder, "first")
    assert samples(recorder)[attempts("first")] == 1


def test_a_study_that_came_and_went_between_two_scrapes_was_seen(recorder, clock):
    samples(recorder)
    complete(recorder, "short")
    clock.at += KEPT_S / 2
    assert samples(recorder)[attempts("short")] == 1
    clock.at += KEPT_S
    assert attempts("short") not in samples(recorder)


def test_nothing_is_lost_where_many_threads_count(recorder):
    def work():
        for n in range(500):
            complete(recorder, f"study-{n % 7}")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = samples(recorder)
    assert sum(found[attempts(f"study-{n}")] for n in range(7)) == 2000
