"""The stages of a study as its document declares them: read, and checked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from parzen.coordinator.axis import Axis, Options
from parzen.coordinator.history import History
from parzen.coordinator.samplers import options, registry
from parzen.coordinator.subspace import below
from parzen.shared.dimensions import Dimension, Params, Plain
from parzen.shared.errors import InvalidParams, InvalidStudy
from parzen.shared.plain import shown
from parzen.shared.records import STAGES, SamplerSpec, Trial, Uid

KEYS = ("name", "free", "trials", "sampler", "options")
"""What a stage is declared by; the first two it must have."""

FEW = 3
"""So many names stand in a message."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    ``patterns`` say which parameters are ``free``, with all that are below them. ``first`` is the
    number of its first trial, ``trials`` how many it has, None for all the rest.
    """

    name: str
    patterns: tuple[str, ...]
    free: frozenset[str]
    first: int
    trials: int | None
    spec: SamplerSpec


def staged(dimensions: Sequence[Dimension], declared: object) -> tuple[Stage, ...]:
    """The stages that are ``declared``: a list of dicts with :data:`KEYS`.

    Raises:
        InvalidStudy: they are no stages of a search through this space.
    """
    stages: list[Stage] = []
    for place, one in enumerate(_listed("option stages", declared, "stages, each a dict")):
        before = stages[-1] if stages else None
        if before is not None and before.trials is None:
            raise InvalidStudy(
                f"stage {before.name!r} does not say how many trials it has: only the last stage "
                "may leave that open"
            )
        first = 0 if before is None else before.first + (before.trials or 0)
        stages.append(_stage(dimensions, one, place, first))
        if [stage.name for stage in stages].count(stages[-1].name) > 1:
            raise InvalidStudy(f"two stages are named {stages[-1].name!r}: expected other names")
    _refuse_left_out(dimensions, stages)
    return tuple(stages)


def started(dimensions: Sequence[Dimension], declared: object) -> Params:
    """Where the search stands before any trial is complete: a point of the space.

    What ``declared`` {name: value} leaves out is at the middle of its prior, or its first option.

    Raises:
        InvalidStudy: there is no such parameter, or that is no value of it.
    """
    if not isinstance(declared, Mapping):
        raise InvalidStudy(
            f"option start is {shown(declared)}: expected a dict {{parameter: value}}"
        )
    names = [d.name for d in dimensions]
    for name in declared:
        if name not in names:
            raise InvalidStudy(f"option start names {shown(name)}: {_hint(str(name), names)}")
    kept = History(dimensions)
    try:
        params = {a.dimension.name: _at_first(a, declared) for a in kept.cube.axes}
        kept.cube.row(params)
    except InvalidParams as error:
        raise InvalidStudy(f"option start: {error}") from None
    kept.put(Trial(study="", uid=Uid(""), number=0, params=params))
    return kept.params(0) or {}


def _at_first(axis: Axis, declared: Mapping[str, Any]) -> Plain:
    name = axis.dimension.name
    if name in declared:
        value: Plain = declared[name]
        axis.encode(value)  # refuses what is none of its values, whether it takes part or not
        return value
    if isinstance(axis, Options):
        return axis.decode(int(np.flatnonzero(axis.probabilities)[0]))
    return axis.decode(0.5)


def _stage(dimensions: Sequence[Dimension], declared: object, place: int, first: int) -> Stage:
    if not isinstance(declared, Mapping):
        raise InvalidStudy(
            f"option stages[{place}] is {shown(declared)}: expected a dict with {', '.join(KEYS)}"
        )
    unknown = [key for key in declared if key not in KEYS]
    if unknown:
        raise InvalidStudy(
            f"option stages[{place}] has no {shown(unknown[0])}: it knows {', '.join(KEYS)}"
        )
    name = declared.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InvalidStudy(f"option stages[{place}] has the name {shown(name)}: expected a text")
    try:
        return _named(dimensions, declared, name, first)
    except InvalidStudy as error:
        raise InvalidStudy(f"stage {name!r}: {error}") from None


def _named(
    dimensions: Sequence[Dimension], declared: Mapping[str, Any], name: str, first: int
) -> Stage:
    patterns = tuple(_listed("free", declared.get("free"), "parameters, or patterns of names"))
    free = _matched([d.name for d in dimensions], patterns)
    trials = declared.get("trials")
    spec = SamplerSpec(name=declared.get("sampler", "auto"), options=declared.get("options", {}))
    stage = Stage(
        name=name,
        patterns=patterns,
        free=below(dimensions, free),
        first=first,
        trials=None if trials is None else options.whole("trials", trials, 1),
        spec=spec,
    )
    _check_sampler(dimensions, stage)
    return stage


def _check_sampler(dimensions: Sequence[Dimension], stage: Stage) -> None:
    """Make the stage's sampler once, so that what it refuses is refused before the study begins."""
    spec = stage.spec
    if not isinstance(spec.name, str) or spec.name == STAGES:
        raise InvalidStudy(f"its sampler is {shown(spec.name)}: expected another one's name")
    if not isinstance(spec.options, Mapping):
        raise InvalidStudy(
            f"its options are {shown(spec.options)}: expected a dict {{name: value}}"
        )
    own = []
    for d in dimensions:
        if d.name in stage.free:
            alone = all(condition.name in stage.free for condition in d.active_when)
            own.append(d if alone else replace(d, active_when=()))
    registry.make(spec, own)


def _matched(names: Sequence[str], patterns: Sequence[str]) -> frozenset[str]:
    """The names that ``patterns`` name or match; one that is a name means it alone."""
    found: set[str] = set()
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise InvalidStudy(f"free holds {shown(pattern)}: expected names of parameters")
        # a name may hold what is special in a pattern
        matching = [pattern] if pattern in names else [n for n in names if fnmatchcase(n, pattern)]
        if not matching:
            raise InvalidStudy(f"free names {shown(pattern)}: {_hint(pattern, names)}")
        found.update(matching)
    return frozenset(found)


def _refuse_left_out(dimensions: Sequence[Dimension], stages: Sequence[Stage]) -> None:
    """See that each parameter is searched: one that never is would be a constant."""
    left = [d.name for d in dimensions if not any(d.name in stage.free for stage in stages)]
    if left:
        told = ", ".join(map(repr, left[:FEW])) + (" and others" if len(left) > FEW else "")
        raise InvalidStudy(
            f"no stage frees {told}: name each parameter in a stage, or take it out of the space"
        )


def _listed(what: str, declared: object, of: str) -> Sequence[Any]:
    if isinstance(declared, (str, bytes)) or not isinstance(declared, Sequence) or not declared:
        raise InvalidStudy(f"{what} is {shown(declared)}: expected a list of {of}")
    return declared


def _hint(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=FEW)
    if near:
        return f"there is no such parameter; did you mean {' or '.join(map(repr, near))}?"
    some = ", ".join(map(repr, names[:FEW])) + (" and others" if len(names) > FEW else "")
    return f"there is no such parameter; the space has {some}"
