"""A real Slurm on this machine: one node with four GPUs that are none, for the time of a block."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engines.cluster import free_ports
from engines.patience import until

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
PLACES = "/usr/sbin:/sbin"
"""Where Debian has the daemons."""

GPUS, CPUS, KILL_WAIT_S = 4, 8, 15

FREEZER = Path("/sys/fs/cgroup/freezer")
"""Where it is, Slurm keeps a job's processes together as clusters do, and signals the script alone;
elsewhere by their process group, all of whom it signals."""

KEEPER = """
import os, subprocess, sys, time
folder, groups, *daemons = sys.argv[1:]
running = []
for words in daemons:
    log = open(os.path.join(folder, os.path.basename(words.split()[0]) + ".out"), "wb")
    running.append(subprocess.Popen(words.split(), stdout=log, stderr=log, stdin=log))
sys.stdin.read()  # returns when pytest closes the pipe, or is gone in whatever way
subprocess.run(["scancel", "--user=" + str(os.getuid())], check=False)
for _ in range(100):
    left = subprocess.run(["squeue", "--noheader"], check=False, stdout=-1)
    if not left.stdout.strip():
        break
    time.sleep(0.1)
for daemon in reversed(running):
    daemon.terminate()
for daemon in running:
    daemon.wait(30)
for path, _, _ in os.walk(groups, topdown=False):
    os.rmdir(path)
"""

CONFIG = """
ClusterName=parzen
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={d}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/{tracked}
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
SlurmdParameters=config_overrides
GresTypes=gpu
ReturnToService=2
KillWait={kill_wait}
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
# cred_expire is how long a job that was requeued rests


class NoSlurm(Exception):
    """There is none, and none can be started; says why."""


@dataclass(frozen=True)
class Slurm:
    """``folder`` has its configuration and logs."""

    folder: Path

    @property
    def environ(self):
        """What Slurm's commands need to find it."""
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def said(self, *command):
        """What a command of Slurm's said; a failure is one of the test, with its words."""
        done = subprocess.run(
            list(map(str, command)), env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def states(self, job):
        """{task: state} of an array's tasks that have not ended."""
        lines = self.said("squeue", "--noheader", "--array", "--format=%i %T").splitlines()
        pairs = [line.split() for line in lines]
        return {task: state for task, state in pairs if task.split("_")[0] == job}


@contextlib.contextmanager
def a_slurm():
    """Start Slurm with its own munge, ports and folder; it ends with the block, or with pytest.

    Raises:
        NoSlurm: it is not installed, or does not start.
    """
    path = f"{os.environ['PATH']}:{PLACES}"
    missing = [tool for tool in TOOLS if shutil.which(tool, path=path) is None]
    if missing:
        raise NoSlurm(
            f"these are not installed: {', '.join(missing)} (slurm-wlm and munge have them)"
        )
    if os.geteuid() != 0:
        raise NoSlurm("only root can start Slurm, which runs jobs for others")
    with tempfile.TemporaryDirectory(prefix="parzen-slurm-") as name:
        slurm = Slurm(Path(name))
        node = _configure(slurm.folder)
        daemons = [
            f"{shutil.which('munged', path=path)} --foreground --force {_munge(name)}",
            f"{shutil.which('slurmctld', path=path)} -D -c",
            f"{shutil.which('slurmd', path=path)} -D -c",
        ]
        keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, name, FREEZER / f"slurm_{node}", *daemons],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env=slurm.environ,
        )
        try:
            _wait(slurm)
            yield slurm
        finally:
            keeper.communicate(timeout=60)


def _munge(folder):
    kinds = ("socket", "key-file", "pid-file", "log-file", "seed-file")
    return " ".join(f"--{kind} {folder}/munge.{kind.removesuffix('-file')}" for kind in kinds)


def _configure(folder):
    """Write what the daemons read; the node's name."""
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    ctld, d = free_ports(2)
    node = f"parzen{d}"  # control groups are called by it, and several may run at a time
    values = {
        "folder": folder,
        "host": socket.gethostname().split(".")[0],
        "node": node,
        "ctld": ctld,
        "d": d,
        "kill_wait": KILL_WAIT_S,
        "cpus": CPUS,
        "gpus": GPUS,
        "tracked": "cgroup" if os.access(FREEZER / "tasks", os.W_OK) else "pgid",
    }
    (folder / "slurm.conf").write_text(CONFIG.format(**values))
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    # Slurm numbers only GPUs that have device files, and never opens them itself
    for n in range(GPUS):
        os.mknod(folder / f"gpu{n}", 0o666 | 0o020000, os.makedev(1, 3))
    (folder / "gres.conf").write_text(
        f"AutoDetect=off\nNodeName={node} Name=gpu File={folder}/gpu[0-{GPUS - 1}]\n"
    )
    return node


def _wait(slurm):
    def ready():
        done = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"],
            env=slurm.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip() == "idle"

    try:
        until(ready, 60)
    except AssertionError:
        logs = (slurm.folder / name for name in ("slurmctld.log", "slurmd.log", "munged.out"))
        last = [log.read_text(errors="replace")[-600:] for log in logs if log.exists()]
        raise NoSlurm(f"Slurm does not start here: {' … '.join(last)}") from None
