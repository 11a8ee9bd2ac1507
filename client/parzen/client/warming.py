"""What a new study takes over from earlier ones: their trials, as options of the sampler ``warm``.

They are read once, and stand in the study's own document from then on: whoever proposes needs
nothing of the studies that they came from, and gets the same whatever becomes of those.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parzen.client import staging
from parzen.client.wording import counted, scalar
from parzen.shared.dimensions import Dimension, Params, Plain
from parzen.shared.errors import InvalidStudy
from parzen.shared.given import native
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import cut, shown
from parzen.shared.records import WARM, SamplerSpec, Trial
from parzen.shared.space import fits, wanted
from parzen.shared.store import Catalog

if TYPE_CHECKING:
    from parzen.client.handle import StudyHandle

TRIALS = 200
"""At most so many trials of each study: the best half of so many, and others of all ranks."""
BYTES = 2 << 20
"""About so many bytes of the study's document at most, for all of them; it holds 16 MB. Where
parameters are thousands, trials are fewer."""
VALUE_BYTES = 16
"""About so many bytes are a number in an array of a document, its index and its kind included."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken over of one study.

    Attributes:
        source: what ``warm`` reads, see :mod:`parzen.coordinator.samplers.sources`.
        remark: what it is, for people.
    """

    source: Mapping[str, Any]
    remark: str


def checked(given: Any, spec: SamplerSpec) -> tuple[str | StudyHandle, ...]:
    """The earlier studies that are ``given``, of which the sampler ``spec`` is to learn.

    Raises:
        InvalidStudy: they are no list of names and handles, or a function proposes.
    """
    listed = isinstance(given, Sequence) and not isinstance(given, str)
    if not listed or not all(isinstance(one, str) or hasattr(one, "trials") for one in given):
        raise InvalidStudy(
            f"warm_start={shown(given)} is not usable: give a list of studies, each by its name or "
            "its handle"
        )
    if given:
        refuse_function(spec)
    return tuple(given)


def refuse_function(spec: SamplerSpec) -> None:
    """See that a sampler proposes that learns from trials as they are given to it.

    Raises:
        InvalidStudy: it is a function of its owner's own.
    """
    if spec.function is not None:
        raise InvalidStudy(
            f"the sampler {spec.function!r} is a function, which warm_start does not reach: let "
            "it read earlier trials itself, or name a sampler"
        )


def read(given: Sequence[str | StudyHandle], catalog: Catalog) -> dict[str, Iterable[Trial]]:
    """The complete trials of the studies, by name, those that are only named from ``catalog``.

    Raises:
        NotFound: there is no study of a name.
    """
    found: dict[str, Iterable[Trial]] = {}
    for one in given:
        if isinstance(one, str):
            study = catalog.study(one)
            found[one] = catalog.trials(study, states=[TrialState.COMPLETE])
        else:
            found[one.name] = one.trials(states=[TrialState.COMPLETE], slim=True)
    return found


def by_study(given: Any) -> dict[str, list[Trial]]:
    """Trials that somebody gives, each under the name of its study; those of none are "earlier".

    Raises:
        InvalidStudy: something else is given.
    """
    listed = isinstance(given, Sequence) and all(isinstance(one, Trial) for one in given)
    if not listed:
        raise InvalidStudy(
            f"warm_start={shown(given)} is not usable: give an Optimizer, or trials such as those "
            "of handle.trials()"
        )
    found: dict[str, list[Trial]] = {}
    for trial in given:
        found.setdefault(trial.study or "earlier", []).append(trial)
    return found


def composed(
    spec: SamplerSpec, dimensions: Sequence[Dimension], earlier: Mapping[str, Iterable[Trial]]
) -> tuple[SamplerSpec, list[str]]:
    """The sampler of a study that begins with ``earlier`` trials, and a remark on each source.

    Args:
        spec: who proposes.
        dimensions: the study's.
        earlier: the trials of other studies, by their names.

    Raises:
        InvalidStudy: one of them has nothing to take over.
    """
    if not earlier:
        return spec, []
    share = BYTES // len(earlier)
    taken = [_taken(name, trials, dimensions, share) for name, trials in earlier.items()]
    options = {
        "sampler": spec.name,
        "options": dict(spec.options),
        "sources": [one.source for one in taken],
    }
    return SamplerSpec(name=WARM, options=options, seed=spec.seed), [one.remark for one in taken]


def unwrapped(spec: SamplerSpec) -> tuple[SamplerSpec, Mapping[str, int]]:
    """Who proposes beneath ``warm``, and how many trials came from which study.

    Without it, itself and none. What cannot be read, since somebody edited it, is left out.
    """
    if spec.name != WARM:
        return spec, {}
    name, options = spec.options.get("sampler", "auto"), spec.options.get("options")
    inner = SamplerSpec(
        name=str(name), options=options if isinstance(options, Mapping) else {}, seed=spec.seed
    )
    sources = spec.options.get("sources")
    found = {}
    for one in sources if isinstance(sources, Sequence) else ():
        losses = one.get("losses") if isinstance(one, Mapping) else None
        if isinstance(losses, Sequence):
            found[str(one.get("study"))] = len(losses)
    return inner, found


def told(spec: SamplerSpec) -> str:
    """The sampler, its options, its seed and what it began with, in one line for people."""
    inner, sources = unwrapped(spec)
    return ", ".join([staging.told(inner), *([_started(sources)] if sources else [])])


def standing(name: str, spec: SamplerSpec) -> str:
    """What a study with the sampler ``spec`` began with, to somebody who would start it again."""
    _, sources = unwrapped(spec)
    began = f"stays {_started(sources)}" if sources else "stays without a warm start"
    return f"study {name!r} {began}, as it was first submitted: warm_start is for a new study"


def _started(sources: Mapping[str, int]) -> str:
    said = [f"{name!r} ({counted(trials, 'trial')})" for name, trials in sources.items()]
    return f"warm started from {' and '.join(said)}"


def _taken(
    name: str, trials: Iterable[Trial], dimensions: Sequence[Dimension], share: int
) -> Taken:
    """What there is to take over of the trials of the study ``name``, in ``share`` bytes."""
    complete = [(trial.loss, trial.params) for trial in trials if _is_complete(trial)]
    if not complete:
        raise InvalidStudy(
            f"study {name!r} has no complete trial to start from: leave it out of warm_start"
        )
    common = [d for d in dimensions if any(d.name in params for _, params in complete)]
    if not common:
        its = cut(", ".join(complete[0][1]) or "none")
        raise InvalidStudy(
            f"study {name!r} has no parameter in common with this one: parameters are told by "
            f"their names, and it has {its}"
        )
    inside = [(loss, row) for loss, params in complete if (row := _row(common, params))]
    if not inside:
        raise InvalidStudy(
            f"no complete trial of study {name!r} lies in this space: "
            f"{_outside(common, [params for _, params in complete])}; widen it, or leave the study "
            "out of warm_start"
        )
    chosen = _chosen([loss for loss, _ in inside], share // max(_size(row) for _, row in inside))
    kept = [inside[place] for place in chosen]
    params = {d.name: [row.get(d.name) for _, row in kept] for d in common}
    left = len(complete) - len(inside)
    return Taken(
        {"study": name, "losses": [loss for loss, _ in kept], "params": params},
        f"took over {len(kept):,} of {counted(len(complete), 'complete trial')} of {name!r}: "
        f"{len(common):,} of {counted(len(dimensions), 'parameter')} in common"
        + (f"; {left:,} do not lie in this space" if left else ""),
    )


def _is_complete(trial: Trial) -> bool:
    loss = trial.loss
    return trial.state is TrialState.COMPLETE and loss is not None and math.isfinite(loss)


def _row(common: Sequence[Dimension], params: Params) -> dict[str, Plain]:
    """What this space has of ``params``; nothing where a value lies outside."""
    its = [d for d in common if d.name in params]
    if not all(fits(d, params[d.name]) for d in its):
        return {}
    return {d.name: native(d, params[d.name]) for d in its}


def _outside(common: Sequence[Dimension], tried: Sequence[Params]) -> str:
    """A value that does not lie in the space."""
    d, value = next(
        (d, params[d.name])
        for params in tried
        for d in common
        if d.name in params and not fits(d, params[d.name])
    )
    return f"one has {d.name}={scalar(value)}, where {wanted(d)} is wanted"


def _chosen(losses: Sequence[float | None], room: int) -> list[int]:
    """The places of the trials that are taken over, where there is room for some.

    Half of them are the best, and as many from all ranks of the others: bad ones tell as much.
    """
    import numpy as np  # noqa: PLC0415 - most commands need no numpy

    from parzen.coordinator.samplers.strata import best_and_others  # noqa: PLC0415 - as above

    order = np.argsort(np.array(losses, dtype=np.float64), kind="stable")
    chosen: list[int] = best_and_others(order, max(1, min(TRIALS, room))).tolist()
    return chosen


def _size(row: Params) -> int:
    """About how many bytes of a document the values take."""
    texts = sum(len(repr(value)) for value in row.values() if not isinstance(value, (int, float)))
    return VALUE_BYTES * (len(row) + 1) + texts
