"""What proposes trials: one file per sampler, one line each in the registry.

Whoever writes a sampler finds the types here, and beside them the modules ``novelty`` (batches, new
points), ``streams`` (random numbers), ``options`` (checks) and ``memos``' readers in
``parzen.coordinator.memos``. Every name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parzen.coordinator.history import History
    from parzen.coordinator.outlook import Outlook
    from parzen.coordinator.samplers.own import Seen
    from parzen.coordinator.samplers.protocol import Remembered, Sampler

__all__ = ["History", "Outlook", "Remembered", "Sampler", "Seen"]

_HOME = {
    "History": "parzen.coordinator.history",
    "Outlook": "parzen.coordinator.outlook",
    "Remembered": "parzen.coordinator.samplers.protocol",
    "Sampler": "parzen.coordinator.samplers.protocol",
    "Seen": "parzen.coordinator.samplers.own",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
