"""The numbers that a user writes into a search space: Float, Int, Normal and LogNormal.

Each checks itself when it is made, so that a malformed one never reaches a space. They are frozen
and hashable, and bear no name of their own unless ``name=`` gives one: the place where they stand
in the space names them.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from parzen.shared.errors import InvalidSpace
from parzen.shared.plain import INT64, name_fault, shown

LEAST_MASS = 1e-6
"""A normal whose bounds hold less probability than this is refused: a slip, not a search."""

LEAST_SPREAD = 1e-12
"""A range or a sigma narrower than this part of its numbers holds too few floats to search."""

LEAST_WIDTH = 1e-300
"""A range or a sigma narrower than this holds too few floats, even around 0."""

MOST_STEPS = 2.0**53
"""Beyond so many steps, a float cannot count them."""

MOST_LOG = 600.0
"""A log-normal whose ``mu`` lies farther from 0 leaves the floats, or comes close."""


class Parameter:
    """Anything that a search decides. Not used directly."""

    __slots__ = ()
    name: str | None

    def __repr__(self) -> str:
        """As it was written: what was left at its default is left out."""
        parts = []
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # each subclass is one
            value = getattr(self, field.name)
            if field.default is dataclasses.MISSING:
                parts.append(shown(value))
            elif value is not field.default:
                parts.append(f"{field.name}={shown(value)}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def _refuse(self, why: str) -> NoReturn:
        raise InvalidSpace(f"{self!r}: {why}")

    def _set(self, **normalised: Any) -> None:
        for field, value in normalised.items():
            object.__setattr__(self, field, value)

    def _check_name(self) -> None:
        if self.name is not None and (fault := name_fault(self.name)):
            self._refuse(f"name={shown(self.name)} {fault}")

    def _real(self, field: str) -> float:
        value = getattr(self, field)
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            self._refuse(f"{field} must be a number, not {shown(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self._refuse(f"{field} must be finite")
        self._set(**{field: number})
        return number

    def _optional_real(self, field: str) -> float | None:
        return None if getattr(self, field) is None else self._real(field)

    def _integer(self, field: str) -> int:
        value = getattr(self, field)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            self._refuse(f"{field} must be an integer, not {shown(value)}")
        number = int(value)
        if not INT64[0] <= number <= INT64[1]:
            self._refuse(f"{field} must lie in 64 bits")
        self._set(**{field: number})
        return number

    def _check_log_flag(self, log: object) -> None:
        if not isinstance(log, bool):
            self._refuse(f"log must be True or False, not {shown(log)}")

    def _check_order(self, low: float, high: float) -> None:
        if low > high:
            self._refuse("low must be below high; swap them")
        if low == high:
            self._refuse(f"low and high are the same point; write the constant {low!r} instead")
        if not math.isfinite(float(high) - float(low)):
            self._refuse("the range is wider than a float can hold")

    def _check_step(self, low: float, high: float | None, step: float) -> None:
        if step <= 0:
            self._refuse("step must be positive")
        if high is None:
            return
        if step > (high - low) * (1 + 1e-9):  # 4.1 - 4.0 is a little less than 0.1
            self._refuse("step is larger than the range; make it smaller, or use a Choice")
        if isinstance(step, float):
            self._check_fine(low, high, step)
        if not on_grid(high, low, step):
            nearest = low + math.floor((high - low) / step) * step
            rounded = nearest if isinstance(nearest, int) else float(f"{nearest:.12g}")
            self._refuse(
                f"the range is not a whole number of steps; the nearest high is {rounded!r}"
            )

    def _check_fine(self, low: float, high: float, step: float) -> None:
        if (high - low) / step > MOST_STEPS:
            self._refuse("step makes more than 2**53 values; make it larger, or leave it out")
        if step < math.ulp(max(abs(low), abs(high))):
            self._refuse("step is too small to tell values apart; make it larger")

    def _check_width(self, low: float, high: float) -> None:
        if high - low < max(LEAST_SPREAD * max(abs(low), abs(high)), LEAST_WIDTH):
            self._refuse("the range is too narrow to tell its values apart; widen it")


@dataclass(frozen=True, slots=True, repr=False)
class Float(Parameter):
    """A real number in [low, high], both inclusive.

    Args:
        low: smallest value.
        high: largest value.
        log: search by the logarithm (low must be positive).
        step: only values low, low + step, …, high; not together with ``log``.
        name: name in documents instead of the place in the space.

    Raises:
        InvalidSpace: the bounds or the step make no range.
    """

    low: float
    high: float
    _: dataclasses.KW_ONLY
    log: bool = False
    step: float | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        self._check_name()
        low, high, step = self._real("low"), self._real("high"), self._optional_real("step")
        self._check_log_flag(self.log)
        self._check_order(low, high)
        if self.log and low <= 0:
            self._refuse("log needs a positive low")
        if step is not None:
            if self.log:
                self._refuse("log and step exclude each other; leave one out, or use a Choice")
            self._check_step(low, high, step)
        else:
            self._check_width(low, high)


@dataclass(frozen=True, slots=True, repr=False)
class Int(Parameter):
    """An integer in [low, high], both inclusive, in 64 bits.

    Args:
        low: smallest value.
        high: largest value.
        log: search by the logarithm (low must be positive).
        step: only values low, low + step, …, high; with ``log`` only 1.
        name: name in documents instead of the place in the space.

    Raises:
        InvalidSpace: the bounds or the step make no range.
    """

    low: int
    high: int
    _: dataclasses.KW_ONLY
    log: bool = False
    step: int | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        self._check_name()
        low, high = self._integer("low"), self._integer("high")
        self._check_log_flag(self.log)
        self._check_order(low, high)
        if self.log and low <= 0:
            self._refuse("log needs a positive low")
        step = 1 if self.step is None else self._integer("step")
        if self.log and step != 1:
            self._refuse("log and step exclude each other; leave one out, or use a Choice")
        self._check_step(low, high, step)
        self._set(step=None if step == 1 else step)


def _below(mu: float, sigma: float, x: float) -> float:
    return 0.5 * math.erfc((mu - x) / (sigma * math.sqrt(2)))


def _mass(mu: float, sigma: float, low: float, high: float) -> float:
    if low > mu:  # reflect, so that the upper tail is not a difference of ones
        low, high = 2 * mu - high, 2 * mu - low
    return _below(mu, sigma, high) - _below(mu, sigma, low)


@dataclass(frozen=True, slots=True, repr=False)
class Normal(Parameter):
    """A real number, normal with mean ``mu`` and standard deviation ``sigma``.

    Args:
        mu: mean.
        sigma: standard deviation, positive.
        low: smallest value, or None for no bound.
        high: largest value, or None for no bound.
        step: only values that lie a whole number of steps from ``low`` (from 0 without ``low``).
        name: name in documents instead of the place in the space.

    Raises:
        InvalidSpace: sigma is not positive, or the bounds hold next to no probability.
    """

    mu: float
    sigma: float
    _: dataclasses.KW_ONLY
    low: float | None = None
    high: float | None = None
    step: float | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        self._check_name()
        self._real("mu")
        if self._real("sigma") <= 0:
            self._refuse("sigma must be positive")
        self._check_spread()
        low, high = self._optional_real("low"), self._optional_real("high")
        if low is not None and high is not None:
            self._check_order(low, high)
        if (step := self._optional_real("step")) is not None:
            self._check_normal_step(low, high, step)
        elif low is not None and high is not None:
            self._check_width(low, high)
        if (mass := self._mass_inside()) < LEAST_MASS:
            self._refuse(f"only {mass:.1g} of the probability lies within the bounds; widen them")

    def _check_normal_step(self, low: float | None, high: float | None, step: float) -> None:
        if high is None and step > 0:
            self._check_reach(step)
        if low is None and high is not None and step > 0:
            self._check_fine(min(0.0, high), max(0.0, high), step)
            if not on_grid(high, 0.0, step):
                self._refuse("high must be a whole number of steps from 0, or low be given")
            high = None
        self._check_step(low or 0.0, high, step)

    def _check_spread(self) -> None:
        if self.sigma < max(LEAST_SPREAD * abs(self.mu), LEAST_WIDTH):
            self._refuse("sigma is too small beside mu to tell values apart; make it larger")

    def _check_reach(self, step: float) -> None:
        self._check_fine(0.0, abs(self.mu) + 10 * self.sigma, step)

    def _mass_inside(self) -> float:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return _mass(self.mu, self.sigma, low, high)


@dataclass(frozen=True, slots=True, repr=False)
class LogNormal(Normal):
    """A positive real number whose natural logarithm is normal with ``mu`` and ``sigma``.

    ``low``, ``high`` and ``step`` are in the number's own units, not in those of its logarithm.
    With ``step`` and without ``low`` the grid starts at 0, and 0 can come out.

    Raises:
        InvalidSpace: sigma is not positive, or the bounds hold next to no probability.
    """

    def _check_spread(self) -> None:
        if abs(self.mu) > MOST_LOG:
            self._refuse("mu is that of the logarithm, and must lie in [-600, 600]")
        if self.sigma < LEAST_SPREAD * max(abs(self.mu), 1.0):
            self._refuse("sigma is too small to tell values apart; make it larger")

    def _check_reach(self, step: float) -> None:
        if self.mu + 10 * self.sigma - math.log(step) > math.log(sys.float_info.max):
            self._refuse("the steps run beyond what a float can count; give a high, or no step")

    def _mass_inside(self) -> float:
        if self.low is not None and self.low < 0:
            self._refuse("low must not be negative: a log-normal number is positive")
        if self.high is not None and self.high <= 0:
            self._refuse("high must be positive: a log-normal number is positive")
        low = math.log(self.low) if self.low else -math.inf
        high = math.inf if self.high is None else math.log(self.high)
        return _mass(self.mu, self.sigma, low, high)


def on_grid(value: float, low: float, step: float) -> bool:
    """Whether ``value`` lies a whole number of steps from ``low``, but for rounding."""
    if isinstance(value, int) and isinstance(low, int) and isinstance(step, int):
        return (value - low) % step == 0
    steps = (value - low) / step
    return abs(steps - round(steps)) <= max(1e-9, 1e-12 * abs(steps))
