"""Where a Docker engine is, as the command ``docker`` finds it, and what its refusals mean."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import Incompatible, InvalidInput, ParzenError

if TYPE_CHECKING:
    from docker import DockerClient

SOCKET = Path("/var/run/docker.sock")

CALL_S = 60.0
"""How long one call to an engine may take, but for those that wait for something."""

HERE = ("unix://", "npipe://", "http+unix://")
"""How addresses begin that lead to this very machine."""

PASSING = ("no space left", "context deadline", "context canceled", "connection refused")
"""What an engine says of its machine, not of what it was asked for."""


class EngineTrouble(OSError):
    """The engine does not answer, or its machine is in trouble: no fault of a trial's."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine listens: an address, who says so, and what protects the way there."""

    address: str
    said_by: str
    tls: Any = None

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return self.address.startswith(HERE)


def named() -> bool:
    """Whether anything on this machine speaks of an engine; looks without loading a client."""
    configured = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    current = ""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        current = json.loads(configured.read_bytes()).get("currentContext", "")
    asked = os.environ.get("DOCKER_HOST") or os.environ.get("DOCKER_CONTEXT") or current
    return bool(asked) or SOCKET.exists()


def endpoint(context: str | None = None) -> Endpoint:
    """The engine of ``context``, else of DOCKER_HOST, DOCKER_CONTEXT or the current context.

    Raises:
        ParzenError: the extra ``docker`` is not installed.
        InvalidInput: there is no context of that name, or it cannot be read.
    """
    require()
    from docker import errors, utils  # noqa: PLC0415 - an extra, and slow to import
    from docker.context import ContextAPI  # noqa: PLC0415 - as above

    if context is None and os.environ.get("DOCKER_HOST"):
        found = utils.kwargs_from_env()
        return Endpoint(found["base_url"], "DOCKER_HOST", found.get("tls"))
    name = context or os.environ.get("DOCKER_CONTEXT") or None
    try:
        chosen = ContextAPI.get_context(name)
    except (errors.DockerException, OSError, ValueError) as error:
        raise InvalidInput(f"the Docker context {name!r} cannot be read: {error}") from error
    if chosen is None or not chosen.Host:
        raise InvalidInput(
            f"there is no Docker context {name!r}: `docker context ls` shows those that there are"
        )
    return Endpoint(chosen.Host, f"the context {chosen.name}", chosen.TLSConfig)


def require() -> None:
    """See that the extra ``docker`` is installed.

    Raises:
        ParzenError: it is not.
    """
    if importlib.util.find_spec("docker") is None:
        raise ParzenError(
            "containers need the package docker: install it with `pip install 'parzen[docker]'`"
        )


def opened(where: Endpoint, timeout_s: float = CALL_S, pool: int = 10) -> DockerClient:
    """A client of the engine there, which has answered.

    Raises:
        EngineTrouble: it does not answer.
    """
    from docker import DockerClient  # noqa: PLC0415 - an extra, and slow to import

    with speaking(f"the Docker engine at {where.address}"):
        knock(where)
        client = DockerClient(
            base_url=where.address,
            tls=where.tls if where.tls is not None else False,
            timeout=round(timeout_s),
            max_pool_size=pool,
            use_ssh_client=True,  # which knows what the user's own configuration says
        )
        try:
            client.ping()
        except BaseException:
            client.close()
            raise
        return client


def knock(where: Endpoint) -> None:
    """See that somebody listens, where that can be seen at once.

    Docker's own client would not close a socket with which it finds nobody.

    Raises:
        OSError: nobody does.
    """
    scheme, _, path = where.address.partition("://")
    if scheme in ("unix", "http+unix"):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(CALL_S)
            caller.connect(path)


@contextlib.contextmanager
def speaking(whom: str = "the Docker engine") -> Iterator[None]:
    """Turn what goes wrong while the block speaks to an engine into two kinds.

    Raises:
        EngineTrouble: it does not answer, or its machine is in trouble.
        Incompatible: it refuses what it is asked for, in its own words.
    """
    import requests  # noqa: PLC0415 - slow to import
    from docker import errors  # noqa: PLC0415 - an extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - as above

    try:
        yield
    except errors.APIError as error:
        words = " ".join(str(error.explanation or error).split())
        if any(sign in words.lower() for sign in PASSING):
            raise EngineTrouble(f"{whom} is in trouble: {words}") from error
        raise Incompatible(words) from error
    except (errors.DockerException, requests.RequestException, HTTPError, OSError) as error:
        raise EngineTrouble(f"{whom} does not answer ({_root_of(error)})") from error


def _root_of(error: BaseException) -> str:
    """What went wrong below all who passed it on."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def rootless(info: Mapping[str, Any]) -> bool:
    """Whether the engine runs as a user, who is root in its containers."""
    return "name=rootless" in _options(info)


def remapped(info: Mapping[str, Any]) -> bool:
    """Whether users of containers are others on the machine, unless a container asks not to be."""
    return "name=userns" in _options(info)


def _options(info: Mapping[str, Any]) -> list[str]:
    return [str(option).split(",")[0] for option in info.get("SecurityOptions") or ()]
