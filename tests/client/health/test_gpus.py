from __future__ import annotations

import subprocess

import pytest

from parzen.client.health import gpus


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
        ({"CUDA_VISIBLE_DEVICES": ""}, "see no GPU"),
        ({"CUDA_VISIBLE_DEVICES": "0,1"}, "'0,1': trials started from here see these alone"),
    ],
)
def test_what_the_environment_leaves_to_trials(environ, said):
    assert said in gpus.visible(environ).said
