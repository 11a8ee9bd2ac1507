"""A Docker engine: one that runs, else one of the tests' own, which alters nothing around it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engines.patience import until

CACHE = Path(os.environ.get("PARZEN_TEST_CACHE") or Path.home() / ".cache" / "parzen-tests")
"""What is slow to make: the base image, wheels, the layers of an engine of the tests' own."""

TOOLS = ("docker", "dockerd", "containerd", "docker-init", "iptables")

KEEPER = """
import subprocess, sys
log = open(sys.argv[1], "wb")
engine = subprocess.Popen(sys.argv[2:], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
sys.stdin.read()  # returns when pytest closes the pipe, or is gone in whatever way
engine.terminate()
sys.exit(engine.wait())
"""

ALONE = ("--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false")
"""Its containers reach each other, this machine reaches their ports, and no rule of its firewall
is touched."""


class NoEngine(Exception):
    """There is none, and none can be started; says why."""


@dataclass(frozen=True)
class Engine:
    """Where it listens, and the words that Compose is called with."""

    host: str
    compose: tuple[str, ...]

    @property
    def environ(self):
        """The environment of commands that speak to it; builds do without BuildKit."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
            "DOCKER_HOST": self.host,
            "DOCKER_BUILDKIT": "0",
            "COMPOSE_DOCKER_CLI_BUILD": "0",
        }

    def docker(self, *words, **options):
        """What ``docker`` said; a failure is one of the test, with its words."""
        return said(["docker", *words], env=self.environ, **options)


def said(command, **options):
    """Run a command to its end; what it wrote to standard output."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


@contextlib.contextmanager
def an_engine():
    """The engine that DOCKER_HOST or the default socket leads to, else one started here.

    Raises:
        NoEngine: neither is to be had.
    """
    if shutil.which("docker") is None:
        raise NoEngine("the command docker is not installed")
    compose = _compose()
    for host in filter(None, [os.environ.get("DOCKER_HOST"), "unix:///var/run/docker.sock"]):
        if _answers(host):
            yield Engine(host, compose)
            return
    with _own() as host:
        yield Engine(host, compose)


def _compose():
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) and _succeeds([*command, "version"]):
            return command
    raise NoEngine("neither `docker compose` nor docker-compose is installed")


def _answers(host):
    return _succeeds(["docker", "-H", host, "version"])


def _succeeds(command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def _own():
    """Start dockerd with its data in the cache; it ends with this process."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        reason = "only root can start one" if os.geteuid() != 0 else f"{missing} are not installed"
        raise NoEngine(f"no Docker engine answers, and {reason}")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (
        (CACHE / "lock").open("w") as lock,
        tempfile.TemporaryDirectory(prefix="parzen-docker-") as name,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # one engine at a time has the data
        folder = Path(name)
        host = f"unix://{folder}/docker.sock"
        command = ["dockerd", "--host", host, *ALONE, "--bridge=none",
            "--data-root", CACHE / "docker", "--exec-root", folder / "exec",
            "--pidfile", folder / "pid"]  # fmt: skip
        keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, folder / "log", *command],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            until(lambda: _answers(host) or _ended(folder / "pid", folder / "log"), 60)
            yield host
        finally:
            keeper.communicate(timeout=120)
            _unmount(folder)


def _unmount(folder):
    """Let go of what an engine has mounted below ``folder`` and left there, as name spaces."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    for place in (line.split()[4] for line in reversed(mounts)):
        if Path(place).is_relative_to(folder):
            subprocess.run(["umount", "--lazy", place], check=True)


def _ended(pid, log):
    """Raise NoEngine with its last words if dockerd has given up."""
    words = log.read_text(errors="replace") if log.exists() else ""
    if "failed to start daemon" in words:
        raise NoEngine(f"dockerd does not run here: {words.strip().splitlines()[-1]}")
