"""Which drivers there are on this node."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from parzen.worker.gpus.amd import AmdSmi
from parzen.worker.gpus.driver import Driver, DriverError, NoDriver
from parzen.worker.gpus.nvml import Nvml

log = logging.getLogger("parzen.worker")

KNOWN: tuple[tuple[str, Callable[[ModuleType], Driver]], ...] = (
    ("pynvml", Nvml),
    ("amdsmi", AmdSmi),
)
"""The module that speaks for each maker, and who asks it."""

CARDS, NVIDIA = Path("/dev"), "nvidia[0-9]*"
"""Where the kernel shows NVIDIA's cards, and by which names."""


def drivers() -> Iterator[Driver]:
    """Those that there are here.

    Raises:
        DriverError: one is here, and does not work.
    """
    found = (_driver(name, made) for name, made in KNOWN)
    yield from (driver for driver in found if driver is not None)


def _driver(name: str, made: Callable[[ModuleType], Driver]) -> Driver | None:
    try:
        return made(importlib.import_module(name))
    except ImportError:
        if name == "pynvml":
            _say_missing()
    except (NoDriver, OSError, KeyError, AttributeError) as error:
        # a machine without its driver; amdsmi looks for its library while it is imported
        log.debug("no GPU by %s: %s", name, error)
        if name == "pynvml" and any(CARDS.glob(NVIDIA)):
            raise DriverError(f"a GPU is here, and its driver is not: {error}") from error
    return None


def _say_missing() -> None:
    if any(CARDS.glob(NVIDIA)):
        log.warning(
            "this machine has an NVIDIA GPU, and nothing here can ask its driver: pip install "
            "'parzen[gpu]', so that trials can require GPUs and each has its own"
        )
