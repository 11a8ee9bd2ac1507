"""Records as plain JSON values, one documented shape for every ``--json``: pure functions.

A command prints one object::

    {"parzen": 1, "kind": "trials", "items": [{...}, ...]}

``parzen`` is the version of this shape, ``kind`` says what the items are, and an item has the
fields of its record in :mod:`parzen.shared.records`: times as ISO 8601 in UTC, bytes as base64.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """``value`` as JSON holds it.

    Records and mappings become objects, times ISO 8601 strings, bytes base64 text, numbers that
    are not finite None, and what JSON does not know its own text.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return _structure(value)


def _structure(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (Sequence, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


SHAPE = 1


def document(kind: str, items: Iterable[Any]) -> dict[str, Any]:
    """The object that a command prints."""
    return {"parzen": SHAPE, "kind": kind, "items": [plain(item) for item in items]}
