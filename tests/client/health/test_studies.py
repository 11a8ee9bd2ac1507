from __future__ import annotations

from dataclasses import replace

import pytest

from parzen.client.health import studies
from parzen.client.invocation import Invocation
from parzen.shared.course import Silent
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Device

CALL = Invocation()


def nobody(_):
    return ()


def told(findings):
    return [(f.name, f.verdict.value, f.said) for f in findings]


def test_who_is_alive(a_worker, a_coordinator):
    assert told(studies.processes([], "1"))[0][2] == "no worker and no coordinator is alive"
    live = [a_worker(slots=4), a_coordinator()]
    assert told(studies.processes(live, "1")) == [
        ("processes", "ok", "1 worker with 4 slots, 1 coordinator")
    ]


def test_processes_of_another_version_are_doubtful(a_worker):
    _, versions = studies.processes([a_worker(versions={"parzen": "0.9"})], "1.0")
    assert (versions.verdict.value, "0.9, this is 1.0" in versions.said) == ("warning", True)


def test_a_study_that_lacks_somebody_is_named(a_study, a_worker):
    going, ended = a_study(), a_study(name="e", uid="u2", status=StudyStatus.COMPLETE)
    first, lacking = studies.moving([going, ended], [a_worker()], CALL, nobody)
    assert first.said == "2 studies, 1 still to do"
    assert (lacking.name, lacking.verdict.value) == ("s", "warning")
    assert "start `parzen coordinator`" in lacking.said


def test_gpus_that_are_ill_or_silent_are_told(a_worker):
    gpus = [Device(uuid=f"GPU-{n}", name="A", index=f"{n}") for n in range(4)]
    ill = replace(gpus[1], trouble="it is lost")
    silent = [replace(gpu, silence="NVML: no answer") for gpu in gpus[2:]]
    assert told(studies.devices([a_worker(devices=(gpus[0], ill, *silent))], CALL)) == [
        ("host:1:a", "warning", "GPU 1 out of service: it is lost"),
        ("host:1:a", "warning", "GPUs 2, 3 cannot be looked at: NVML: no answer"),
    ]
    many = [a_worker(f"n{n}", devices=tuple(silent)) for n in range(9)]
    found = told(studies.devices(many, CALL))
    assert len(found) == 6
    assert found[-1] == ("GPUs", "warning", "those of 4 more are in trouble")


def test_workers_that_fell_silent_are_told(a_study, a_worker, a_coordinator):
    study, live = a_study(counts={TrialState.RUNNING: 2}), [a_worker(), a_coordinator()]
    lost = Silent(worker="gone", trials=2, seconds=20.0)
    *_, said = studies.moving([study], live, CALL, lambda _: [lost])
    assert "2 trials run on a worker that has been silent for 20 s" in said.said
    quiet = a_study(counts={TrialState.COMPLETE: 2})
    assert len(list(studies.moving([quiet], live, CALL, lambda _: [lost]))) == 1


@pytest.mark.parametrize(("count", "lines"), [(0, 1), (5, 6), (9, 7)])
def test_not_all_of_many_are_named(a_study, count, lines):
    some = [a_study(name=f"s{n}", uid=f"u{n}") for n in range(count)]
    found = told(studies.moving(some, [], CALL, nobody))
    assert len(found) == lines
    if count == 9:
        assert found[-1][2] == "4 more lack something"
