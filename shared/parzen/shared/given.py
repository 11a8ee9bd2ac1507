"""Parameters as somebody gives them: checked, completed, and brought to a document's own types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parzen.shared.dimensions import Dimension, Kind, Plain, active
from parzen.shared.plain import to_plain
from parzen.shared.space import check_names, check_params, fits


def whole(dimensions: Sequence[Dimension], given: Mapping[str, Any]) -> dict[str, Plain]:
    """``given``, which is to have every parameter that takes part, in a document's types.

    Raises:
        InvalidParams: it is no point of the space.
    """
    check_params(dimensions, given)
    return {d.name: native(d, given[d.name]) for d in active(dimensions, given)}


def completed(
    dimensions: Sequence[Dimension],
    given: Mapping[str, Any],
    draw: Callable[[Dimension], Plain],
) -> dict[str, Plain]:
    """``given`` with every parameter that takes part; ``draw`` makes those that it leaves out.

    Raises:
        InvalidParams: a name is unknown, a value does not fit, or a parameter takes no part.
    """
    check_names(dimensions, given)
    params: dict[str, Plain] = {}
    for dimension in dimensions:
        if not dimension.is_active(params):
            continue
        if dimension.name not in given:
            params[dimension.name] = draw(dimension)
        elif fits(dimension, given[dimension.name]):
            params[dimension.name] = native(dimension, given[dimension.name])
        else:
            break
    check_params(dimensions, {**given, **params})  # names what does not fit, or takes no part
    return params


def native(dimension: Dimension, value: Any) -> Plain:
    """A value that fits, in the type in which samplers propose it; others as they are."""
    if not fits(dimension, value):
        return value  # type: ignore[no-any-return]  # a check refuses it
    if dimension.kind is Kind.CHOICE:
        option = dimension.option(to_plain(value))
        return dimension.choices[option] if option is not None else to_plain(value)
    return int(value) if dimension.kind is Kind.INT else float(value)
