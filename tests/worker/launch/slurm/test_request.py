from pathlib import Path

import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.slurm.request import settings, warning_for, with_idle_timeout


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"time": "soon"}, "is no length of time"),
        ({"time": "0"}, "more than nothing"),
        ({"time": "3"}, "ask for 4 minutes at least"),
        ({"job_name": "a/b"}, "leave / out"),
        ({"job_name": "  "}, "--job-name is '  '"),
        ({"partition": "a\nb"}, "--partition is 'a\\nb'"),
        ({"gpus_per_node": "many"}, "--gpus-per-node is 'many'"),
        ({"output": Path("/a\\b")}, "no backslashes"),
        ({"more": ("-x node1",)}, "in its long form"),
        ({"more": ("--exclude=a\nb",)}, "in its long form"),
        ({"more": ("--array=0-7",)}, "use --nodes and --array-limit instead"),
        ({"more": ("--signal=USR2",)}, "use --warning instead"),
        ({"more": ("--comm=mine",)}, "depends on --comment"),
    ],
)
def test_what_would_not_work_is_refused_before_it_is_submitted(new_request, fields, said):
    with pytest.raises(InvalidInput) as raised:
        new_request(**fields)
    assert said in str(raised.value)


def test_what_slurm_takes_is_taken(new_request):
    new_request(time="UNLIMITED", gpus_per_node="a100:8", more=("--exclusive", "--exclude=n[1-4]"))


def test_workers_are_named_by_their_tasks():
    with pytest.raises(InvalidInput, match="--name stands among the words"):
        settings(["--name", "mine"])
    with pytest.raises(InvalidInput, match="does not take"):
        settings(["--nonsense"])


def test_idle_agents_quit_unless_the_words_say_otherwise():
    assert with_idle_timeout(["--slots", "2"]) == ("--slots", "2", "--idle-timeout", "600")
    assert with_idle_timeout(["--idle-timeout", "5"]) == ("--idle-timeout", "5")


def test_a_warning_leaves_trials_the_time_that_they_are_promised():
    assert warning_for([], None) == 80
    assert warning_for(["--grace", "300"], None) == 360
    assert warning_for([], 30) == 30
    with pytest.raises(InvalidInput, match="trials have 300 s to save themselves"):
        warning_for(["--grace", "300"], 120)
