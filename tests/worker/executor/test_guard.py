import os
import signal
import subprocess
import sys

import psutil

AGENT = """
import hashlib, sys, time
from pathlib import Path
from parzen.worker.executor.process import ProcessExecutor
from parzen.worker.executor.protocol import Job, Measured
from parzen.shared.records import Direction
folder = Path(sys.argv[1])
child = ProcessExecutor(folder / "children").spawn(folder / "log")
(folder / "work").mkdir()
digest = hashlib.sha256((folder / "bundle.zip").read_bytes()).hexdigest()
child.run(Job(bundle=folder / "bundle.zip", digest=digest,
              direction=Direction.MINIMIZE, params={"x": 0.5}, number=0, attempt=1,
              workdir=folder / "work", log=folder / "log"))
pids = []
while len(pids) < 4:
    pids += [e.step for e in child.receive(30) if isinstance(e, Measured)]
print(*pids, flush=True)
time.sleep(300)
"""


def objective(params, trial):
    code = "import time; time.sleep(300)"
    for new_session in (False, True):
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=new_session)
        trial.report(process.pid, 0)
    trial.report(os.getpid(), 0)
    trial.report(os.getppid(), 0)
    while True:  # no word with the agent, no rest
        pass


def test_an_agent_that_is_killed_leaves_nothing_behind(new_rig, tmp_path, until):
    new_rig(objective)
    agent = subprocess.Popen([sys.executable, "-c", AGENT, str(tmp_path)], stdout=-1)
    with agent:
        pids = [int(word) for word in agent.stdout.readline().split()]
        assert len(pids) == 4
        assert all(map(psutil.pid_exists, pids))
        agent.send_signal(signal.SIGKILL)
        agent.wait()
    until(lambda: not any(map(psutil.pid_exists, pids)))
