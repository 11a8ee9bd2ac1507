"""A study's terms as its owner writes them, checked: every refusal is one sentence."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

from parzen.client import reference
from parzen.shared.errors import InvalidInput, InvalidStudy
from parzen.shared.lifecycle import Retries, TrialState
from parzen.shared.placement import GB
from parzen.shared.plain import shown
from parzen.shared.records import CALLABLE, Direction, Image, Limits, Pull, Requires, SamplerSpec
from parzen.shared.signatures import check_sampler, full_name

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
LEAST, MOST = -(2**63), 2**63 - 1
"""The integers that a document holds."""
LONGEST_S = 100 * 365 * 86_400.0
"""The longest time that every clock can wait for: a hundred years."""
WORD_CHARS = 255
"""How long a tag or a label may be."""
Terms = TypeVar("Terms", Retries, Requires, Image)
LEAST_MEMORY_GB = (6 << 20) / GB
"""What Docker's engine gives a container at least."""
LEAST_SHM_GB = 4096 / GB
"""A page, in which the kernel counts."""
LEAST_CPUS = 0.01
BILLIONS = MOST / GB
"""How many billions an engine's integers hold: of bytes, or of billionths of a CPU."""


def name(value: Any) -> str:
    """A study's name: letters, digits, dots, dashes, underscores, 100 at most."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    raise InvalidStudy(
        f"{shown(value)} cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
        "underscores, not starting with a dot or a dash"
    )


def direction(value: Any) -> Direction:
    """Minimize or maximize."""
    try:
        return Direction(value)
    except ValueError:
        raise InvalidStudy(
            f"direction={shown(value)} is unknown: write 'minimize' or 'maximize'"
        ) from None


def whole(key: str, value: Any, *, least: int = LEAST, none: bool = False) -> Any:
    """An integer from ``least`` to what a document holds; None too where ``none``."""
    if value is None and none:
        return None
    integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not integer or not least <= int(value) <= MOST:
        bound = f" of at least {least}" if least >= 0 else " of 64 bits"
        or_none = ", or None" if none else ""
        raise InvalidStudy(f"{key}={shown(value)} is not usable: give an integer{bound}{or_none}")
    return int(value)


def seconds(key: str, value: Any) -> float | None:
    """A positive number of seconds, or None."""
    if value is None:
        return None
    if not _real(value) or not 0 < value <= LONGEST_S:
        raise InvalidStudy(
            f"{key}={shown(value)} is not usable: give a positive number up to {LONGEST_S:,.0f}, "
            "or None"
        )
    return float(value)


def real(key: str, value: Any) -> float | None:
    """A finite number, or None."""
    if value is None:
        return None
    if not _real(value):
        raise InvalidStudy(f"{key}={shown(value)} is not usable: give a finite number, or None")
    return float(value)


def words(key: str, value: Any) -> tuple[str, ...]:
    """A list of texts, none of them empty."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidStudy(f"{key}={shown(value)} is not usable: give a list of texts")
    found = tuple(value)
    for word in found:
        if not isinstance(word, str) or not word.strip():
            raise InvalidStudy(f"{key} holds {shown(word)}: give texts that are not empty")
        if len(word) > WORD_CHARS or not word.isprintable() or "," in word:
            raise InvalidStudy(
                f"{key} holds {shown(word)}: give printable texts of at most {WORD_CHARS} "
                "characters, without commas"
            )
    return found


def limits(
    *,
    way: Direction,
    max_trials: Any,
    timeout_s: Any,
    target: Any,
    patience: Any,
    max_consecutive_failures: Any,
) -> Limits:
    """When the study ends; ``target`` is in the direction's own units."""
    goal = real("target", target)
    return Limits(
        max_trials=whole("max_trials", max_trials, least=1, none=True),
        timeout_s=seconds("timeout_s", timeout_s),
        target_loss=None if goal is None else way.loss(goal),
        patience=whole("patience", patience, least=1, none=True),
        max_consecutive_failures=whole(
            "max_consecutive_failures", max_consecutive_failures, least=1, none=True
        ),
    )


def given(terms: Limits, way: Direction) -> dict[str, Any]:
    """The limits under the names and in the units in which a study's owner gives them."""
    found = {field.name: getattr(terms, field.name) for field in dataclasses.fields(Limits)}
    loss = found.pop("target_loss")
    return {**found, "target": None if loss is None else way.loss(loss)}


def endless(terms: Limits) -> bool:
    """Whether nothing but its owner ends a study with these limits."""
    ends = (terms.max_trials, terms.timeout_s, terms.target_loss, terms.patience)
    return all(limit is None for limit in ends)


def retries(value: Any) -> Retries:
    """Budgets by kind of failure, from a mapping; None is without limit."""
    found = _record("retries", Retries, value)
    for field in dataclasses.fields(found):
        whole(f"retries[{field.name!r}]", getattr(found, field.name), least=0, none=True)
    return found


