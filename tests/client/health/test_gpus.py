from __future__ import annotations

import subprocess

import pytest
from engines import gpus as gpus_there

from parzen.client.health import gpus
from parzen.client.health.findings import Verdict


def ran(out="", status=0, err=""):
    return lambda _: subprocess.CompletedProcess([], status, out, err)


def test_a_laptop_without_gpus_is_well(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = list(gpus.check({}))
    assert {f.verdict.value for f in found} <= {"skipped", "ok"}
    assert gpus.nvidia(None, ran()).verdict.value == "skipped"


def test_gpus_are_counted_by_kind():
    lines = "NVIDIA H100, 81559 MiB, 550.1\n" * 2 + "NVIDIA A30, 24576 MiB, 550.1\n"
    found = gpus.nvidia("/bin/nvidia-smi", ran(lines))
    assert found.said == (
        "3 GPUs: 2 x NVIDIA H100, 81559 MiB; 1 x NVIDIA A30, 24576 MiB; driver 550.1"
    )


def late(_):
    raise subprocess.TimeoutExpired("nvidia-smi", 10)


@pytest.mark.parametrize(
    "run", [ran(status=9, err="couldn't communicate with the driver\n"), ran(""), late]
)
def test_a_broken_driver_is_a_warning(run):
    assert gpus.nvidia("/bin/nvidia-smi", run).verdict.value == "warning"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "not set"),
        ({"CUDA_VISIBLE_DEVICES": ""}, "hand out none"),
        ({"CUDA_VISIBLE_DEVICES": "0,1"}, "'0,1': workers started from here hand out these alone"),
    ],
)
def test_what_the_environment_leaves_to_trials(environ, said):
    assert said in gpus.visible(environ).said


def told(findings):
    return [(one.name, one.verdict, one.said) for one in findings]


def test_what_a_worker_would_hand_out_is_told_with_what_bounds_it(monkeypatch, tmp_path):
    cards = [gpus_there.a_card(0), gpus_there.a_card(1, errors=3)]
    gpus_there.install(monkeypatch, tmp_path, cards)
    found = list(gpus.check({"CUDA_VISIBLE_DEVICES": "1"}))
    names = [name for name, _, _ in told(found)]
    assert "nvidia-ml-py" in names
    [handed] = [one for one in found if one.name == "NVIDIA for trials"]
    assert handed.said == "1 NVIDIA Test 80GB, by CUDA_VISIBLE_DEVICES='1'"
    [ill] = [one for one in found if one.name == "NVIDIA 1"]
    assert ill.verdict is Verdict.WARNING
    assert "3 uncorrectable errors" in ill.said


def test_a_gpu_without_the_library_to_ask_about_it_is_a_warning():
    cards = gpus.nvidia("nvidia-smi", ran("A100, 80 GiB, 550\n"))
    assert gpus.library(cards, None).verdict is Verdict.WARNING
    assert gpus.library(gpus.nvidia(None, ran()), None).verdict is Verdict.SKIPPED
    assert gpus.library(cards, "13.0").verdict is Verdict.OK
