"""The batch script of an array of agents, as text: a pure function of what is asked for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from parzen.shared.redaction import without_secrets
from parzen.shared.visible import visible
from parzen.worker.launch.slurm.request import MARK, Agents, Request
from parzen.worker.slurm import WARNING

MODULE = "parzen.client.cli"
"""What ``python -m`` runs: the command ``parzen``."""

HURRY_S = 10.0
"""How long before SIGKILL an agent that was cancelled hears that it must give back at once."""

DEATHS = 3
"""How many agents of a job take the place of one that was killed."""

KILLED = 128 + 9
"""How a shell tells of SIGKILL."""

VARIABLE = {
    "array": "SBATCH_ARRAY_INX",
    "mem": "SBATCH_MEM_PER_NODE",
    "time": "SBATCH_TIMELIMIT",
}
"""Variables of sbatch's that are not called as their option is."""

RIVALS = ("SBATCH_REQUEUE", "SBATCH_NO_REQUEUE", "SBATCH_ERROR", "SBATCH_WAIT", "SBATCH_TEST_ONLY")
"""Variables that would make another job of it."""

FOLLOW = """\
[ "$(command -v python)" = "$before" ] || python=python  # those lines chose another one
"""

BODY = """\
# The store's address lies in a file that only you can read.
unset PARZEN_STORE
{exports}
{activation}
# Not SLURM_JOB_ID: that of the array's last task is the array's own.
task=${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}
agent='' warned='' cancelled=''

say() {{ echo "$(date +%T) Slurm task $task: $*" >&2; }}
stop() {{
  [ -n "$agent" ] || return  # it is not there yet: see below
  kill -TERM "$agent" 2>/dev/null
  [ -z "$cancelled" ] || {{ sleep {hurry:g}; kill -TERM "$agent" 2>/dev/null; }} &
}}

# Slurm's warning that the time limit is near: trials save themselves and go back to the queue.
trap 'say "time is nearly over: giving trials back"; warned=yes; stop' USR1

# scancel, preemption or scontrol requeue: Slurm kills what is left after {kill_wait:g} s.
trap 'say "asked to end: giving trials back"; cancelled=yes; stop' TERM

for again in {again} ''; do
  # In the batch step itself, without srun, it has all of the job's GPUs and cores of its node.
  {command} &
  agent=$!
  [ -z "$warned$cancelled" ] || stop  # a signal came before there was an agent

  while kill -0 "$agent" 2>/dev/null; do wait "$agent"; done  # a trap cuts a wait short
  wait "$agent"
  code=$? agent=''

  # One that was killed, for lack of memory say, need not cost the node: another takes its place.
  if [ "$code" != {killed} ] || [ -z "$again" ] || [ -n "$warned$cancelled" ]; then break; fi
  say "its agent was killed: starting another one ($again of {deaths})"
done
{ending}
exit "$code"
"""

REQUEUE = """
if [ -n "$warned" ] && [ -z "$cancelled" ]; then
  say "back into the queue"
  scontrol requeue "$task" && exit 0
  say "it could not be requeued: submit this script again"
  exit 1
fi
"""


def script(request: Request, agents: Agents) -> str:
    """The text of the script; it holds no secret, and may be submitted again as it stands."""
    one = request.nodes == 1
    count = f"{request.nodes} agent{'' if one else 's'} of parzen {version('parzen')}"
    head = [
        "#!/bin/bash",
        f"# {count}, {'' if one else 'each '}on one node, for {visible(agents.shown)}.",
        "# Written by `parzen launch slurm`; it holds no secret, and sbatch takes it again.",
        "#",
        *(f"#SBATCH {_quoted(word)}" for word in options(request)),
        "",
    ]
    body = BODY.format(
        exports="\n".join(_exports(request, agents)),
        activation=_activation(agents),
        kill_wait=request.kill_wait_s,
        hurry=max(request.kill_wait_s - HURRY_S, request.kill_wait_s / 2),
        command=_command(agents),
        again=" ".join(str(n) for n in range(1, DEATHS + 1)),
        deaths=DEATHS,
        killed=KILLED,
        ending=REQUEUE if request.requeue else "",
    )
    return "\n".join(head) + "\n" + body


def options(request: Request) -> tuple[str, ...]:
    """The options of sbatch, each one word."""
    limit = f"%{request.array_limit}" if request.array_limit is not None else ""
    named: dict[str, object] = {
        "job-name": request.job_name,
        "comment": f"{request.comment} ({MARK})" if request.comment else MARK,
        "array": f"0-{request.nodes - 1}{limit}",
        "nodes": 1,
        "ntasks": 1,
        "gpus-per-node": request.gpus_per_node,
        "cpus-per-task": request.cpus_per_node,
        "mem": request.mem,
        "time": request.time,
        "partition": request.partition,
        "account": request.account,
        "qos": request.qos,
        "constraint": request.constraint,
        "chdir": request.chdir,
        "output": f"{str(request.output).replace('%', '%%')}/%x-%A_%a.log",
        "open-mode": "append",
        "signal": f"B:USR1@{request.warning_s}",
    }
    words = [f"--{name}={value}" for name, value in named.items() if value is not None]
    return (*words, "--requeue" if request.requeue else "--no-requeue", *request.more)


def environment(request: Request, environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` for sbatch: it heeds variables before a script's own options.

    Those of a job that this process runs in are left out, too: they are not the new one's. So are
    secrets: the agents read theirs from a file.
    """
    names = [word[2:].split("=", 1)[0] for word in options(request)]
    rivals = {VARIABLE.get(n, f"SBATCH_{n.upper().replace('-', '_')}") for n in names} | {*RIVALS}
    foreign = ("SLURM_JOB", "SLURM_STEP", "SLURM_ARRAY", "SLURM_TASK", "SLURM_MEM", "SLURM_CPUS")
    return {
        name: value
        for name, value in without_secrets(environ).items()
        if name not in rivals and not name.startswith(foreign)
    }


def _exports(request: Request, agents: Agents) -> Iterator[str]:
    named = {
        "PARZEN_STORE_FILE": agents.store_file,
        "PARZEN_HOME": agents.home,
        "PARZEN_TRUST": agents.trust,
        WARNING: request.warning_s,
    }
    for name, value in named.items():
        if value is not None:
            yield f"export {name}={shlex.quote(str(value))}"


def _activation(agents: Agents) -> str:
    """The user's lines of shell; what they put on PATH as ``python`` may become the agents'."""
    if not agents.activate:
        return ""
    lines = "\n".join(("", "set -e", *agents.activate, "set +e", ""))
    if not agents.follows:
        return lines
    choice = f"python={shlex.quote(agents.python)}\n{FOLLOW}"
    return f"before=$(command -v python){lines}{choice}"


def _command(agents: Agents) -> str:
    """The agent's command, its words on a line of their own."""
    words = f" \\\n    {shlex.join(agents.words)}" if agents.words else ""
    python = '"$python"' if agents.activate and agents.follows else shlex.quote(agents.python)
    return f'{python} -m {MODULE} worker --name "slurm-$task"{words}'


def _quoted(word: str) -> str:
    """``word`` as sbatch reads a line: a backslash protects in all quotes, and $ means nothing."""
    if all(char.isalnum() or char in "-_=:@%./,[]+" for char in word):
        return word
    protected = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{protected}"'
