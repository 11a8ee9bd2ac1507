"""Values that have the right type and that parzen never writes: somebody set them by hand.

A study with a limit of -1 would end, and one with a range from 5 to 1 would fail; both are left
alone until somebody mends them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from parzen.shared.dimensions import Dimension, Kind, Plain
from parzen.shared.plain import shown
from parzen.shared.reading import Fault
from parzen.shared.records import Image, Limits, Study, Trial

POSITIVE = math.ulp(0.0)
"""The least number above 0."""

HALF = 0.5 + 1e-6
"""What is rounded to a grid lies so many steps from it at most, but for its own rounding."""

BOTH = 2
"""How many bounds a range has."""

Bound = tuple[str, float | None, float]
"""Where a number stands, the number or None, and the least that it may be."""


def sound_study(study: Study) -> Study:
    """``study``, where its values can be worked with.

    Raises:
        Fault: one cannot; it names the field.
    """
    if not study.uid:
        raise Fault("uid", "expected a study's identity, not ''")
    _check(_study_bounds(study))
    if study.image is not None:
        _check_image(study.image)
    if study.wish_done > study.wish.serial:
        raise Fault(
            "wish_done",
            f"expected at most wish.serial = {study.wish.serial}, not {study.wish_done}",
        )
    _check_dimensions(study.dimensions)
    return study


def sound_trial(trial: Trial) -> Trial:
    """``trial``, where its values can be worked with; raises as :func:`sound_study`."""
    _check(
        [
            ("number", trial.number, 0),
            ("attempt", trial.attempt, 0),
            *((f"failures.{kind.value}", n, 0) for kind, n in trial.failures.items()),
        ]
    )
    if trial.order is not None and not math.isfinite(trial.order):
        raise Fault("order", f"expected a finite number, not {trial.order!r}")
    return trial


def _study_bounds(study: Study) -> Iterator[Bound]:
    yield from _limits("limits", study.limits)
    if study.wish.limits is not None:
        yield from _limits("wish.limits", study.wish.limits)
    for field in fields(study.retries):
        yield f"retries.{field.name}", getattr(study.retries, field.name), 0
    yield "trial_timeout_s", study.trial_timeout_s, POSITIVE
    yield "requires.gpus", study.requires.gpus, 0
    yield "requires.gpu_memory_gb", study.requires.gpu_memory_gb, POSITIVE
    yield "requires.time_s", study.requires.time_s, POSITIVE
    if study.image is not None:
        yield "image.memory_gb", study.image.memory_gb, POSITIVE
        yield "image.cpus", study.image.cpus, POSITIVE
        yield "image.shm_gb", study.image.shm_gb, POSITIVE
    yield "max_running", study.max_running, 1
    yield "wish.serial", study.wish.serial, 0
    if study.lease is not None:
        yield "lease.term", study.lease.term, 0


def _limits(where: str, limits: Limits) -> Iterator[Bound]:
    yield f"{where}.max_trials", limits.max_trials, 1
    yield f"{where}.timeout_s", limits.timeout_s, POSITIVE
    yield f"{where}.target_loss", limits.target_loss, -math.inf
    yield f"{where}.patience", limits.patience, 1
    yield f"{where}.max_consecutive_failures", limits.max_consecutive_failures, 1


def _check(bounds: Iterable[Bound]) -> None:
    for where, value, least in bounds:
        if value == math.inf and where.startswith(("image.", "requires.")):
            raise Fault(where, f"expected a finite number, not {value!r}")
        if value is not None and not value >= least:  # NaN is not
            expected = {POSITIVE: "a positive number", -math.inf: "a number"}
            raise Fault(
                where, f"expected {expected.get(least, f'at least {least}')}, not {value!r}"
            )


def _check_image(image: Image) -> None:
    if not image.name:
        raise Fault("image.name", "expected the name of an image, not ''")
    if ":" in (image.network or ""):  # the engine would join another container's
        raise Fault("image.network", f"expected a network's name, not {shown(image.network)}")


def _check_dimensions(dimensions: Iterable[Dimension]) -> None:
    options: dict[str, frozenset[Plain]] = {}
    for i, dimension in enumerate(dimensions):
        why = _dimension_fault(dimension, options)
        if why is not None:
            raise Fault(f"dimensions[{i}]", why)
        options[dimension.name] = frozenset(dimension.choices)
    if not options:
        raise Fault("dimensions", "expected at least one parameter")


def _dimension_fault(d: Dimension, above: dict[str, frozenset[Plain]]) -> str | None:
    if not d.name or d.name in above:
        return f"expected a name of its own, not {shown(d.name)}"
    for c in d.active_when:
        if c.value not in above.get(c.name, ()):
            return f"no parameter above it is {shown(c.name)} with the option {shown(c.value)}"
    if d.kind is Kind.CHOICE:
        return _choice_fault(d)
    if d.kind is Kind.NORMAL and not (_finite(d.mu, d.sigma) and d.sigma > 0):  # type: ignore[operator]  # finite numbers are no None
        return f"expected a mean and a positive sigma, not mu={d.mu!r}, sigma={d.sigma!r}"
    return _range_fault(d)


def _choice_fault(d: Dimension) -> str | None:
    if not d.choices:
        return "expected at least one option"
    if d.weights is None:
        return None
    if len(d.weights) != len(d.choices) or not all(0 <= weight < math.inf for weight in d.weights):
        return "expected one weight for each option, none negative"
    return None if max(d.weights) > 0 else "expected a positive weight for one option at least"


def _range_fault(d: Dimension) -> str | None:
    bounds = [b for b in (d.low, d.high) if b is not None]
    if not _finite(*bounds) or (d.kind is not Kind.NORMAL and len(bounds) != BOTH):
        return f"expected finite bounds, not low={d.low!r}, high={d.high!r}"
    if bounds != sorted(bounds):
        return f"expected low below high, not low={d.low!r}, high={d.high!r}"
    if d.step is not None and not d.step > 0:
        return f"expected a positive step, not {d.step!r}"
    if d.rounds is not None:
        return _rounding_fault(d, *d.rounds)
    if d.log and d.kind is not Kind.NORMAL and not bounds[0] > 0:
        return f"log needs a positive low, not {d.low!r}"
    return None


def _rounding_fault(d: Dimension, start: float, end: float) -> str | None:
    step = 1 if d.kind is Kind.INT and d.step is None else d.step
    if step is None or d.kind is Kind.NORMAL or d.low is None or d.high is None:
        return "rounds needs an int, or a float with a step"
    if not _finite(start, end) or not (start < end or d.low == d.high):
        return f"expected two ends in rounds, the lower first, not {list(d.rounds or ())}"
    reach = HALF * step
    if abs(start - d.low) > reach or abs(end - d.high) > reach:
        return (
            f"expected rounds within half a step of low={d.low!r} and high={d.high!r}, not "
            f"{list(d.rounds or ())}"
        )
    if d.log and not start > 0:
        return f"log needs positive rounds, not {list(d.rounds or ())}"
    return None


def _finite(*numbers: Any) -> bool:
    return all(n is not None and math.isfinite(n) for n in numbers)
