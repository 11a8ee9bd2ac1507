"""The problems on which samplers are compared, by name."""

from __future__ import annotations

from collections.abc import Callable

from problems import coco, smooth, synthetic, tabulated
from problems.problem import HELD, TUNE, Problem

HALVES = (TUNE, HELD)


def names(half: str | None = None) -> list[str]:
    """The names of all problems, or of those of one half, in a fixed order.

    Raises:
        ValueError: there is no such half.
    """
    if half is not None and half not in HALVES:
        raise ValueError(f"there is no half {half!r} of the problems; choose 'tune' or 'held'")
    return [name for each in HALVES if half in (None, each) for name in _loaders(each)]


def load(name: str) -> Problem:
    """The problem of this name; reads and builds only what this one needs.

    Raises:
        ValueError: there is no such problem.
        ImportError: it is one of COCO's and the package coco-experiment is not installed.
    """
    for half in HALVES:
        if loader := _loaders(half).get(name):
            return loader()
    raise ValueError(f"there is no problem {name!r}; suite.names() lists them all")


def _loaders(half: str) -> dict[str, Callable[[], Problem]]:
    parts = (coco, synthetic, tabulated, smooth)
    return {name: loader for part in parts for name, loader in part.loaders(half).items()}
