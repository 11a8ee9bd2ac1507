"""Stages of a study as its owner writes them, and how they are told to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parzen.client import terms
from parzen.client.wording import counted, scalar
from parzen.shared.errors import InvalidStudy
from parzen.shared.plain import shown, to_plain
from parzen.shared.records import STAGES, SamplerSpec


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a study's trials that searches some parameters and holds the others.

    Attributes:
        name: what people read.
        free: the parameters that are searched, by name (``"lr"``, ``"opt/sgd/momentum"``) or by
            shell pattern (``"opt/*"``); a choice is freed with everything below it.
        trials: how many trials it has; only the last stage may leave it to the rest.
        sampler: who proposes in it, by name, or a SamplerSpec with options; without it the
            study's.
    """

    name: str
    free: Sequence[str]
    trials: int | None = None
    sampler: str | SamplerSpec | None = None


def composed(
    stages: Sequence[Stage] | None, start: Mapping[str, Any] | None, spec: SamplerSpec
) -> SamplerSpec:
    """The sampler of a study with these stages; ``spec``, its own, where it has none.

    Args:
        stages: what the owner gave.
        start: {parameter: value} of what is held before a trial is complete.
        spec: who proposes in stages that do not say so; the seed is the study's.

    Raises:
        InvalidStudy: they are no list of stages, or a start is given without any.
    """
    if stages is None:
        if start is not None:
            raise InvalidStudy("start says what stages hold at first: give stages as well")
        return spec
    if spec.function is not None:
        raise InvalidStudy(
            f"the sampler {spec.function!r} is a function, which proposes in no stage: give a "
            "sampler's name"
        )
    if isinstance(stages, (str, Mapping)) or not isinstance(stages, Sequence):
        raise InvalidStudy(f"stages={shown(stages)} is not usable: give a list of Stage(...)")
    options: dict[str, Any] = {"stages": [_document(stage, spec) for stage in stages]}
    if isinstance(start, Mapping):
        options["start"] = {name: to_plain(value) for name, value in start.items()}
    elif start is not None:
        raise InvalidStudy(f"start={shown(start)} is not usable: give a dict {{parameter: value}}")
    return SamplerSpec(name=STAGES, options=options, seed=spec.seed)


def limit(spec: SamplerSpec, max_trials: Any) -> Any:
    """How many trials a study may have: as many as all of its stages, where nobody says.

    Args:
        spec: the study's sampler, which has been made once.
        max_trials: what the owner gave.

    Raises:
        InvalidStudy: so few that a stage has none.
    """
    most = terms.whole("max_trials", max_trials, least=1, none=True)
    before = 0
    for stage in _stages(spec):
        if most is not None and most <= before:
            raise InvalidStudy(
                f"max_trials={most} leaves none to stage {stage['name']!r}, which begins after "
                f"{counted(before, 'trial')}: raise it, or give the stages before fewer"
            )
        if stage.get("trials") is None:
            return most
        before += stage["trials"]
    return most or before or None


def told(spec: SamplerSpec) -> str:
    """The sampler, its options and its seed in one line, as people read it."""
    options = [f"{name}={scalar(value)}" for name, value in spec.options.items()]
    stages = _stages(spec)
    if stages:
        start = spec.options.get("start")
        options = [_one(stage) for stage in stages]
        if isinstance(start, Mapping):
            options += [f"{name}={scalar(value)} at first" for name, value in start.items()]
    return ", ".join([spec.name, *options, f"seed {spec.seed}"])


def _stages(spec: SamplerSpec) -> Sequence[Mapping[str, Any]]:
    """The stages in the sampler's options; none where there are none that can be read."""
    found = spec.options.get("stages") if spec.name == STAGES else None
    listed = isinstance(found, Sequence) and all(isinstance(one, Mapping) for one in found)
    return found if found is not None and listed else ()


def _one(stage: Mapping[str, Any]) -> str:
    trials, options = stage.get("trials"), stage.get("options")
    many = counted(trials, "trial") if isinstance(trials, int) else "the rest"
    said = [f"{many} by {stage.get('sampler', 'auto')}"]
    if isinstance(options, Mapping):
        said += [f"{name}={scalar(value)}" for name, value in options.items()]
    return f"{stage.get('name')} ({', '.join(said)})"


def _document(stage: Any, default: SamplerSpec) -> dict[str, Any]:
    """A stage as the study's document holds it."""
    if not isinstance(stage, Stage):
        raise InvalidStudy(f"stages holds {shown(stage)}: give Stage(name, free=[...], ...)")
    if callable(stage.sampler):
        raise InvalidStudy(
            f"stage {shown(stage.name)} has a function as its sampler: give a sampler's name"
        )
    spec = default if stage.sampler is None else terms.sampler(stage.sampler, 0)
    if spec is not default and spec.seed:
        raise InvalidStudy(
            f"stage {shown(stage.name)} has a sampler with the seed {spec.seed}: give the seed "
            "to the study"
        )
    found: dict[str, Any] = {"name": stage.name, "free": stage.free}
    if isinstance(stage.free, Iterable) and not isinstance(stage.free, str):
        found["free"] = list(stage.free)
    if stage.trials is not None:
        found["trials"] = terms.whole(f"trials of stage {stage.name!r}", stage.trials, least=1)
    return {**found, "sampler": spec.name, "options": dict(spec.options)}
