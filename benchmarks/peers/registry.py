"""Everyone under comparison, by name.

A sampler is written as its name, or with options: ``tpe:gamma=0.15,n_ei_candidates=32``. Options
are Python literals, or words: ``mix:samplers={'tpe':2,'pso':1}``. A name that is none of the peers'
is one of parzen's own samplers.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from peers import sources
from peers.searcher import Searcher

from parzen.coordinator.samplers import registry as own
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidStudy

MODULE = "parzen.hyperopt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """What makes searchers of one name.

    Attributes:
        module: where the factory is. It is imported when it is asked for: the peers are no part of
            parzen's own set-up.
        factory: takes the dimensions, the seed and the options.
        distributions: the packages whose versions the proposals go by; none where parzen's own
            source makes them.
        arguments: what the name stands for, for the factory.
        counts_workers: whether the factory also takes how many workers there will be.
    """

    module: str
    factory: str
    distributions: Sequence[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    counts_workers: bool = False


def _optuna(name: str, *more: str) -> Adapter:
    return Adapter(
        module="peers.optuna_samplers",
        factory="OptunaSearcher",
        distributions=("optuna", *more),
        arguments={"name": name},
    )


def _nevergrad(optimizer: str) -> Adapter:
    return Adapter(
        module="peers.nevergrad_optimizers",
        factory="NevergradSearcher",
        distributions=("nevergrad",),
        arguments={"optimizer": optimizer},
        counts_workers=True,
    )


def _hyperopt(package: str, algo: str, *distributions: str) -> Adapter:
    return Adapter(
        module="peers.hyperopt_tpe",
        factory="HyperoptSearcher",
        distributions=distributions,
        arguments={"package": package, "algo": algo},
    )


HYPEROPT = "hyperopt"
PEERS: Mapping[str, Adapter] = {
    "optuna-tpe": _optuna("optuna-tpe"),
    "optuna-group": _optuna("optuna-group"),
    "optuna-gp": _optuna("optuna-gp", "torch"),
    "optuna-cmaes": _optuna("optuna-cmaes", "cmaes"),
    HYPEROPT: _hyperopt("hyperopt", "tpe", "hyperopt"),
    "nevergrad-pso": _nevergrad("PSO"),
    "nevergrad-realspace-pso": _nevergrad("RealSpacePSO"),
    "nevergrad-de": _nevergrad("DE"),
    "cmaes-library": Adapter(
        module="peers.cmaes_library", factory="CmaesSearcher", distributions=("cmaes",)
    ),
}
"""The implementations by others."""

AS_HYPEROPT: Mapping[str, tuple[str, str]] = {
    "parzen.hyperopt": ("tpe", "tpe"),
    "parzen.hyperopt.atpe": ("atpe", "auto"),
}
"""parzen's module of Hyperopt's names: the part that proposes, and the sampler that it asks."""

OPTUNA = tuple(name for name in PEERS if name.startswith("optuna-"))
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
    workers: int = 1,
) -> Searcher:
    """A fresh searcher.

    Args:
        name: one of ``PEERS`` or of ``AS_HYPEROPT``, or one of parzen's samplers.
        dimensions: the space.
        seed: the sampler's.
        options: the sampler's own, in its own terms.
        workers: how many trials will run at once. Nobody is told how many there will be in all: a
            longer run begins like a shorter one.

    Raises:
        ImportError: the peer is not installed.
        InvalidStudy: there is no such sampler or option.
        ValueError: the peer cannot search this space.
    """
    adapter = _adapter(name)
    factory = getattr(importlib.import_module(adapter.module), adapter.factory)
    crowd = {"workers": workers} if adapter.counts_workers else {}
    searcher: Searcher = factory(
        dimensions=dimensions, seed=seed, options=options or {}, **adapter.arguments, **crowd
    )
    return searcher


def parse(text: str) -> tuple[str, Mapping[str, Any]]:
    """The name and the options of a sampler as it is written; :mod:`constants` reads the rest.

    Raises:
        ValueError: an option is not ``name=value``.
    """
    name, _, rest = text.partition("@")[0].partition(":")
    options: dict[str, Any] = {}
    for item in _items(rest):
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
    if name in PEERS:
        told = [f"{each} {metadata.version(each)}" for each in PEERS[name].distributions]
    else:
        told = [sources.digest(module) for module in roots(name)]
    if not told:
        raise InvalidStudy(
            f"there is no sampler {name!r}: expected one of "
            f"{', '.join(sorted({*own.BUILT_IN, *PEERS, *AS_HYPEROPT}))}"
        )
    return f"{PROTOCOL} {' '.join(told)}"


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
    module = _module(sampler)
    others = []
    if own.__name__ in sources.modules(module):  # it asks any of the others, by name
        others = [_module(name) for name in own.BUILT_IN if name != sampler]
    return [module, *others, *translating]


def is_own(name: str) -> bool:
    """Whether it is none of the peers', so that parzen has it, or should."""
    return name not in PEERS


def _module(sampler: str) -> str:
    return own.BUILT_IN[sampler].partition(":")[0]


def _adapter(name: str) -> Adapter:
    if name in AS_HYPEROPT:
        return _hyperopt(MODULE, AS_HYPEROPT[name][0])
    ours = Adapter(module="peers.ours", factory="Ours", arguments={"name": name})
    return PEERS.get(name, ours)


def _items(text: str) -> Iterator[str]:
    """What stands between the commas that are in no brackets."""
    depth, item = 0, ""
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            yield item
            item = ""
        else:
            item += character
    if item:
        yield item


def _literal(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return value  # a word
