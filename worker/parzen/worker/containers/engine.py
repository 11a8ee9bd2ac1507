"""Where a Docker engine is, as the command ``docker`` finds it, and what its refusals mean."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import socket
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
    configured = config_folder() / "config.json"
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
    if chosen is None and name is not None and (found_here := _without_config(name)):
        return found_here
    if chosen is None or not chosen.Host:
        raise InvalidInput(
            f"there is no Docker context {name!r}: `docker context ls` shows those that there are"
        )
    return Endpoint(chosen.Host, f"the context {chosen.name}", chosen.TLSConfig)


def _without_config(name: str) -> Endpoint | None:
    """The context of that name where there is no ``config.json``: the client looks nowhere then."""
    from docker.tls import TLSConfig  # noqa: PLC0415 - an extra

    contexts, id_ = config_folder() / "contexts", hashlib.sha256(name.encode()).hexdigest()
    try:
        meta = json.loads((contexts / "meta" / id_ / "meta.json").read_bytes())
        address = str(meta["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    keys = [contexts / "tls" / id_ / "docker" / f"{key}.pem" for key in ("cert", "key", "ca")]
    tls = None
    if all(key.is_file() for key in keys):
        cert, key, ca = map(str, keys)
        tls = TLSConfig(client_cert=(cert, key), ca_cert=ca, verify=True)
    return Endpoint(address, f"the context {name}", tls)


def config_folder() -> Path:
    """Where docker keeps what its user has configured."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


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
            base_url=with_port(where.address),
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


def with_port(address: str) -> str:
    """An ssh:// address with the port that ssh's own configuration has for its host.

    Docker's client would take 22, whatever stands there.

    Raises:
        OSError: there is no ssh.
    """
    parts = urlsplit(address)
    if parts.scheme != "ssh" or parts.port is not None:
        return address
    words = ["ssh", "-G", "--", parts.netloc]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout  # noqa: S603 - the user's own ssh
    ports = [line.split()[1] for line in said.splitlines() if line.startswith("port ")]
    return parts._replace(netloc=f"{parts.netloc}:{(ports or ['22'])[0]}").geturl()


def knock(where: Endpoint, within_s: float = CALL_S) -> None:
    """See that somebody listens, where that can be seen at once.

    Docker's own client would not close a socket with which it finds nobody.

    Raises:
        OSError: nobody does.
    """
    scheme, _, path = where.address.partition("://")
    if scheme in ("unix", "http+unix"):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(within_s)
            caller.connect(path)


@contextlib.contextmanager
def speaking(whom: str = "the Docker engine", passing: Collection[str] = PASSING) -> Iterator[None]:
    """Turn what goes wrong while the block speaks to an engine into two kinds.

    Words of ``passing`` in what it says are about its machine, whatever it was asked for.

    Raises:
        EngineTrouble: it does not answer, or its machine is in trouble.
        Incompatible: it, or its client, refuses what it is asked for, in its own words.
    """
    import requests  # noqa: PLC0415 - slow to import
    from docker import errors  # noqa: PLC0415 - an extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - as above

    try:
        yield
    except errors.APIError as error:
        words = " ".join(str(error.explanation or error).split())
        if any(sign in words.lower() for sign in passing):
            raise EngineTrouble(f"{whom} is in trouble: {words}") from error
        raise Incompatible(words) from error
    except (errors.DockerException, requests.RequestException, HTTPError, OSError) as error:
        below = [*_below(error)]
        if isinstance(error, errors.DockerException) and not any(
            isinstance(one, (requests.RequestException, HTTPError)) for one in below
        ):
            raise Incompatible(" ".join(str(error).split())) from error  # nobody was spoken to
        root = below[-1]
        words = getattr(root, "strerror", None) or str(root) or type(root).__name__
        raise EngineTrouble(f"{whom} does not answer ({words})") from error


def _below(error: BaseException) -> Iterator[BaseException]:
    """What went wrong, as far down as it was passed on."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def rootless(info: Mapping[str, Any]) -> bool:
    """Whether the engine runs as a user, who is root in its containers."""
    return "name=rootless" in _options(info)


def remapped(info: Mapping[str, Any]) -> bool:
    """Whether users of containers are others on the machine, unless a container asks not to be."""
    return "name=userns" in _options(info)


def _options(info: Mapping[str, Any]) -> list[str]:
    return [str(option).split(",")[0] for option in info.get("SecurityOptions") or ()]
