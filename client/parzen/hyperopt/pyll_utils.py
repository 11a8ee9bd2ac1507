"""The parameters of a search space: what :mod:`parzen.hyperopt.hp` offers.

Each takes the label under which the parameter's value is found, and the parameters of its
distribution, which must be constants.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from parzen.hyperopt.pyll import scope
from parzen.hyperopt.pyll.base import Apply, Literal
from parzen.shared.plain import shown

MOST_LOG = 709.0
"""exp of more is no float."""

SLACK = 0.02
"""By how much probabilities may miss 1: people round them."""


def hp_uniform(label: str, low: float, high: float) -> Apply:
    """A real number, uniform on [low, high]."""
    _check_range("uniform", label, low, high)
    return _float(label, scope.uniform(low, high))


def hp_quniform(label: str, low: float, high: float, q: float) -> Apply:
    """round(u / q) * q, where u is uniform on [low, high]; a float."""
    _check_range("quniform", label, low, high, q)
    return _float(label, scope.quniform(low, high, q))


def hp_uniformint(label: str, low: float, high: float, q: float = 1) -> Apply:
    """round(u), where u is uniform on [low, high]: the ends are half as likely as the others."""
    if q != 1:
        _refuse("uniformint", label, f"q={shown(q)}", "leave q out, or use hp.quniform")
    _check_range("uniformint", label, low, high)
    return scope.int(_float(label, scope.quniform(low, high, 1.0)))


def hp_loguniform(label: str, low: float, high: float) -> Apply:
    """exp(u), where u is uniform on [low, high]: the bounds are logarithms."""
    _check_range("loguniform", label, low, high)
    _check_logs("loguniform", label, low, high)
    return _float(label, scope.loguniform(low, high))


def hp_qloguniform(label: str, low: float, high: float, q: float) -> Apply:
    """round(exp(u) / q) * q, where u is uniform on [low, high]: the bounds are logarithms."""
    _check_range("qloguniform", label, low, high, q)
    _check_logs("qloguniform", label, low, high)
    return _float(label, scope.qloguniform(low, high, q))


def hp_normal(label: str, mu: float, sigma: float) -> Apply:
    """A real number, normal with mean mu and standard deviation sigma."""
    _check_normal("normal", label, mu, sigma)
    return _float(label, scope.normal(mu, sigma))


def hp_qnormal(label: str, mu: float, sigma: float, q: float) -> Apply:
    """round(x / q) * q, where x is normal."""
    _check_normal("qnormal", label, mu, sigma, q)
    return _float(label, scope.qnormal(mu, sigma, q))


def hp_lognormal(label: str, mu: float, sigma: float) -> Apply:
    """exp(x), where x is normal."""
    _check_normal("lognormal", label, mu, sigma)
    _check_logs("lognormal", label, mu)
    return _float(label, scope.lognormal(mu, sigma))


def hp_qlognormal(label: str, mu: float, sigma: float, q: float) -> Apply:
    """round(exp(x) / q) * q, where x is normal."""
    _check_normal("qlognormal", label, mu, sigma, q)
    _check_logs("qlognormal", label, mu)
    return _float(label, scope.qlognormal(mu, sigma, q))


def hp_randint(label: str, low: int, high: int | None = None) -> Apply:
    """A whole number in [0, low), or in [low, high) where both are given."""
    low, high = _whole(label, low), None if high is None else _whole(label, high)
    least, most = (0, low) if high is None else (low, high)
    if _known(least) and _known(most) and not least < most:
        what = f"upper={shown(most)}" if high is None else f"low={shown(least)}, high={shown(most)}"
        _refuse("randint", label, what, "low must be below high, which is not drawn")
    drawn = scope.randint(low) if high is None else scope.randint(low, high)
    return scope.int(_param(label, drawn))


def hp_choice(label: str, options: Sequence[Any]) -> Apply:
    """One of the options; its value in a trial is the option's index."""
    listed = _listed("choice", label, options, "give a list of options")
    return scope.switch(_param(label, scope.randint(len(listed))), *listed)


