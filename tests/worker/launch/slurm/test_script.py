import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from parzen.worker.launch.slurm.script import environment, options, script

ODD = ["it's", 'say "hi"', "$HOME `id` $(id)", "back\\slash", "a;b & c | d", "ü # * ?", "%j"]

STANDIN = """#!/bin/bash
printf '%s\\n' "$@" >"$NOTES.words"
printf '%s\\n' "$PARZEN_STORE" "$PARZEN_STORE_FILE" "$PARZEN_HOME" "$PARZEN_TRUST" "$ODD" >"$NOTES"
exit 7
"""


def lines(text):
    return [line.removeprefix("#SBATCH ") for line in text.splitlines() if "#SBATCH" in line]


def bash(text, *, check="-n", **environ):
    return subprocess.run(
        ["bash", *([check] if check else [])], input=text, text=True, capture_output=True,
        check=False, env={"PATH": os.environ["PATH"], **environ},
    )  # fmt: skip


def test_a_plain_request_is_a_plain_script(new_request, new_agents):
    text = script(
        new_request(
            gpus_per_node="8", cpus_per_node=16, mem="64G", partition="gpu", array_limit=1,
            more=("--exclusive",),
        ),
        new_agents("--studies", "first"),
    )  # fmt: skip
    assert text.startswith("#!/bin/bash\n# 2 agents of parzen ")
    assert lines(text) == [
        "--job-name=parzen",
        '"--comment=parzen agents"',
        "--array=0-1%1",
        "--nodes=1",
        "--ntasks=1",
        "--gpus-per-node=8",
        "--cpus-per-task=16",
        "--mem=64G",
        "--time=12:00:00",
        "--partition=gpu",
        "--chdir=/here",
        "--output=/logs/%x-%A_%a.log",
        "--open-mode=append",
        "--signal=B:USR1@80",
        "--requeue",
        "--exclusive",
    ]
    assert "scontrol requeue" in text
    assert bash(text).returncode == 0


def test_without_requeue_nothing_requeues(new_request, new_agents):
    text = script(new_request(requeue=False), new_agents())
    assert "--no-requeue" in lines(text)
    assert "scontrol" not in text.split("code=")[1]
    assert bash(text).returncode == 0


@pytest.mark.parametrize("odd", ODD)
def test_every_odd_value_arrives_as_it_was_given(new_request, new_agents, tmp_path, odd):
    python = tmp_path / f"{odd.replace('/', '')} python"
    python.write_text(STANDIN)
    python.chmod(0o755)
    notes = tmp_path / "notes"
    text = script(
        new_request(comment=odd, output=Path("/logs", odd.replace("\\", ""))),
        new_agents(
            "--studies", odd, python=str(python), store_file=Path("/s", odd), home=Path("/h", odd),
            trust=odd, activate=(f"export ODD={shlex.quote(odd)}",),
        ),
    )  # fmt: skip
    assert bash(text).stderr == ""
    done = bash(text, check=None, NOTES=str(notes), PARZEN_STORE="mongodb://u:secret@h",
                SLURM_ARRAY_JOB_ID="70", SLURM_ARRAY_TASK_ID="2")  # fmt: skip
    assert (done.returncode, done.stderr) == (7, "")
    assert notes.read_text().splitlines() == ["", f"/s/{odd}", f"/h/{odd}", odd, odd]
    words = Path(f"{notes}.words").read_text().splitlines()
    assert words == ["-m", "parzen.client.cli", "worker", "--name", "slurm-70_2", "--studies", odd]


@pytest.mark.parametrize(
    "own", ["", "# a module that has no Python of its own", "PATH={bin}:$PATH"]
)
def test_the_python_is_the_launchers_or_what_the_lines_put_in_its_place(
    new_request, new_agents, tmp_path, own
):
    chosen = tmp_path / "bin" / "python"
    chosen.parent.mkdir()
    for python, code in ((chosen, 5), (tmp_path / "launcher", 6)):
        python.write_text(f"#!/bin/bash\nexit {code}\n")
        python.chmod(0o755)
    lines = tuple(filter(None, [own.format(bin=chosen.parent)]))
    agents = new_agents(python=str(tmp_path / "launcher"), follows=True, activate=lines)
    done = bash(script(new_request(), agents), check=None,
                SLURM_ARRAY_JOB_ID="1", SLURM_ARRAY_TASK_ID="0")  # fmt: skip
    assert done.returncode == (5 if "PATH" in own else 6), done.stderr


def test_an_environment_that_cannot_be_made_runs_no_agent(new_request, new_agents):
    text = script(new_request(), new_agents(activate=(". /no/such/venv/bin/activate",)))
    done = bash(text, check=None, SLURM_ARRAY_JOB_ID="1", SLURM_ARRAY_TASK_ID="0")
    assert done.returncode != 0
    assert done.stderr.count("No such file") == 1


def test_a_percent_sign_of_a_folder_is_none_of_slurms(new_request):
    assert "--output=/100%%j/%x-%A_%a.log" in options(new_request(output=Path("/100%j")))


