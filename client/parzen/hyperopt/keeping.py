"""What of a result a document of the database holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parzen.shared.errors import InvalidResult
from parzen.shared.plain import cut
from parzen.worker.result import plain


def kept(found: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """What of ``found`` a document holds, and the keys of the rest."""
    whole = _held(found)
    if whole is not None:
        return whole, []
    good: dict[str, Any] = {}
    lost: list[str] = []
    for key, inner in found.items():
        one = _held({key: inner})
        if one is None or one.keys() & good.keys():
            lost.append(cut(str(key)))
        else:
            good |= one
    while (whole := _held(good)) is None:  # each fits, and all together are too large
        largest = max(good, key=lambda key: len(repr(good[key])))
        del good[largest]
        lost.append(cut(largest))
    return whole, lost


def _held(found: Mapping[Any, Any]) -> dict[str, Any] | None:
    """``found`` as a document holds it; None where it cannot."""
    try:
        return plain(found)
    except InvalidResult:
        return None
