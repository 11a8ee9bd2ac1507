"""Which of the engine's samplers an algorithm of Hyperopt's is, where a coordinator proposes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from parzen.hyperopt import anneal, atpe, rand, tpe
from parzen.shared.records import SamplerSpec

OWN = "enqueued"
"""The sampler of a study whose points the process that called fmin proposes."""

KNOWN: Mapping[Any, tuple[str, Callable[..., dict[str, Any]]]] = {
    tpe.suggest: ("tpe", tpe.sampler_options),
    anneal.suggest: ("anneal", anneal.sampler_options),
}
"""{algorithm: the sampler's name, and what makes its options}."""

FIRST = 4
"""An algorithm's own options come behind new_ids, domain, trials and seed."""


def sampler(algo: Callable[..., Any], seed: int) -> SamplerSpec:
    """The sampler that does what ``algo`` does; ``OWN`` where only the algorithm itself does."""
    called: Any = algo
    given: dict[str, Any] = {}
    while isinstance(called, functools.partial):
        if called.args:  # they would be new_ids and so on
            return SamplerSpec(name=OWN, seed=seed)
        called, given = called.func, {**called.keywords, **given}
    if called is rand.suggest and not given:
        return SamplerSpec(name="random", seed=seed)
    if called is atpe.suggest and not given:
        return SamplerSpec(name="auto", seed=seed)
    if called not in KNOWN:
        return SamplerSpec(name=OWN, seed=seed)
    name, translate = KNOWN[called]
    inspect.signature(called).bind(*range(FIRST), **given)  # says which option there is not
    given.pop("verbose", None)
    options = {key: value for key, value in translate(**given).items() if value is not None}
    return SamplerSpec(name=name, options=options, seed=seed)
