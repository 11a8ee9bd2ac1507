import math
import subprocess
import threading
import time

import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.slurm import Allocation, Deadline, allocation, describe, duration_s, in_words

JOB = {"SLURM_JOB_ID": "77", "SLURMD_NODENAME": "node3"}


def test_outside_of_a_job_there_is_nothing():
    assert allocation({}) is None
    assert allocation({"SLURM_JOB_ID": "77"}) is None  # the shell of salloc on a login node


def test_what_slurm_says_of_a_task_of_an_array():
    given = allocation(
        {
            **JOB,
            "SLURM_ARRAY_JOB_ID": "70",
            "SLURM_ARRAY_TASK_ID": "2",
            "SLURM_JOB_GPUS": "0,3",
            "SLURM_CPUS_ON_NODE": "16",
            "SLURM_JOB_END_TIME": "1900000000",
            "PARZEN_SLURM_WARNING": "80",
        }
    )
    assert given == Allocation(
        job="70_2",
        node="node3",
        gpus=("0", "3"),
        indices=("0", "3"),
        cpus=16,
        end_at=1_900_000_000.0,
        warning_s=80.0,
    )
    assert given.margin_s == 140.0
    assert describe(given, 90 * 60.0) == (
        "Slurm job 70_2 on node3, 2 GPUs (0,3), 16 cores, 1 hour 30 minutes left"
    )


@pytest.mark.parametrize(
    ("environ", "gpus"),
    [
        ({}, None),
        ({"CUDA_VISIBLE_DEVICES": "5"}, None),  # somebody's, and not Slurm's
        ({"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, ()),
        ({"SLURM_JOB_GPUS": "2,3"}, ("2", "3")),
        ({"SLURM_JOB_GPUS": "2,3", "SLURM_STEP_GPUS": "3"}, ("3",)),
        ({"SLURM_JOB_GPUS": "2,3", "CUDA_VISIBLE_DEVICES": "0,1"}, ("0", "1")),
        ({"SLURM_JOB_GPUS": "2,3", "ROCR_VISIBLE_DEVICES": "2,3"}, ("2", "3")),
    ],
)
def test_gpus_go_by_the_names_that_programs_of_the_job_can_use(environ, gpus):
    given = allocation({**JOB, **environ})
    assert given.gpus == gpus
    assert given.job == "77"


def test_what_makes_no_sense_is_as_if_it_were_not_said():
    given = allocation({**JOB, "SLURM_CPUS_ON_NODE": "?", "SLURM_JOB_END_TIME": "Unknown"})
    assert (given.cpus, given.end_at) == (None, None)
    assert describe(given, None) == "Slurm job 77 on node3, no known end"


@pytest.mark.parametrize(
    ("length_s", "said"),
    [
        (0.2, "0 seconds"),
        (1.0, "1 second"),
        (59.4, "59 seconds"),
        (80.0, "1 minute"),
        (12 * 60.0, "12 minutes"),
        (3599.0, "1 hour"),
        (2.5 * 86_400, "2 days 12 hours"),
        (90_061.0, "1 day 1 hour 1 minute"),
        (math.inf, "time without end"),
    ],
)
def test_a_length_of_time_in_words(length_s, said):
    assert in_words(length_s) == said


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 5400),
        ("4:58", 298),
        ("1:30:00", 5400),
        ("2-12", 216_000),
        ("1-00:30", 88_200),
        ("1-02:03:04", 93_784),
        ("UNLIMITED", math.inf),
    ],
)
def test_lengths_of_time_are_read_as_slurm_has_them(text, seconds):
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "-1", "1-", "NOT_SET", "1.5"])
def test_other_texts_are_no_lengths_of_time(text):
    with pytest.raises(InvalidInput, match="is no length of time"):
        duration_s(text)


def job(**fields):
    return Allocation(job="77", node="node3", **fields)


def test_time_runs_out_at_the_warning():
    deadline = Deadline(job(warning_s=80.0), ask=lambda _: 1000.0)
    deadline.ask()
    assert 800 < deadline.left_s() <= 1000 - 80 - 60
    late = Deadline(job(warning_s=80.0), ask=lambda _: 100.0)
    late.ask()
    assert late.left_s() == 0.0


def test_the_variable_counts_until_slurm_was_asked_and_a_new_limit_then(until):
    asked = threading.Event()

    def ask(job):
        asked.wait(30)
        return 7200.0

    deadline = Deadline(job(end_at=time.time() + 600), ask=ask)
    assert deadline.left_s() <= 600  # and nobody waits for squeue
    asked.set()
    until(lambda: deadline.left_s() > 7000)


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError("no squeue"), subprocess.CalledProcessError(1, "squeue")],
)
def test_a_squeue_that_fails_changes_nothing_and_is_told_once(error, caplog):
    def ask(job):
        raise error

    deadline = Deadline(job(end_at=time.time() + 600), ask=ask)
    deadline.ask()
    deadline.ask()
    assert 0 < deadline.left_s() <= 600
    assert len(caplog.records) == 1
    assert "squeue does not say" in caplog.text


def test_no_end_is_no_number():
    deadline = Deadline(job(), ask=lambda _: math.inf)
    deadline.ask()
    assert deadline.left_s() is None
