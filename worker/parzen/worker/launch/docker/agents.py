"""Agents as containers of one engine: started, found, stopped."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import Incompatible
from parzen.worker.containers.engine import speaking
from parzen.worker.containers.images import follow, split
from parzen.worker.launch.docker import plan as plans
from parzen.worker.launch.docker.hosts import Host
from parzen.worker.launch.docker.plan import LAUNCH, SOCKET, STORE, Plan

if TYPE_CHECKING:
    from docker import DockerClient

STOPS = "parzen.grace"
"""The label that says how many seconds an agent has to end."""

AT_ONCE = 64
"""How many agents of a host are stopped at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A launched agent, as its engine knows it, under its container's name.

    ``worker`` and ``doing`` are what the store knows of it: its id, and how many slots are busy.
    """

    host: str
    name: str
    state: str
    image: str
    store: str
    grace_s: int = 60
    worker: str | None = None
    doing: str | None = None


def fresh_name(plan: Plan) -> str:
    """A name for one more agent."""
    return f"{plan.name}-{secrets.token_hex(3)}"


def start(client: DockerClient, host: Host, plan: Plan, count: int) -> list[str]:
    """Start ``count`` agents; their names. What was begun and cannot be started is taken away.

    Raises:
        Incompatible: the engine refuses; in its words.
        EngineTrouble: it does not answer.
    """
    config = image_config(client, host, plan.image)
    with speaking():
        info: dict[str, Any] = client.info()
    address = host.where.address
    group = socket_group(client, plan, address) if plan.socket else None
    nvidia = "nvidia" in (info.get("Runtimes") or {})
    started = []
    for _ in range(count):
        name = fresh_name(plan)
        asked = plans.request(plan, name, address, nvidia=nvidia, group=group)
        asked["labels"][STOPS] = str(plan.grace_s)
        with speaking():
            container = client.containers.create(**asked)
            try:
                archive = plans.address_file(plan.store, *plans.user_of(config))
                client.api.put_archive(str(container.id), plans.SECRETS, archive)
                container.start()
            except BaseException:
                container.remove(force=True, v=True)
                raise
        started.append(name)
    return started


def image_config(client: DockerClient, host: Host, name: str) -> dict[str, Any]:
    """The ``Config`` of an image, which is pulled where it is not there.

    Raises:
        Incompatible: it cannot be had.
    """
    try:
        with speaking():
            found: dict[str, Any] = client.images.get(name).attrs["Config"] or {}
    except Incompatible:
        _pull(client, host, name)
        with speaking():
            found = client.images.get(name).attrs["Config"] or {}
    return found


def _pull(client: DockerClient, host: Host, name: str) -> None:
    where, tag = split(name)
    try:
        with speaking():
            follow(name, client.api.pull(where, tag=tag, stream=True, decode=True))
    except Incompatible as error:
        raise Incompatible(
            f"the image {name} is not there and cannot be pulled ({error}): build it there, from a "
            f"checkout, with `docker -H {host.where.address} build -f deploy/Dockerfile -t {name} "
            ".`, or push it to a registry and name it there with --image"
        ) from error


def socket_group(client: DockerClient, plan: Plan, address: str) -> int:
    """The group that may use the host's socket, as a container sees it.

    Raises:
        Incompatible: it cannot be told.
    """
    from docker.types import Mount  # noqa: PLC0415 - an extra

    with speaking():
        said: bytes = client.containers.run(
            plan.image,
            ["-c", "import os, sys; print(os.stat(sys.argv[1]).st_gid)", SOCKET],
            entrypoint=["python3"],
            mounts=[Mount(SOCKET, plans.socket_of(address), type="bind", read_only=True)],
            network_mode="none",
            cap_drop=["ALL"],
            remove=True,
        )
    return int(said)


def found(client: DockerClient, host: Host, name: str | None) -> list[Agent]:
    """The agents that were launched on a host, under ``name`` if one is given."""
    label = LAUNCH if name is None else f"{LAUNCH}={name}"
    with speaking():
        listed = client.api.containers(all=True, filters={"label": label})
    return [
        Agent(
            host=host.name,
            name=container["Names"][0].lstrip("/"),
            state=container["Status"],
            image=container["Image"],
            store=container["Labels"].get(STORE, ""),
            grace_s=int(container["Labels"].get(STOPS, "60")),
        )
        for container in sorted(listed, key=lambda c: str(c["Names"]))
    ]


def stop(client: DockerClient, agents: Sequence[Agent]) -> list[str]:
    """Let agents give their trials back and end, all at a time, and take them away; their names."""

    def end(agent: Agent) -> str:
        with speaking():
            client.api.stop(agent.name, timeout=agent.grace_s)
            client.api.remove_container(agent.name, force=True, v=True)
        return agent.name

    if not agents:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(agents))) as pool:
        return list(pool.map(end, agents))
