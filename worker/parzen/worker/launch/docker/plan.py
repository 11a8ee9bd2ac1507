"""What one agent's container is asked for: pure functions to a request, and to words for people."""

from __future__ import annotations

import io
import re
import shlex
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parzen.shared.errors import InvalidInput
from parzen.worker.containers.request import TMP, gpus
from parzen.worker.launch.reach import is_here

LAUNCH, STORE = "parzen.launch", "parzen.store"
"""The labels of a launched agent: under which name, and on which store."""

SECRETS, FILE = "/run/parzen", "store.uri"
"""Where an agent finds the store's address: a volume of its own, gone with its container."""

WORK = "/var/lib/parzen"
"""Where trials live in the image; agents of a host share the volume, for what attempts saved."""

SOCKET = "/var/run/docker.sock"

USER = 10001
"""The image's user, where the image does not say it by number."""

SPARE_S = 30
"""Beyond its trials' grace, for giving them back."""

LOGS = {"max-size": "10m", "max-file": "3"}

ENDING = ("idle_timeout_s", "claim_for_s", "max_trials")
"""Options with which a worker ends by itself, and is not to be started again then."""

LOCAL = ("unix://", "npipe://")
"""How the addresses of this machine's own engines begin."""

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to start agents; ``options`` are what ``parzen worker`` makes of ``words``.

    ``devices`` is None where the engine decides: all GPUs where it can give some.
    """

    name: str
    image: str
    words: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    store: str = field(default="", repr=False)
    shown: str = ""
    network: str | None = None
    devices: tuple[str, ...] | None = None
    socket: bool = False

    @property
    def grace_s(self) -> int:
        """How long an agent has to end."""
        return round(float(self.options.get("grace_s") or 0.0)) + SPARE_S

    @property
    def volume(self) -> str:
        """The work directory of a host's agents."""
        return f"{self.name}-work"


def checked_name(name: str) -> str:
    """``name``, if containers may be called so.

    Raises:
        InvalidInput: they may not.
    """
    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"--name {name!r} cannot be the name of containers: give up to 40 letters, digits, "
            "'_', '.' or '-'"
        )
    return name


def wanted_gpus(said: str) -> tuple[str, ...] | None:
    """The GPUs that ``--gpus`` means: None for what there is, ("all",), or their numbers.

    Raises:
        InvalidInput: it means none of these.
    """
    if said in ("auto", "none", "all"):
        return {"auto": None, "none": (), "all": ("all",)}[said]
    found = tuple(word.strip() for word in said.split(","))
    if not all(re.fullmatch(r"\d+|GPU-[\w-]+|MIG-[\w/-]+", word) for word in found):
        raise InvalidInput(
            f"--gpus {said!r} names no GPUs: give all, none, auto, or numbers or UUIDs with commas"
        )
    return found


def command(plan: Plan, agent: str) -> list[str]:
    """What an agent is called with: its container's name becomes its own where it has no other."""
    named = [] if plan.options.get("name") is not None else ["--name", agent]
    return ["worker", *plan.words, *named]


def apart(addresses: Sequence[str], network: str | None) -> str | None:
    """Which agents do not have this machine's network, for people; None where all have it."""
    away = [one for one in addresses if not one.startswith(LOCAL) and not is_here(one)]
    said = [f"agents on {', '.join(away)}"] if away else []
    if len(away) < len(addresses) and network != "host":
        said.append("agents in containers here, without --network host,")
    return " and ".join(said) or None


def socket_of(address: str) -> str:
    """Where an engine's own machine has its socket."""
    scheme, _, path = address.partition("://")
    return path if scheme == "unix" else SOCKET


