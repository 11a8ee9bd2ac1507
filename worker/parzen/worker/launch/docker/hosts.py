"""Docker hosts: which are meant, and what is done on each while the others go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from parzen.shared.errors import Incompatible, InvalidInput
from parzen.worker.containers import engine
from parzen.worker.containers.engine import Endpoint, EngineTrouble

if TYPE_CHECKING:
    from docker import DockerClient

Done = TypeVar("Done")

CONNECT_S = 30.0
"""How long one call to a host's engine may take."""

SCHEMES = ("ssh://", "tcp://", "unix://", "http://", "https://", "npipe://")

AT_ONCE = 16
"""On how many hosts something is done at a time."""


@dataclass(frozen=True, slots=True)
class Host:
    """An engine, under the name by which its user called it."""

    name: str
    where: Endpoint

    @contextmanager
    def opened(self, timeout_s: float = CONNECT_S) -> Iterator[DockerClient]:
        """A client of it.

        Raises:
            EngineTrouble: it does not answer.
        """
        client = engine.opened(self.where, timeout_s)
        try:
            yield client
        finally:
            client.close()


@dataclass(frozen=True, slots=True)
class Answer(Generic[Done]):
    """What became of something on one host: what it gave, or what went wrong."""

    host: Host
    done: Done | None = None
    fault: str | None = None


def hosts(addresses: Sequence[str], contexts: Sequence[str]) -> list[Host]:
    """The hosts that are meant: those named, else the one that ``docker`` speaks to.

    Raises:
        ParzenError: the extra ``docker`` is not installed.
        InvalidInput: one is no address, or no context; or one is named twice.
    """
    engine.require()
    found = [Host(address, _at(address)) for address in addresses]
    found += [Host(name, engine.endpoint(name)) for name in contexts]
    if not found:
        usual = engine.endpoint()
        found = [Host(usual.address, usual)]
    twice = {host.where.address for host in found}
    if len(twice) < len(found):
        raise InvalidInput("two of the hosts are the same engine: name each once")
    return found


def _at(address: str) -> Endpoint:
    from docker import utils  # noqa: PLC0415 - an extra

    if not address.startswith(SCHEMES):
        raise InvalidInput(
            f"--host {address!r} is no engine's address: write ssh://user@host, tcp://host:2376 or "
            "unix:///var/run/docker.sock"
        )
    found = utils.kwargs_from_env(environment={**os.environ, "DOCKER_HOST": address})
    return Endpoint(address, "--host", found.get("tls"))


def on_each(every: Sequence[Host], act: Callable[[Host, DockerClient], Done]) -> list[Answer[Done]]:
    """Do something on all hosts at a time; one that fails holds no other up."""

    def tried(host: Host) -> Answer[Done]:
        try:
            with host.opened() as client:
                return Answer(host, act(host, client))
        except (EngineTrouble, Incompatible) as error:
            return Answer(host, fault=str(error))

    with ThreadPoolExecutor(min(AT_ONCE, len(every))) as pool:
        return list(pool.map(tried, every))