def hp_pchoice(label: str, p_options: Sequence[tuple[float, Any]]) -> Apply:
    """One of the options, each with its own probability: [(probability, option), ...]."""
    pairs = _listed("pchoice", label, p_options, "give a list of pairs (probability, option)")
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:  # noqa: PLR2004 - a pair
            _refuse("pchoice", label, shown(pair), "give pairs (probability, option)")
    probabilities = tuple(pair[0] for pair in pairs)
    for p in probabilities:
        if not _number(p) or not 0 <= p <= 1 + SLACK:
            _refuse("pchoice", label, f"the probability {shown(p)}", "give numbers from 0 to 1")
    if abs(math.fsum(probabilities) - 1) > SLACK:
        sums = f"probabilities that sum to {math.fsum(probabilities):g}"
        _refuse("pchoice", label, sums, "they must sum to 1")
    total = math.fsum(probabilities)
    index = _param(label, scope.categorical([float(p) / total for p in probabilities]))
    return scope.switch(index, *(pair[1] for pair in pairs))


def _param(label: str, drawn: Apply) -> Apply:
    found = label.obj if isinstance(label, Literal) else label
    if isinstance(found, bytes):
        found = found.decode("utf-8")
    if not isinstance(found, str):
        raise TypeError(f"the label is {shown(label)}: expected a text, the parameter's name")
    return scope.hyperopt_param(str.__str__(found), drawn)  # an enum's own text, not its name


def _float(label: str, drawn: Apply) -> Apply:
    return scope.float(_param(label, drawn))


def _listed(kind: str, label: str, options: Any, advice: str) -> list[Any]:
    usable = isinstance(options, Iterable) and not isinstance(options, (str, bytes, dict))
    if isinstance(options, Apply):
        usable = options.o_len is not None
    listed = list(options) if usable else []
    if not listed:
        _refuse(kind, label, shown(options), f"{advice}, at least one")
    return listed


def _check_range(kind: str, label: str, low: Any, high: Any, q: Any = 1) -> None:
    _check_finite(kind, label, {"low": low, "high": high, "q": q})
    if _known(low) and _known(high) and not low < high:
        _refuse(
            kind, label, f"low={shown(low)}, high={shown(high)}", "low should be less than high"
        )
    if _known(low) and _known(high) and not math.isfinite(float(high) - float(low)):
        _refuse(kind, label, f"low={shown(low)}, high={shown(high)}", "a float holds no such range")
    _check_step(kind, label, q)


def _check_normal(kind: str, label: str, mu: Any, sigma: Any, q: Any = 1) -> None:
    _check_finite(kind, label, {"mu": mu, "sigma": sigma, "q": q})
    if _known(sigma) and not sigma > 0:
        _refuse(kind, label, f"sigma={shown(sigma)}", "sigma must be positive")
    _check_step(kind, label, q)


def _check_step(kind: str, label: str, q: Any) -> None:
    if _known(q) and not q > 0:
        _refuse(kind, label, f"q={shown(q)}", "q must be positive")


def _check_finite(kind: str, label: str, numbers_given: dict[str, Any]) -> None:
    for name, value in numbers_given.items():
        if _known(value) and (not _number(value) or not math.isfinite(value)):
            _refuse(kind, label, f"{name}={shown(value)}", f"{name} must be a finite number")


def _check_logs(kind: str, label: str, *logs: Any) -> None:
    for value in logs:
        if _known(value) and abs(value) > MOST_LOG:
            advice = "it is the logarithm of what comes out, so give math.log of what you mean"
            _refuse(kind, label, shown(value), advice)


def _known(value: object) -> bool:
    """Whether it is there to be looked at, and no expression."""
    return not isinstance(value, Apply)


def _number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _whole(label: str, bound: Any) -> Any:
    """The bound of a randint, 1e3 as 1000."""
    if not _known(bound):
        return bound
    if not _number(bound) or not math.isfinite(bound) or bound != int(bound):
        _refuse("randint", label, shown(bound), "give whole numbers")
    return int(bound)


def _refuse(kind: str, label: object, what: str, advice: str) -> NoReturn:
    raise ValueError(f"hp.{kind}({shown(label)}, …) is given {what}: {advice}")
