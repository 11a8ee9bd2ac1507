"""Points that somebody wants tried: completed, checked, and brought to a document's own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parzen.client.identity import owner
from parzen.client.importing.values import parameter
from parzen.shared.dimensions import Dimension, Kind, Params, Plain
from parzen.shared.errors import InvalidParams
from parzen.shared.plain import shown, to_plain
from parzen.shared.records import Study
from parzen.shared.space import check_names, check_params, fits, wanted
from parzen.shared.steering import Draft


def drafted(
    study: Study, given: Sequence[Mapping[str, Any]], user: Mapping[str, Any] | None, first: int
) -> list[Draft]:
    """``given`` as trials that wait, each complete; ``first`` is about the number of the first."""
    if user is not None and not isinstance(user, Mapping):
        raise InvalidParams(f"user={shown(user)} is not usable: give a dict, or None")
    who = owner()
    return [
        Draft(params=completed(study, point, n), enqueued_by=who, user=dict(user or {}))
        for n, point in enumerate(given, start=first)
    ]


def completed(study: Study, point: Mapping[str, Any], number: int) -> dict[str, Plain]:
    """``point`` with every parameter that takes part; what it leaves out is drawn at random.

    The draw follows the space's own distributions and depends on the study's seed and ``number``.

    Raises:
        InvalidParams: a name is unknown, a value does not fit, or a parameter takes no part.
    """
    import numpy as np  # noqa: PLC0415 - most commands need no numpy

    from parzen.coordinator.axis import axis  # noqa: PLC0415 - as above

    check_names(study.dimensions, point)
    rng = np.random.default_rng((abs(study.sampler.seed), number))
    params: dict[str, Plain] = {}
    for dimension in study.dimensions:
        if not dimension.is_active(params):
            continue
        if dimension.name in point:
            params[dimension.name] = _native(dimension, point[dimension.name])
        else:
            column = axis(dimension)
            params[dimension.name] = column.decode(float(column.from_uniform(rng.random(1))[0]))
    check_params(study.dimensions, {**point, **params})  # which names what takes no part
    return params


def drawn(point: Mapping[str, Any], params: Params) -> dict[str, Plain]:
    """The part of ``params`` that ``point`` did not give."""
    return {name: value for name, value in params.items() if name not in point}


def from_text(dimensions: Sequence[Dimension], texts: Mapping[str, str]) -> dict[str, Plain]:
    """Parameters as somebody types them: numbers, options by their label, each by its dimension.

    Raises:
        InvalidParams: a name is unknown, or a text is no value of its parameter.
    """
    check_names(dimensions, texts)
    kinds = {dimension.name: dimension for dimension in dimensions}
    return {name: value_of(kinds[name], text) for name, text in texts.items()}


def value_of(dimension: Dimension, text: str) -> Plain:
    """The value of ``dimension`` that ``text`` writes, as in a table that is imported.

    Raises:
        InvalidParams: it writes none.
    """
    value = parameter(dimension, text)
    if not fits(dimension, value):
        raise InvalidParams(
            f"the parameter {dimension.name!r} is {shown(value)}; it must be {wanted(dimension)}"
        )
    return _native(dimension, value)


def _native(dimension: Dimension, value: Any) -> Plain:
    """A value that fits, in the type in which samplers propose it; others as they are."""
    if not fits(dimension, value):
        return value  # type: ignore[no-any-return]  # the check that follows refuses it
    if dimension.kind is Kind.CHOICE:
        option = dimension.option(to_plain(value))
        return dimension.choices[option] if option is not None else to_plain(value)
    return int(value) if dimension.kind is Kind.INT else float(value)
