"""The options ``--metrics-port`` and ``--metrics-address``, and what comes of them."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from parzen.shared.errors import InvalidInput
from parzen.shared.metrics.health import EVERYWHERE, Health
from parzen.shared.metrics.table import BUILD, RESUMES, SILENCE, STREAMS, Metric
from parzen.shared.store import Hearing

if TYPE_CHECKING:
    from parzen.shared.metrics.recorder import Recorder

Command = TypeVar("Command", bound=Callable[..., Any])

PORT = 9464
"""What examples and manifests use: the port on which exporters of OpenTelemetry listen, too."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where metrics are to be served; without a port nowhere."""

    port: int | None = None
    address: str = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is told to whoever asks this process how it does."""

    recorder: Recorder
    health: Health = field(default_factory=Health)

    def hear(self, news: Callable[[], Hearing]) -> None:
        """Tell how the store brings news, and since when it is silent."""
        from parzen.shared.metrics.recorder import Reading  # noqa: PLC0415 - an extra

        def readings() -> Sequence[Reading]:
            heard, silence_s = news(), self.health.silence_s
            since = [] if silence_s is None else [Reading(SILENCE, silence_s)]
            resumes = Reading(RESUMES, float(heard.resumes))
            return [*since, Reading(STREAMS, float(heard.streams)), resumes]

        self.recorder.read_from(readings)


def metrics_options(command: Command) -> Command:
    """Give a command ``--metrics-port`` and ``--metrics-address``, received as ``metrics``."""

    @click.option(
        "--metrics-port",
        type=click.IntRange(0, 65535),
        metavar="PORT",
        help="Serve metrics for Prometheus on this port, at /metrics, and answers for probes at "
        "/-/healthy and /-/ready; 0 for any port that is free, which the log names. Without it, "
        "nothing listens.",
    )
    @click.option(
        "--metrics-address",
        default=Endpoint().address,
        show_default=True,
        metavar="ADDRESS",
        help="Where to listen for that: * for all of this machine's addresses, since "
        "Prometheus asks from elsewhere: whoever reaches the port can read the names of studies "
        "and how they do. With 127.0.0.1 only this machine can.",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, metrics_port: int | None, metrics_address: str, **kwargs: Any) -> Any:
        endpoint = Endpoint(metrics_port, metrics_address)
        return command(*args, metrics=endpoint, **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators keep the callable's face


@contextmanager
def exposed(endpoint: Endpoint, metrics: Sequence[Metric]) -> Iterator[Exposure | None]:
    """Serve ``metrics`` meanwhile; None where nobody asked for any.

    Raises:
        InvalidInput: the library is not installed, or the port is taken.
    """
    if endpoint.port is None:
        yield None
        return
    try:
        from parzen.shared.metrics.recorder import Reading, Recorder  # noqa: PLC0415 - an extra
        from parzen.shared.metrics.serving import served  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"--metrics-port needs {error.name}, which is not installed: "
            "pip install 'parzen[metrics]'"
        ) from error
    exposure = Exposure(Recorder(metrics))
    exposure.recorder.read_from(lambda: [Reading(BUILD, 1.0, _versions())])
    with served(exposure.recorder.registry, exposure.health, endpoint.address, endpoint.port):
        yield exposure


@functools.cache
def _versions() -> dict[str, str]:
    return {
        "version": importlib.metadata.version("parzen"),
        "python": platform.python_version(),
    }