def request(
    plan: Plan,
    agent: str,
    address: str,
    *,
    nvidia: bool = False,
    group: int | None = None,
) -> dict[str, Any]:
    """The keywords of ``client.containers.create`` for the agent of that name.

    ``nvidia`` tells whether the engine at ``address`` gives GPUs, ``group`` who may use its socket.
    """
    from docker.types import LogConfig, Mount  # noqa: PLC0415 - an extra

    mounts = [Mount(WORK, plan.volume), Mount(SECRETS, None)]
    if plan.socket:
        mounts.append(Mount(SOCKET, socket_of(address), type="bind"))
    found: dict[str, Any] = {
        "image": plan.image,
        "name": agent,
        "hostname": agent,
        "command": command(plan, agent),
        "environment": {"PARZEN_STORE_FILE": f"{SECRETS}/{FILE}"},
        "labels": {LAUNCH: plan.name, STORE: plan.shown},
        "restart_policy": {"Name": restart(plan)},
        "init": True,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "tmpfs": TMP,
        "mounts": mounts,
        "stop_signal": "SIGTERM",
        "log_config": LogConfig(type="json-file", config=LOGS),
        "detach": True,
    }
    if plan.network is not None:
        found["network_mode"] = plan.network
        if plan.network == "host":
            del found["hostname"]  # it is the host's
    if group is not None:
        found["group_add"] = [str(group)]
    devices = ("all",) if plan.devices is None and nvidia else plan.devices or ()
    if devices:
        found["device_requests"] = [all_gpus() if devices == ("all",) else gpus(devices)]
    return found


def all_gpus() -> Any:
    """The request for every GPU of a host."""
    from docker.types import DeviceRequest  # noqa: PLC0415 - an extra

    return DeviceRequest(count=-1, capabilities=[["gpu"]])


def restart(plan: Plan) -> str:
    """When an engine starts the agent again: always, but for one that is to end by itself."""
    ends = any(plan.options.get(option) is not None for option in ENDING)
    return "on-failure" if ends else "unless-stopped"


def address_file(store: str, user: int, group: int) -> bytes:
    """The archive that puts the store's address into a container, for that user alone."""
    sink, data = io.BytesIO(), store.encode()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        entry = tarfile.TarInfo(FILE)
        entry.size, entry.mode, entry.uid, entry.gid = len(data), 0o400, user, group
        archive.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


def user_of(config: Mapping[str, Any]) -> tuple[int, int]:
    """The user and the group of an image, by its ``Config``."""
    user, _, group = str(config.get("User") or "").partition(":")
    if not user.isdecimal():
        return (USER, USER)
    return int(user), int(group) if group.isdecimal() else int(user)


def told(plan: Plan, agent: str, address: str) -> list[str]:
    """What :func:`request` asks for as a command line, and what is done beside it."""
    words = ["docker", "-H", address, "run", "--detach", "--name", agent]
    words += [] if plan.network == "host" else ["--hostname", agent]
    words += ["--restart", restart(plan), "--init", "--read-only", "--cap-drop", "ALL"]
    words += ["--security-opt", "no-new-privileges"]
    words += [word for place, how in TMP.items() for word in ("--tmpfs", f"{place}:{how}")]
    words += ["--mount", f"type=volume,src={plan.volume},dst={WORK}"]
    words += ["--mount", f"type=volume,dst={SECRETS}"]
    if plan.socket:
        words += [
            "--mount",
            f"type=bind,src={socket_of(address)},dst={SOCKET}",
            "--group-add",
            "ITS-GROUP",
        ]
    words += [] if plan.network is None else ["--network", plan.network]
    if plan.devices:
        some = ",".join(plan.devices)
        words += ["--gpus", "all" if plan.devices == ("all",) else f'"device={some}"']
    words += [f"--label={LAUNCH}={plan.name}", f"--label={STORE}={plan.shown}"]
    words += ["--env", f"PARZEN_STORE_FILE={SECRETS}/{FILE}"]
    words += [f"--log-opt={name}={value}" for name, value in LOGS.items()]
    words += [plan.image, *command(plan, agent)]
    also = [f"  with the address of {plan.shown} in {SECRETS}/{FILE}, for its user alone (0400)"]
    if plan.devices is None:
        also.append("  with all GPUs, if the engine has NVIDIA's runtime")
    return [shlex.join(words), *also]
