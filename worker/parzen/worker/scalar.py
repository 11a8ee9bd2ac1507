"""What counts as one real number: Python's own, numpy's, a 0-d array or tensor of any library.

Nothing is imported to find out: whatever offers ``item()`` or ``__float__`` is asked for its
number. Booleans, text, complex numbers and masked values are none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def scalar(value: object) -> float | None:
    """``value`` as a float, infinite where it is too large; None where it is no real number."""
    plain = None if _masked(value) else unwrapped(value)
    if plain is None or isinstance(plain, (bool, str, bytes, bytearray, complex)):
        return None
    if not hasattr(plain, "__float__") and not hasattr(plain, "__index__"):
        return None
    try:
        return float(plain)  # type: ignore[arg-type]  # it has __float__ or __index__
    except OverflowError:
        return math.inf
    except (TypeError, ValueError, RuntimeError):  # an array of several elements
        return None


def _masked(value: object) -> bool:
    """Whether it is numpy's masked constant, or a masked array's hidden element."""
    hidden: Any = getattr(value, "mask", None) if hasattr(value, "dtype") else None
    return hasattr(hidden, "dtype") and bool(hidden.any())  # pandas' mask is a method


def unwrapped(value: object) -> object:
    """A numpy scalar, or an array or tensor of one element, as Python's own value."""
    item = getattr(value, "item", None)
    if item is None or isinstance(value, Mapping):
        return value
    try:
        return item()
    except (TypeError, ValueError, RuntimeError):  # several elements: each library its own error
        return value
