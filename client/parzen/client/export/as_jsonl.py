"""JSON lines: one whole trial in each, in the shape of every ``--json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from parzen.shared.records import Trial
from parzen.shared.shape import plain


def write(trials: Iterable[Trial], put: Callable[[str], object]) -> int:
    """Write ``trials``, each with one call of ``put``; how many."""
    count = 0
    for trial in trials:
        line = json.dumps(plain(trial), allow_nan=False)
        put(line.replace("\x7f", "\\u007f") + "\n")  # the one control character that JSON leaves
        count += 1
    return count
