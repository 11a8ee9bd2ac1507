"""What each of parzen's samplers is for, and what it has to be held against.

It is for the classes of problems on which it should beat random search, and should be no worse than
the well-known implementations of the same method. ``docs/samplers.md`` says so to its readers, and
``quality.py`` reports what comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peers import registry

BASE = "random"
"""The sampler that all others should beat."""

APART = frozenset({"enqueued", "stages", "warm"})
"""Samplers that are not compared, since they go by what others propose, or were told."""

CLASSES = ("bbob", "mixint", "conditional", "noisy", "categorical", "model", "smooth")
"""The families of problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One of parzen's samplers.

    Attributes:
        classes: the families that it is for, some of ``CLASSES``.
        peers: the implementations of the same method by others, the one to be held against first.
    """

    classes: Sequence[str] = ()
    peers: Sequence[str] = ()


METHODS: Mapping[str, Method] = {
    "sobol": Method(),
    "grid": Method(),
    "anneal": Method(classes=("bbob", "mixint", "noisy", "model", "smooth")),
    "pso": Method(
        classes=("bbob", "mixint", "model", "smooth"),
        peers=("nevergrad-pso", "nevergrad-realspace-pso"),
    ),
    "de": Method(classes=("bbob", "mixint", "smooth"), peers=("nevergrad-de",)),
    "genetic": Method(classes=("bbob", "mixint", "noisy", "smooth")),
    "cmaes": Method(
        classes=("bbob", "mixint", "noisy", "model", "smooth"),
        peers=("cmaes-library", "optuna-cmaes"),
    ),
    "gp": Method(
        classes=("bbob", "mixint", "noisy", "categorical", "model", "smooth"), peers=("optuna-gp",)
    ),
    "gradient": Method(classes=("smooth",)),
    "policy": Method(classes=("mixint", "noisy", "categorical", "model")),
    "mix": Method(classes=CLASSES),
    "tpe": Method(classes=CLASSES, peers=registry.TPES),
    "auto": Method(classes=CLASSES),
}
"""All that are there to be compared, in the order of the tables."""


def of(sampler: str) -> Method:
    """What the sampler, as it is written, is for; nothing in particular where it is a peer's."""
    return METHODS.get(registry.parse(sampler)[0], Method())


def group(names: Sequence[str]) -> tuple[str, ...]:
    """Random search, the methods of these names, and their peers; each once, in this order.

    Args:
        names: keys of ``METHODS``; none for all of them.

    Raises:
        ValueError: there is no such method.
    """
    for name in names:
        if name not in METHODS:
            raise ValueError(
                f"there is no method {name!r}: expected some of {', '.join(METHODS)}; other "
                "samplers are named with --samplers"
            )
    methods = names or tuple(METHODS)
    peers = [peer for name in methods for peer in METHODS[name].peers]
    return tuple(dict.fromkeys((BASE, *methods, *peers)))