def requires(value: Any) -> Requires:
    """What a worker must have, from a mapping."""
    found = _record("requires", Requires, value)
    gpus = whole("requires['gpus']", found.gpus, least=0)
    memory = amount("requires['gpu_memory_gb']", found.gpu_memory_gb)
    if memory is not None and not gpus:
        raise InvalidStudy(
            f"requires['gpu_memory_gb']={shown(memory)} without a GPU: give requires['gpus'], too"
        )
    return Requires(
        gpus=gpus,
        gpu_memory_gb=memory,
        labels=words("requires['labels']", found.labels),
        time_s=seconds("requires['time_s']", found.time_s),
    )


def image(value: Any) -> Image | None:
    """The image that trials run in: its name, a mapping, or None for none."""
    if value is None:
        return None
    if isinstance(value, Mapping) and "name" not in value:
        raise InvalidStudy(
            "image has no name: give the image as 'registry/name:tag', or as {'name': …} with "
            "limits"
        )
    found = _record("image", Image, {"name": value} if isinstance(value, str) else value)
    memory = _share("image['memory_gb']", found.memory_gb, LEAST_MEMORY_GB)
    shm = _share("image['shm_gb']", found.shm_gb, LEAST_SHM_GB)
    if memory is not None and shm is not None and shm > memory:
        raise InvalidStudy(
            f"image['shm_gb']={shown(shm)} counts as memory, and image['memory_gb']="
            f"{shown(memory)} is less: give shm_gb no more than memory_gb"
        )
    return Image(
        name=_image_name(found.name),
        memory_gb=memory,
        cpus=_share("image['cpus']", found.cpus, LEAST_CPUS),
        network=_network(found.network),
        shm_gb=shm,
        pull=_pull(found.pull),
    )


def amount(key: str, value: Any) -> float | None:
    """A positive, finite number, or None."""
    if real(key, value) is not None and not value > 0:
        raise InvalidStudy(f"{key}={shown(value)} is not usable: give a positive number, or None")
    return real(key, value)


def _share(key: str, value: Any, least: float) -> float | None:
    """What a container may have of something, within what an engine can give."""
    found = amount(key, value)
    if found is not None and not least <= found < BILLIONS:
        raise InvalidStudy(
            f"{key}={shown(value)} is not usable: give a number from {least:.2g} to "
            f"{BILLIONS:.2g}, or None"
        )
    return found


def _image_name(value: Any) -> str:
    why = reference.fault(value) if isinstance(value, str) else reference.FORM
    if why is None:
        return str(value)
    raise InvalidStudy(f"image={shown(value)} names no image: {why}")


def _network(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and NAME.fullmatch(value) and value != "none":
        return value
    raise InvalidStudy(
        f"image['network']={shown(value)} is not usable: give the name of one of the engine's "
        "networks, such as 'bridge', or None for no network"
    )


def _pull(value: Any) -> Pull:
    try:
        return Pull(value)
    except ValueError:
        raise InvalidStudy(
            f"image['pull']={shown(value)} is unknown: write 'missing', 'always' or 'never'"
        ) from None


def sampler(value: Any, seed: Any) -> SamplerSpec:
    """Which sampler: its name, or a SamplerSpec with options; the seed of either, which agree.

    A function of the user's own is called by its name, and proposes where it is.
    """
    if isinstance(value, SamplerSpec):
        return _seeded(_spec(value), whole("seed", seed))
    if callable(value):
        check_sampler(value)
        named = {"function": full_name(value)}
        return SamplerSpec(name=CALLABLE, options=named, seed=whole("seed", seed))
    if not isinstance(value, str) or not value:
        raise InvalidStudy(
            f"sampler={shown(value)} is not usable: give a sampler's name, such as 'auto', or a "
            "function choose(seen, rng)"
        )
    return SamplerSpec(name=value, seed=whole("seed", seed))


def _seeded(spec: SamplerSpec, seed: int) -> SamplerSpec:
    """The spec with the seed that was given in one of two places; 0 is what nobody gave."""
    if seed and spec.seed and seed != spec.seed:
        raise InvalidStudy(
            f"seed={seed} and the sampler's seed={spec.seed} differ: give one of them"
        )
    return dataclasses.replace(spec, seed=spec.seed or seed)


def _spec(value: SamplerSpec) -> SamplerSpec:
    if not isinstance(value.options, Mapping):
        raise InvalidStudy(
            f"the sampler's options={shown(value.options)} are not usable: give a dict "
            "{name: value}"
        )
    sampler(value.name, value.seed)
    return value


def _record(key: str, kind: type[Terms], value: Any) -> Terms:
    value = {} if value is None else value
    if isinstance(value, kind):
        return value
    fields = [f.name for f in dataclasses.fields(kind)]
    if not isinstance(value, Mapping):
        raise InvalidStudy(
            f"{key}={shown(value)} is not usable: give a dict with {', '.join(fields)}"
        )
    unknown = [k for k in value if k not in fields]
    if unknown:
        raise InvalidStudy(f"{key} has no {shown(unknown[0])}: it knows {', '.join(fields)}")
    return kind(**value)


def _real(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def state(given: TrialState | str) -> TrialState:
    """The state of trials that is meant.

    Raises:
        InvalidInput: there is none of that name.
    """
    try:
        return TrialState(given)
    except ValueError as error:
        raise InvalidInput(
            f"there is no state {given!r:.80}: expected {', '.join(s.value for s in TrialState)}"
        ) from error
