"""Trials per second, from the moments at which they ended."""

from __future__ import annotations

from collections.abc import Sequence

LEAST = 5
"""Fewer trials than this say nothing about a rate."""


def rate(ends: Sequence[Sequence[float]]) -> float:
    """Trials per second while every worker was at work.

    The window begins when the last of the workers has ended its first trial, so that no start
    counts, and ends when the first of them has ended its last one. A trial counts where it ended in
    the window, its beginning excluded. A worker without any trial is left out: the window cannot
    tell when it was at work, so the rate is that of fewer workers than were started; whoever
    reports it should say so.

    Args:
        ends: for each worker, the moments at which its trials ended, in order, in seconds of one
            clock.

    Raises:
        ValueError: the window is empty, or fewer than ``LEAST`` trials ended in it.
    """
    worked = [of_one for of_one in ends if of_one]
    if not worked:
        raise ValueError("no trial ended: expected the moments of at least one worker")
    begun = max(of_one[0] for of_one in worked)
    over = min(of_one[-1] for of_one in worked)
    if over <= begun:
        raise ValueError(
            "the workers were never at work together: one had ended its last trial before another "
            "had ended its first; give them more trials"
        )
    within = sum(begun < moment <= over for of_one in worked for moment in of_one)
    if within < LEAST:
        raise ValueError(
            f"{within} trials ended while all workers were at work, expected at least {LEAST}; "
            "give them more trials"
        )
    return within / (over - begun)
