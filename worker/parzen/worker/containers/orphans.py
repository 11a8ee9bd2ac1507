"""Containers of agents that are no more: whose each is stands in its labels."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from parzen.shared.errors import Incompatible
from parzen.worker.containers.engine import speaking
from parzen.worker.executor import kernel

if TYPE_CHECKING:
    from docker import DockerClient

log = logging.getLogger("parzen.worker")

TRIAL = "parzen.trial"
"""The label of every trial's container: which trial it is."""

AGENT = "parzen.agent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who keeps a container: a process, where its number counts, and its container if it has one.

    ``started`` is in seconds after the machine was; ``space`` names the kernel's space of process
    numbers.
    """

    host: str
    pid: int
    started: float
    space: str
    container: str = ""

    def labels(self) -> dict[str, str]:
        """What tells it."""
        told = {"host": self.host, "pid": self.pid, "started": f"{self.started:.2f}"}
        told |= {"space": self.space, "container": self.container}
        return {AGENT + name: str(value) for name, value in told.items()}

    @staticmethod
    def told_by(labels: Mapping[str, str]) -> Agent | None:
        """Whom ``labels`` name; None where they name nobody."""
        found = {name: labels.get(AGENT + name, "") for name in ("host", "space", "container")}
        try:
            pid, started = int(labels[AGENT + "pid"]), float(labels[AGENT + "started"])
        except (KeyError, ValueError):
            return None
        return Agent(pid=pid, started=started, **found)


def myself(container: str = "") -> Agent:
    """This process, in the container of that id if it lives in one of the engine's."""
    return Agent(
        host=os.uname().nodename,
        pid=os.getpid(),
        started=kernel.started_s(os.getpid()),
        space=_space(),
        container=container,
    )


def _space() -> str:
    with contextlib.suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""


def gone(agent: Agent, me: Agent, runs: Callable[[str], bool]) -> bool:
    """Whether ``agent`` is known to be no more; ``runs`` tells whether a container runs.

    Of a process whose number counts elsewhere nothing is known.
    """
    if agent.container != me.container:
        return bool(agent.container) and not runs(agent.container)
    if agent.container and agent.space != me.space:
        return True  # its container was started anew since
    if (agent.host, agent.space) != (me.host, me.space):
        return False
    try:
        return abs(kernel.started_s(agent.pid) - agent.started) > kernel.SAME_S
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:  # it cannot be told
        return False


def sweep(client: DockerClient, me: Agent) -> None:
    """Remove what agents of this machine have left that are no more.

    Raises:
        EngineTrouble: the engine does not answer.
    """
    with speaking():
        found = client.api.containers(all=True, filters={"label": TRIAL})
    for container in found:
        labels = container.get("Labels") or {}
        agent = Agent.told_by(labels)
        if agent is not None and gone(agent, me, lambda name: running(client, name)):
            log.info("the container of %s, whose worker is no more, is removed", labels[TRIAL])
            remove(client, container["Id"])


def running(client: DockerClient, name: str) -> bool:
    """Whether a container runs.

    Raises:
        EngineTrouble: the engine does not answer.
    """
    try:
        with speaking():
            return bool(client.api.inspect_container(name)["State"]["Running"])
    except Incompatible:  # there is none
        return False


def remove(client: DockerClient, name: str) -> None:
    """Remove a container, whatever it does, with volumes of its own.

    Raises:
        EngineTrouble: the engine does not answer.
    """
    try:
        with speaking():
            client.api.remove_container(name, force=True, v=True)
    except Incompatible as error:  # somebody else does, or has
        log.debug("a container is not removed: %s", error)
