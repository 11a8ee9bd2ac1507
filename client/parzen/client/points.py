"""Points that somebody wants tried: completed, checked, and brought to a document's own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parzen.client.identity import owner
from parzen.client.importing.values import parameter
from parzen.shared import given
from parzen.shared.dimensions import Dimension, Params, Plain
from parzen.shared.errors import InvalidParams
from parzen.shared.plain import shown
from parzen.shared.records import STAGES, Study
from parzen.shared.space import check_names, fits, wanted
from parzen.shared.steering import Draft


def drafted(
    study: Study, points: Sequence[Mapping[str, Any]], user: Mapping[str, Any] | None, first: int
) -> list[Draft]:
    """``points`` as trials that wait, each complete; ``first`` is about the number of the first."""
    if user is not None and not isinstance(user, Mapping):
        raise InvalidParams(f"user={shown(user)} is not usable: give a dict, or None")
    who = owner()
    return [
        Draft(params=completed(study, point, n), enqueued_by=who, user=dict(user or {}))
        for n, point in enumerate(points, start=first)
    ]


def completed(study: Study, point: Mapping[str, Any], number: int) -> dict[str, Plain]:
    """``point`` with every parameter that takes part; what it leaves out is drawn at random.

    Where the study has stages, what their ``start`` gives is not drawn. A draw follows the space's
    own distributions and depends on the study's seed and ``number``.

    Raises:
        InvalidParams: a name is unknown, a value does not fit, or a parameter takes no part.
    """
    import numpy as np  # noqa: PLC0415 - most commands need no numpy

    from parzen.coordinator.axes import axis  # noqa: PLC0415 - as above

    rng = np.random.default_rng((abs(study.sampler.seed), number))
    start = study.sampler.options.get("start") if study.sampler.name == STAGES else None

    def draw(dimension: Dimension) -> Plain:
        if isinstance(start, Mapping) and dimension.name in start:
            value: Plain = start[dimension.name]
            return value
        column = axis(dimension)
        return column.decode(float(column.from_uniform(rng.random(1))[0]))

    return given.completed(study.dimensions, point, draw)


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
    return given.native(dimension, value)
