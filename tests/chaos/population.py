"""The processes of a run: agents and coordinators as they are really started, and watched over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import libfaketime
import psutil

MARK = "PARZEN_CHAOS"
"""The variable by which everything that a run started is known."""

FAKETIME = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"

ENDED = (0, -signal.SIGTERM, -signal.SIGUSR1)
"""How a program may end that was told to: while it starts, a signal still means what it means."""

TESTS = Path(__file__).resolve().parents[1]

STORE_AWAY = 5
"""The exit code of a command whose store does not answer: whoever supervises it starts it again."""


@dataclass
class Program:
    """One agent or coordinator: how it is started, and the process that it is now."""

    name: str
    words: list[str]
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen | None = None
    wanted: bool = True
    """Whether it is to be started again when it has ended."""
    meant: set[int] = field(default_factory=set)
    """The pids of those that were told to end, or killed."""
    pids: list[int] = field(default_factory=list)

    @property
    def log(self):
        return self.folder / f"{self.name}.log"

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def free(self):
        """Whether it runs and nothing was done to it."""
        return self.alive and self.process.pid not in self.meant

    def start(self):
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                self.words,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        self.pids.append(self.process.pid)

    def send(self, number):
        if self.alive:
            self.process.send_signal(number)

    def end(self, number):
        """Send a signal that ends it."""
        if self.alive:
            self.meant.add(self.process.pid)
            self.process.send_signal(number)


class Population:
    """Agents and coordinators; those that end are started again while ``wanted``."""

    def __init__(self, folder, uri, *, slots, lease_s, lead_s, run_id):
        self._folder, self._uri = folder, uri
        self._slots, self._lease_s, self._lead_s = slots, lease_s, lead_s
        self._run_id = run_id
        self._lock = threading.RLock()
        self.agents: list[Program] = []
        self.coordinators: list[Program] = []
        self.surprises: list[str] = []
        """What ended though nobody had ended it."""

    @property
    def programs(self):
        return [*self.agents, *self.coordinators]

    def add_agent(self, *, fit=True, hours_off=0):
        """Start one more agent, with a machine (a home, a work directory, a clock) of its own."""
        with self._lock:
            name = f"agent-{len(self.agents)}"
            node = self._folder / name
            (node / "tmp").mkdir(parents=True)
            words = ["worker", "--store", self._uri, "--slots", str(self._slots), "--name", name]
            words += ["--lease", str(self._lease_s), "--grace", "1"]
            added = self._program(name, words, node)
            if fit:
                path = [str(self._folder / "gift"), added.environment["PYTHONPATH"]]
                added.environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
            if hours_off:
                clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"{hours_off:+d}h"}
                added.environment |= {**clock, "DONT_FAKE_MONOTONIC": "1"}
            self.agents.append(added)
            added.start()
            return added

    def add_coordinator(self):
        with self._lock:
            name = f"coordinator-{len(self.coordinators)}"
            node = self._folder / name
            (node / "tmp").mkdir(parents=True)
            words = ["coordinator", "--store", self._uri, "--lease", str(self._lead_s)]
            self.coordinators.append(self._program(name, words, node))
            self.coordinators[-1].start()

    def _program(self, name, words, node):
        environment = os.environ | {
            "PARZEN_HOME": str(node),
            "TMPDIR": str(node / "tmp"),
            MARK: self._run_id,
        }
        # the tests are on the path of this process only
        path = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]
        path = [p for p in path if Path(p).resolve() != TESTS]
        environment["PYTHONPATH"] = os.pathsep.join(path)
        words = [sys.executable, "-m", "parzen.client.cli", *words]
        return Program(name, words, self._folder / "logs", environment)

    def look(self):
        """Start again what has ended and should run; note what ended by itself."""
        with self._lock:
            for program in self.programs:
                if program.process is None or program.alive or not program.wanted:
                    continue
                pid, code = program.process.pid, program.process.returncode
                if pid not in program.meant and code != STORE_AWAY:
                    self.surprises.append(
                        f"{program.name} ended by itself with exit code {code}: see {program.log}"
                    )
                program.start()

    def end_all(self, within_s):
        """SIGTERM to all; those that do not end within the time are named, and killed."""
        with self._lock:
            for program in self.programs:
                program.wanted = False
                program.end(signal.SIGTERM)
        deadline = time.monotonic() + within_s
        stuck = []
        for program in self.programs:
            try:
                code = program.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                stuck.append(f"{program.name} did not end within {within_s:g} s of SIGTERM")
                program.process.kill()
                program.process.wait()
                continue
            if code not in ENDED:
                stuck.append(f"{program.name} ended with exit code {code} after SIGTERM")
        return stuck

    def children(self):
        """The processes in which objectives run now, of all agents that were not hit."""
        found = []
        for agent in self.agents:
            if not agent.alive:
                continue
            try:
                below = psutil.Process(agent.process.pid).children()
                found += [c for c in below if "parzen.worker.executor.child" in c.cmdline()]
            except psutil.Error:
                continue
        return sorted(found, key=lambda process: process.pid)


def marked(run_id):
    """Every process on this machine that bears the run's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            zombie = process.status() == psutil.STATUS_ZOMBIE
            if not zombie and process.environ().get(MARK) == run_id:
                found.append(process)
        except (psutil.Error, OSError):  # noqa: PERF203 - it ends while it is looked at
            continue
    return found