def test_what_the_environment_says_does_not_override_the_script(new_request):
    request = new_request(partition="gpu", mem="1G")
    said = environment(
        request,
        {
            "PATH": "/bin",
            "SLURM_CONF": "/etc/slurm.conf",
            "SBATCH_PARTITION": "other",
            "SBATCH_TIMELIMIT": "1",
            "SBATCH_MEM_PER_NODE": "2G",
            "SBATCH_ARRAY_INX": "0-99",
            "SBATCH_NO_REQUEUE": "1",
            "SBATCH_ACCOUNT": "mine",
            "SLURM_JOB_ID": "7",
            "PARZEN_STORE": "mongodb://u:secret@h",
            "PARZEN_SIGN_KEY_PASSWORD": "secret",
        },
    )
    assert said == {"PATH": "/bin", "SLURM_CONF": "/etc/slurm.conf", "SBATCH_ACCOUNT": "mine"}


def test_one_agent_stands_on_one_node(new_request, new_agents):
    assert " agent of parzen " in (text := script(new_request(nodes=1), new_agents()))
    assert ", on one node, for mongodb://db/tuning.\n" in text


DYING = """#!/bin/bash
echo begun >>"$NOTES"
[ "$(grep -c . "$NOTES")" -gt "$DEATHS" ] || kill -KILL $$
exit 7
"""


@pytest.mark.parametrize(
    ("deaths", "begun", "code"), [(0, 1, 7), (2, 3, 7), (3, 4, 7), (9, 4, 137)]
)
def test_an_agent_that_is_killed_is_replaced_three_times(
    new_request, new_agents, tmp_path, deaths, begun, code
):
    python, notes = tmp_path / "python", tmp_path / "notes"
    python.write_text(DYING)
    python.chmod(0o755)
    done = bash(
        script(new_request(), new_agents(python=str(python))), check=None, NOTES=str(notes),
        DEATHS=str(deaths), SLURM_ARRAY_JOB_ID="70", SLURM_ARRAY_TASK_ID="2",
    )  # fmt: skip
    assert (done.returncode, notes.read_text().count("begun")) == (code, begun)
    assert done.stderr.count("task 70_2: its agent was killed: starting another") == begun - 1


SIGNALLED = """#!/bin/bash
trap 'echo TERM >>"$NOTES"; n=$((n+1)); [ $n -lt $TERMS ] || exit 3' TERM
echo ready >>"$NOTES"
while :; do sleep 0.02; done
"""

SCONTROL = """#!/bin/bash
echo "scontrol $*" >>"$NOTES"
"""


@pytest.fixture
def python(tmp_path):
    """In the agent's place, something that notes each SIGTERM and ends at the last one."""
    for name, text in (("python", SIGNALLED), ("scontrol", SCONTROL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return str(tmp_path / "python")


@pytest.fixture
def begun(tmp_path):
    """Run a script as Slurm does: ``begun(text, terms)``; ``terms`` SIGTERMs end its agent."""

    def begin(text, terms):
        task = {"SLURM_ARRAY_JOB_ID": "70", "SLURM_ARRAY_TASK_ID": "2"}
        path = f"{tmp_path}:{os.environ['PATH']}"
        environ = {"PATH": path, "NOTES": str(tmp_path / "notes"), "TERMS": str(terms), **task}
        (tmp_path / "script").write_text(text)
        return subprocess.Popen(
            ["bash", tmp_path / "script"], env=environ, stderr=subprocess.DEVNULL
        )

    return begin


@pytest.mark.parametrize(
    ("signals", "terms", "requeue", "code", "then"),
    [
        (["USR1"], 1, True, 0, ["TERM", "scontrol requeue 70_2"]),
        (["USR1"], 1, False, 3, ["TERM"]),
        (["TERM"], 1, True, 3, ["TERM"]),
        (["TERM"], 2, True, 3, ["TERM", "TERM"]),  # the second one, shortly before SIGKILL
        (["USR1", "TERM"], 2, True, 3, ["TERM", "TERM"]),
    ],
)
def test_what_signals_do(
    new_request, new_agents, begun, python, tmp_path, until, signals, terms, requeue, code, then
):
    notes = tmp_path / "notes"
    request, agents = new_request(requeue=requeue, kill_wait_s=0.5), new_agents(python=python)
    process = begun(script(request, agents), terms)
    seen = ["ready"]
    for name in signals:
        until(lambda: notes.exists() and notes.read_text().splitlines() == seen)
        process.send_signal(signal.Signals[f"SIG{name}"])
        seen.append("TERM")
    assert process.wait(30) == code
    assert notes.read_text().splitlines() == ["ready", *then]


def test_a_signal_that_comes_before_the_agent_is_known_reaches_it_nevertheless(
    new_request, new_agents, begun, python, tmp_path
):
    text = script(new_request(kill_wait_s=0.5), new_agents(python=python))
    early = 'until [ -s "$NOTES" ]; do sleep 0.01; done; kill -TERM $$'
    process = begun(text.replace("agent=$!", f"{early}\nagent=$!"), 2)
    assert process.wait(30) == 3
    assert (tmp_path / "notes").read_text().splitlines() == ["ready", "TERM", "TERM"]
