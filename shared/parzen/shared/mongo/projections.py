"""Which fields of a trial or a study are fetched by whom: no more travels than is read.

Where a part of ``result`` is wanted the fields are named one by one: a projection either names what
comes or what does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from parzen.shared.records import Attempt, Failure, Trial

WORKABLE: Mapping[str, int] = {"sampler.options.sources": 0}
"""A study as a worker looks at it, without the trials that its sampler began with."""

SLIM: Mapping[str, int] = {"attempts": 0, "result": 0, "user": 0}
"""A trial without what only a reader of that one trial wants."""


def _named(of: type[Any], *without: str, under: str = "") -> dict[str, int]:
    return {f"{under}{f.name}": 1 for f in fields(of) if f.name not in without}


_SEEN = {
    "schema": 1,
    **_named(Trial, "attempts", "result", "user"),
    "result.gradient": 1,
}

HISTORY: Mapping[str, int] = _SEEN
"""What samplers and limits look at."""

NEWS: Mapping[str, int] = {
    **_SEEN,
    **_named(Attempt, "log_tail", "error", under="attempts."),
    **_named(Failure, "traceback", under="attempts.error."),
}
"""A trial that has changed: why it failed is news, the whole story is not."""
