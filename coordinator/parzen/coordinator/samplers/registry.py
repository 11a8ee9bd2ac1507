"""Samplers by name.

A new sampler is one file and one line in ``BUILT_IN``. Other packages add theirs through an entry
point in the group ``parzen.samplers``: a callable that takes the dimensions and its options as
keywords, and gives a :class:`~parzen.coordinator.samplers.protocol.Sampler`, whose proposals are
checked.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, TypeAlias

from parzen.coordinator.samplers.checked import CheckedSampler
from parzen.coordinator.samplers.protocol import Sampler
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidStudy
from parzen.shared.plain import raised
from parzen.shared.records import CALLABLE, SamplerSpec

Factory: TypeAlias = Callable[..., Sampler]

GROUP = "parzen.samplers"

BUILT_IN: Mapping[str, str] = {
    "anneal": "parzen.coordinator.samplers.anneal:AnnealSampler",
    "auto": "parzen.coordinator.samplers.auto:AutoSampler",
    "cmaes": "parzen.coordinator.samplers.cmaes:CMAESSampler",
    "de": "parzen.coordinator.samplers.de:DESampler",
    "enqueued": "parzen.coordinator.samplers.enqueued:EnqueuedSampler",
    "genetic": "parzen.coordinator.samplers.genetic:GeneticSampler",
    "gp": "parzen.coordinator.samplers.gp:GPSampler",
    "gradient": "parzen.coordinator.samplers.gradient:GradientSampler",
    "grid": "parzen.coordinator.samplers.grid:GridSampler",
    "mix": "parzen.coordinator.samplers.mix:MixSampler",
    "policy": "parzen.coordinator.samplers.policy:PolicySampler",
    "pso": "parzen.coordinator.samplers.pso:PSOSampler",
    "random": "parzen.coordinator.samplers.random:RandomSampler",
    "sobol": "parzen.coordinator.samplers.sobol:SobolSampler",
    "stages": "parzen.coordinator.samplers.stages:StagesSampler",
    "tpe": "parzen.coordinator.samplers.tpe:TPESampler",
    "warm": "parzen.coordinator.samplers.warm:WarmSampler",
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
        made = factory(tuple(dimensions), **spec.options)
        if spec.name in BUILT_IN:
            return made
        return CheckedSampler(spec.name, made, dimensions)
    except InvalidStudy as error:
        raise InvalidStudy(f"sampler {spec.name!r}: {error}") from None


def names() -> Sequence[str]:
    """Every sampler that can be named, built in or installed."""
    return sorted({*BUILT_IN, *(entry.name for entry in metadata.entry_points(group=GROUP))})


@dataclass(frozen=True, slots=True)
class Described:
    """What is told of a sampler: its ``options`` are {name: default}, None where it has none."""

    name: str
    about: str
    options: Mapping[str, Any]


def described(name: str) -> Described:
    """What the sampler of that name is, by its docstring's first line, and its options.

    Of one that cannot be loaded, why.
    """
    try:
        factory = _factory(name)
    except InvalidStudy as error:
        return Described(name, str(error), {})
    about = (inspect.getdoc(factory) or "").strip().partition("\n")[0]
    found = inspect.signature(factory).parameters.values()
    keywords = [p for p in found if p.kind is inspect.Parameter.KEYWORD_ONLY]
    defaults = {p.name: None if p.default is p.empty else p.default for p in keywords}
    return Described(name, about, defaults)


def _factory(name: str) -> Factory:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        built_in: Factory = getattr(importlib.import_module(module), attribute)
        return built_in
    if name == CALLABLE:
        raise InvalidStudy(
            f"a sampler cannot be named {name!r}: give the function itself, sampler=choose, which "
            "takes (seen, rng)"
        )
    for entry in metadata.entry_points(group=GROUP, name=name):
        return _installed(entry)
    raise InvalidStudy(f"there is no sampler {name!r}: {_near(name)}`parzen samplers` lists them")


def _near(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), names(), n=2)
    return f"did you mean {' or '.join(near)}? " if near else ""


def _installed(entry: metadata.EntryPoint) -> Factory:
    try:
        factory: Any = entry.load()
        inspect.signature(factory)
    except (Exception, SystemExit) as error:
        raise InvalidStudy(
            f"sampler {entry.name!r} cannot be loaded from {entry.value!r}, which another package "
            f"installed: it raised {raised(error)}"
        ) from error
    return factory  # type: ignore[no-any-return]  # checked when it is called


def _options(factory: Factory) -> Sequence[str] | None:
    """The names of the keyword-only arguments, None where any keyword is taken."""
    parameters: Mapping[str, Any] = inspect.signature(factory).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return None
    return sorted(n for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY)
