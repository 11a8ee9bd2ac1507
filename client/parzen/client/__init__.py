"""The laptop's side of parzen: declare a study, submit it, watch it, read what came out.

Every name is imported when it is first used, so that ``import parzen.client`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parzen.client.connection import Client, connect
    from parzen.client.handle import StudyHandle
    from parzen.client.optimizer import Optimizer
    from parzen.client.serial import minimize
    from parzen.client.staging import Stage
    from parzen.client.study import Study
    from parzen.shared.records import SamplerSpec
    from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

__all__ = [
    "Choice",
    "Client",
    "Float",
    "Int",
    "LogNormal",
    "Normal",
    "Optimizer",
    "SamplerSpec",
    "Space",
    "Stage",
    "Study",
    "StudyHandle",
    "connect",
    "minimize",
]

_HOME = {
    "Choice": "parzen.shared.space",
    "Client": "parzen.client.connection",
    "Float": "parzen.shared.space",
    "Int": "parzen.shared.space",
    "LogNormal": "parzen.shared.space",
    "Normal": "parzen.shared.space",
    "Optimizer": "parzen.client.optimizer",
    "SamplerSpec": "parzen.shared.records",
    "Space": "parzen.shared.space",
    "Stage": "parzen.client.staging",
    "Study": "parzen.client.study",
    "StudyHandle": "parzen.client.handle",
    "connect": "parzen.client.connection",
    "minimize": "parzen.client.serial",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
