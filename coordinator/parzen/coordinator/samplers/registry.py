"""Samplers by name.

A new sampler is one file and one line in ``BUILT_IN``. Other packages add theirs through an entry
point in the group ``parzen.samplers``: a callable that takes the dimensions and its options as
keywords, and gives a :class:`~parzen.coordinator.samplers.protocol.Sampler`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, TypeAlias

from parzen.coordinator.samplers.protocol import Sampler
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidStudy
from parzen.shared.records import SamplerSpec

Factory: TypeAlias = Callable[..., Sampler]

GROUP = "parzen.samplers"

BUILT_IN: Mapping[str, str] = {
    "anneal": "parzen.coordinator.samplers.anneal:AnnealSampler",
    "auto": "parzen.coordinator.samplers.auto:AutoSampler",
    "enqueued": "parzen.coordinator.samplers.enqueued:EnqueuedSampler",
    "random": "parzen.coordinator.samplers.random:RandomSampler",
    "sobol": "parzen.coordinator.samplers.sobol:SobolSampler",
    "tpe": "parzen.coordinator.samplers.tpe:TPESampler",
}


def make(spec: SamplerSpec, dimensions: Sequence[Dimension]) -> Sampler:
    """The sampler that ``spec`` names, for a space of these ``dimensions``.

    Raises:
        InvalidStudy: there is no such sampler, or it has no such option.
    """
    factory = _factory(spec.name)
    known = _options(factory)
    unknown = sorted(set(spec.options) - set(known)) if known is not None else []
    if unknown:
        raise InvalidStudy(
            f"sampler {spec.name!r} has no option {unknown[0]!r}: expected "
            + (f"one of {', '.join(known or ())}" if known else "none")
        )
    try:
        return factory(tuple(dimensions), **spec.options)
    except InvalidStudy as error:
        raise InvalidStudy(f"sampler {spec.name!r}: {error}") from None


def names() -> Sequence[str]:
    """Every sampler that can be named, built in or installed."""
    return sorted({*BUILT_IN, *(entry.name for entry in metadata.entry_points(group=GROUP))})


def _factory(name: str) -> Factory:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        built_in: Factory = getattr(importlib.import_module(module), attribute)
        return built_in
    for entry in metadata.entry_points(group=GROUP, name=name):
        installed: Factory = entry.load()
        return installed
    raise InvalidStudy(f"there is no sampler {name!r}: expected one of {', '.join(names())}")


def _options(factory: Factory) -> Sequence[str] | None:
    """The names of the keyword-only arguments, None where any keyword is taken."""
    parameters: Mapping[str, Any] = inspect.signature(factory).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return None
    return sorted(n for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY)
