import os

import pytest

from parzen.shared.errors import InvalidInput, ParzenError
from parzen.worker.launch.slurm import commands
from parzen.worker.launch.slurm.commands import Task

SAYS = """#!/bin/sh
cat "{0}/{1}.out"
cat "{0}/{1}.err" >&2
exit {2}
"""


@pytest.fixture
def says(tmp_path, monkeypatch):
    """Have a command of Slurm's say something, and end with a code."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def command(name, out="", err="", code=0):
        (tmp_path / f"{name}.out").write_text(out)
        (tmp_path / f"{name}.err").write_text(err)
        (tmp_path / name).write_text(SAYS.format(tmp_path, name, code))
        (tmp_path / name).chmod(0o755)

    return command


def submit(path):
    return commands.submitted(path, os.environ)


def test_the_id_is_told_without_the_cluster(says, tmp_path):
    says("sbatch", "1234;big\n")
    assert submit(tmp_path) == "1234"


@pytest.mark.parametrize(
    ("err", "hint"),
    [
        ("Invalid partition name specified", "--partition"),
        ("Invalid account or account/partition combination specified", "--partition"),
        ("Invalid account", "--account"),
        ("Invalid qos specification", "--qos"),
        ("Requested time limit is invalid (missing or exceeds some limit)", "--time"),
        ("Requested node configuration is not available", "sinfo"),
        ("Invalid job array specification", "--nodes"),
        ("Unable to contact slurm controller (connect failure)", "try again later"),
        ("something new", "--dry-run"),
    ],
)
def test_a_refusal_is_told_in_its_words_with_what_to_do(says, tmp_path, err, hint):
    says("sbatch", err=f"sbatch: error: {err}\n", code=1)
    with pytest.raises(InvalidInput) as raised:
        submit(tmp_path)
    assert f"sbatch: error: {err}; " in str(raised.value)
    assert hint in str(raised.value)


def test_only_marked_jobs_are_ours_whatever_their_names_hold(says):
    ours = ("7_0", "7", "RUNNING", "n1", "None", "1:00", "a|b\tc", "mine | x (parzen agents)")
    theirs = ("8", "8", "RUNNING", "n1", "None", "1:00", "parzen", "(null)")
    says("squeue", "".join("\x1f".join(fields) + "\n" for fields in (ours, theirs)))
    assert commands.tasks() == [
        Task(task="7_0", job="7", state="RUNNING", node="n1", reason="", time_left="1:00",
             name="a|b\tc")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "over", "failed"),
    [
        ("PENDING", False, False),
        ("COMPLETING", False, False),
        ("CANCELLED", True, False),
        ("FAILED", True, True),
        ("OUT_OF_MEMORY", True, True),
    ],
)
def test_tasks_that_have_ended_are_known_and_do_not_wait_or_run(says, state, over, failed):
    fields = ("7_0", "7", state, "n1", "None", "1:00", "parzen", "parzen agents")
    says("squeue", "\x1f".join(fields))
    [task] = commands.known()
    assert (task.over, task.failed) == (over, failed)
    assert commands.tasks() == ([] if over else [task])


def test_where_the_log_of_a_task_is(says):
    task = Task("7_0", "7", "FAILED", "n1", "", "1:00", "x")
    says("scontrol", "JobId=7\n   StdIn=/dev/null\n   StdOut=/a b/x-7_0.log\n   Power=\n")
    assert commands.log_of(task) == "/a b/x-7_0.log"
    says("scontrol", code=1)
    assert commands.log_of(task) is None


def test_tasks_are_in_their_order(says):
    fields = ("7", "PENDING", "", "Priority", "1:00", "parzen", "parzen agents")
    lines = ["\x1f".join((task, *fields)) for task in ("7_10", "7_9", "11_0", "7_0")]
    says("squeue", "\n".join(lines))
    assert [task.task for task in commands.tasks()] == ["7_0", "7_9", "7_10", "11_0"]


def test_the_time_before_sigkill_is_slurms(says):
    says("scontrol", "JobRequeue              = 1\nKillWait                = 45 sec\n")
    assert commands.kill_wait_s() == 45.0
    says("scontrol", code=1)
    assert commands.kill_wait_s() is None


def test_a_command_that_fails_is_told(says):
    says("scancel", err="scancel: error: Invalid job id 7", code=1)
    with pytest.raises(ParzenError, match="scancel failed: scancel: error: Invalid job id 7"):
        commands.cancel(["7"])


def test_a_machine_without_slurm_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ParzenError, match="no command squeue: call `parzen launch slurm` where"):
        commands.tasks()
    assert commands.kill_wait_s() is None
