"""Everyone under comparison, by name.

A sampler is written as its name, or with options: ``tpe:gamma=0.15,n_ei_candidates=32``. A name
that is none of the peers' is one of parzen's own samplers.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from peers import sources
from peers.searcher import Searcher

from parzen.coordinator.samplers import registry as own
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidStudy

OPTUNA = ("optuna-tpe", "optuna-group", "optuna-gp", "optuna-cmaes")
HYPEROPT = "hyperopt"
AS_HYPEROPT: Mapping[str, tuple[str, str]] = {
    "parzen.hyperopt": ("tpe", "tpe"),
    "parzen.hyperopt.atpe": ("atpe", "auto"),
}
"""parzen's module of Hyperopt's names: the part that proposes, and the sampler that it asks."""
MODULE = "parzen.hyperopt"
NAMES = ("random", "tpe", "auto", *OPTUNA, HYPEROPT)
TPES = ("optuna-tpe", "optuna-group", HYPEROPT)
"""The peers' tree-structured Parzen estimators."""

PROTOCOL = 1
"""Raised when an adapter drives its sampler in another way: cached runs are void then."""


def make(
    name: str,
    dimensions: Sequence[Dimension],
    seed: int,
    options: Mapping[str, Any] | None = None,
) -> Searcher:
    """A fresh searcher.

    Args:
        name: one of ``NAMES`` or of ``AS_HYPEROPT``, or another of parzen's samplers.
        dimensions: the space.
        seed: the sampler's.
        options: the sampler's own, in its own terms.

    Raises:
        ImportError: the peer is not installed.
        InvalidStudy: there is no such sampler or option.
        ValueError: the peer cannot search this space.
    """
    # The peers are imported where they are asked for: they are no part of parzen's own set-up.
    if name in OPTUNA:
        from peers.optuna_samplers import OptunaSearcher  # noqa: PLC0415

        return OptunaSearcher(name, dimensions, seed, options or {})
    if name == HYPEROPT:
        from peers.hyperopt_tpe import HyperoptSearcher  # noqa: PLC0415

        return HyperoptSearcher(dimensions, seed, options or {})
    if name in AS_HYPEROPT:
        from peers.hyperopt_tpe import HyperoptSearcher  # noqa: PLC0415

        part, _ = AS_HYPEROPT[name]
        return HyperoptSearcher(dimensions, seed, options or {}, MODULE, part)
    from peers.ours import Ours  # noqa: PLC0415

    return Ours(name, dimensions, seed, options or {})


def parse(text: str) -> tuple[str, Mapping[str, Any]]:
    """The name and the options of a sampler as it is written; :mod:`constants` reads the rest.

    Raises:
        ValueError: an option is not ``name=value``.
    """
    name, _, rest = text.partition("@")[0].partition(":")
    options: dict[str, Any] = {}
    for item in filter(None, rest.split(",")):
        option, equals, value = item.partition("=")
        if not (equals and option and value):
            raise ValueError(
                f"sampler {text!r} has {item!r} where an option should stand: expected name=value, "
                "as in tpe:n_ei_candidates=32"
            )
        options[option] = _literal(value)
    return name, options


def version(name: str) -> str:
    """What the proposals of the sampler ``name`` depend on beside space, history and options.

    Raises:
        PackageNotFoundError: the peer is not installed.
        InvalidStudy: there is no such sampler.
    """
    if name in OPTUNA:
        extra = {"optuna-gp": ["torch"], "optuna-cmaes": ["cmaes"]}.get(name, [])
        return f"{PROTOCOL} {_versions('optuna', *extra)}"
    if name == HYPEROPT:
        return f"{PROTOCOL} {_versions('hyperopt')}"
    if not roots(name):
        raise InvalidStudy(
            f"there is no sampler {name!r}: expected one of "
            f"{', '.join(sorted({*own.BUILT_IN, *OPTUNA, HYPEROPT, *AS_HYPEROPT}))}"
        )
    return f"{PROTOCOL} {' '.join(sources.digest(module) for module in roots(name))}"


def preload(name: str) -> None:
    """Load the source that :func:`version` tells of, so that later edits do not matter."""
    version(name)
    for root in roots(name):
        for module in sources.modules(root):
            importlib.import_module(module)


def roots(name: str) -> Sequence[str]:
    """The modules whose source, with what it imports, makes the proposals; none of a peer's."""
    part, sampler = AS_HYPEROPT.get(name, ("", name))
    if sampler not in own.BUILT_IN:
        return []
    translating = [f"{MODULE}.{part}", f"{MODULE}.base"] if part else []
    return [own.BUILT_IN[sampler].partition(":")[0], *translating]


def is_own(name: str) -> bool:
    """Whether it is none of the peers', so that parzen has it, or should."""
    return name not in (*OPTUNA, HYPEROPT)


def _versions(*packages: str) -> str:
    return " ".join(f"{package} {metadata.version(package)}" for package in packages)


def _literal(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return value  # a word
