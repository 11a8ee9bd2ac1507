"""How old something must be, as an option's value: ``90m``, ``12h``, ``7d``, ``2w``."""

from __future__ import annotations

import re

import click

UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}

AGE = re.compile(rf"(\d{{1,9}}(?:\.\d+)?)([{''.join(UNITS_S)}])")

LEAST_S = 600.0
"""What is younger, in seconds, may be part of an upload that goes on."""


def age(_ctx: click.Context, _option: click.Parameter, given: str | None) -> float | None:
    """A callback for an option: the seconds of an age of at least :data:`LEAST_S`."""
    if given is None:
        return None
    found = AGE.fullmatch(given)
    if found is None:
        raise click.BadParameter(
            f"{given!r} is no age: expected a number with s, m, h, d or w, such as 7d"
        )
    seconds = float(found[1]) * UNITS_S[found[2]]
    if seconds < LEAST_S:
        raise click.BadParameter(f"{given!r} is too young: expected at least {LEAST_S / 60:g}m")
    return seconds
