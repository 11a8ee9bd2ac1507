"""How fast trials end: one estimate for every view, which bursts do not deceive. Pure.

Trials that began together end together, and then nothing ends for as long as one takes. Such a
burst says nothing of the time that it took, so what counts are the ends after the first burst, up
to that of the last whole one.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from parzen.shared.course import Ended

LATELY_S = 60.0
LATELY_PAUSES = 5
"""After how many of the longest pauses, or of a trial's usual time, a study stands still."""

ENDS = 50
ROUNDS = 8
"""A rate is that of the last ends, so many, or those within a trial's usual time so often."""

PART = 0.5
"""A pause that is such a part of the longest ends a burst. Ends that are spread over less than that
part of a trial's usual time are one burst."""


def speed(ends: Sequence[Ended], now: datetime, since: datetime | None = None) -> float | None:
    """Trials per second, as they ended ``since`` the study began or was resumed.

    None before two bursts were seen, and where the study stands still. In between, a burst that is
    overdue lowers it.
    """
    second = timedelta(seconds=1)
    at_s = sorted((end.at - now) / second for end in ends if since is None or end.at >= since)
    usual_s = _usual(ends, at_s)
    times = _unbroken(_latest(at_s, usual_s), usual_s)
    pauses = _pauses(times)
    if not pauses or times[-1] - times[0] < PART * usual_s:
        return None
    longest, quiet = max(pauses), max(0.0, -times[-1])
    if longest <= 0 or quiet > _patience(longest, usual_s):
        return None
    bursts = [n for n, pause in enumerate([*pauses, quiet]) if pause >= PART * longest]
    first, last = bursts[0], bursts[-1] if len(bursts) > 1 else len(pauses)
    return (last - first) / (times[last] - times[first] + max(0.0, quiet - longest))


def _usual(ends: Sequence[Ended], at_s: Sequence[float]) -> float:
    """What a trial takes: half of them less; what lies between two ends where nobody knows."""
    known = [end.seconds for end in ends if end.seconds is not None] or _pauses(at_s)
    return statistics.median(known) if known else 0.0


def _pauses(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def _patience(longest: float, usual_s: float) -> float:
    """After how long a pause the study stood still."""
    return max(LATELY_S, LATELY_PAUSES * max(longest, usual_s))


def _latest(times: Sequence[float], usual_s: float) -> Sequence[float]:
    """The last of them, see :data:`ROUNDS`."""
    if len(times) <= ENDS:
        return times
    begin = min(times[-ENDS], times[-1] - max(LATELY_S, ROUNDS * usual_s))
    return [at for at in times if at >= begin]


def _unbroken(times: Sequence[float], usual_s: float) -> Sequence[float]:
    """Those since the study stood still last."""
    begin, longest = 0, 0.0
    for n, pause in enumerate(_pauses(times), 1):
        if pause > _patience(longest, usual_s):
            begin, longest = n, 0.0
        else:
            longest = max(longest, pause)
    return times[begin:]
