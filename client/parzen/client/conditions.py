"""Conditions on trials as people write them: parsed, never evaluated.

A condition is ``NAME OP VALUE``, such as ``state=failed``, ``lr<0.01``, ``finished<2h`` (less than
two hours ago) or ``error~memory`` (the text holds it). A value is read as what the field holds:
``none`` stands for the lack of one, and quotes keep a text from being read as anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from parzen.client import fields, operands
from parzen.shared.criteria import Comparison, Criterion, Operand
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.plain import shown
from parzen.shared.records import Study

SIGN = re.compile("(?=(!=|<=|>=|==|[=<>~]))")
"""The signs of comparison at every place where one begins, within another, too."""

NOTHING = ("none", "null")
"""What stands for the lack of a value."""

EQUALITY = frozenset((Comparison.EQUAL, Comparison.OTHER))
ORDER = frozenset((Comparison.BELOW, Comparison.AT_MOST, Comparison.ABOVE, Comparison.AT_LEAST))
TEXTUAL = EQUALITY | {Comparison.HOLDS}

SINCE = {
    Comparison.BELOW: Comparison.ABOVE,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.ABOVE: Comparison.BELOW,
    Comparison.AT_LEAST: Comparison.AT_MOST,
}
"""How a time is compared whose age is compared so: what is younger was later."""

Reader = Callable[[str], Operand]


@dataclass(frozen=True, slots=True)
class Nature:
    """What a field holds, in words; how that is read, and how it is compared."""

    what: str
    read: Reader
    comparisons: frozenset[Comparison]


TEXT = Nature("a text", operands.literal, TEXTUAL)
NUMBER = Nature("a number", operands.number, EQUALITY | ORDER)
TIME = Nature("a time", operands.moment, ORDER)

NATURES: dict[str, Nature] = {
    "state": Nature("a state", partial(operands.member, TrialState), EQUALITY),
    "kind": Nature("a kind of failure", partial(operands.member, FailureKind), EQUALITY),
    "duration": Nature("a length of time", operands.duration, EQUALITY | ORDER),
    **dict.fromkeys(("number", "loss", "value", "attempt"), NUMBER),
    **dict.fromkeys(("started", "finished"), TIME),
    **dict.fromkeys(("worker", "host", "error", "enqueued_by", "note"), TEXT),
}


def criteria(
    texts: Sequence[str] | str, study: Study, now: Callable[[], datetime]
) -> list[Criterion]:
    """The criteria that conditions on the trials of ``study`` stand for.

    ``now`` gives the time that ages are counted from; it is asked only where there is an age.

    Raises:
        InvalidInput: one cannot be read; the sentence says what was expected.
    """
    return [_criterion(text, study, now) for text in ([texts] if isinstance(texts, str) else texts)]


def _criterion(text: object, study: Study, now: Callable[[], datetime]) -> Criterion:
    if not isinstance(text, str):
        raise InvalidInput(f"the condition is {shown(text)}: expected a text such as state=failed")
    field, comparison, given = _parted(text, study)
    if given in NOTHING and comparison in EQUALITY:
        return Criterion(field, comparison, None)
    try:
        age = operands.span(given) if field in ("started", "finished") else None
        if age is not None:
            return _younger(field, comparison, age, now)
        return Criterion(field, comparison, _operand(field, comparison, given, study))
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"the condition {shown(text)} cannot be read: {error}") from error


def _parted(text: str, study: Study) -> tuple[str, Comparison, str]:
    """Field, comparison and value; a name may hold the signs, so all of them are tried."""
    parts = list(_splits(text))
    if not parts or not parts[0][0]:
        raise InvalidInput(
            f"the condition {shown(text)} cannot be read: expected NAME, one of "
            f"{' '.join(c.value for c in Comparison)}, and a value, such as state=failed"
        )
    named = [part for part in parts if fields.known(part[0], study)]
    name, sign, value = (named or parts)[0]
    return fields.field(name, study), sign, value


def _splits(text: str) -> Iterator[tuple[str, Comparison, str]]:
    for sign in SIGN.finditer(text):
        name, value = text[: sign.start(1)].strip(), text[sign.end(1) :].strip()
        yield name, Comparison(sign[1].replace("==", "=")), value


def _operand(field: str, comparison: Comparison, given: str, study: Study) -> Operand:
    nature = _nature(field, comparison, given, study)
    if comparison not in nature.comparisons:
        signs = [sign.value for sign in Comparison if sign in nature.comparisons]
        raise ValueError(f"{field} holds {nature.what}, compare it with {' '.join(signs)}")
    return nature.read(given)


def _nature(field: str, comparison: Comparison, given: str, study: Study) -> Nature:
    if field in NATURES:
        return NATURES[field]
    dimension = fields.dimension(field, study)
    if dimension is None:
        return _found(comparison, given)
    if dimension.kind is Kind.CHOICE:
        return _choice(dimension, comparison)
    return NUMBER


def _choice(dimension: Dimension, comparison: Comparison) -> Nature:
    """Options are compared with each other; those that are numbers or texts as such, too."""
    kinds = {type(choice) for choice in dimension.choices}
    if comparison in ORDER and kinds <= {int, float}:
        return NUMBER
    if comparison is Comparison.HOLDS and kinds <= {str}:
        return TEXT
    return Nature("one of some options", partial(operands.option, dimension), EQUALITY)


def _found(comparison: Comparison, given: str) -> Nature:
    """What users keep with trials may be anything: the value tells what is meant."""
    if comparison is Comparison.HOLDS:
        return TEXT
    value = operands.scalar_of(given)
    if isinstance(value, bool):
        return Nature("a truth value, then", operands.scalar_of, EQUALITY)
    if isinstance(value, str):
        return Nature("a text, then", operands.scalar_of, TEXTUAL)
    return NUMBER


def _younger(
    field: str, comparison: Comparison, age_s: float, now: Callable[[], datetime]
) -> Criterion:
    if comparison not in ORDER:
        raise ValueError(
            f"the age of {field} is never exact, compare it with "
            f"{' '.join(sign.value for sign in Comparison if sign in ORDER)}"
        )
    return Criterion(field, SINCE[comparison], now() - timedelta(seconds=age_s))
