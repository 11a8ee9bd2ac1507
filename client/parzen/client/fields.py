"""The names under which people speak of what trials have, for conditions, orders and columns.

A field of trials is called as :mod:`parzen.shared.criteria` calls it, and a parameter by its own
name; one that is called as a field is has ``params/`` before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from parzen.shared.criteria import ALIASES, FIELDS, KEYED, UNSORTED
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidInput
from parzen.shared.plain import cut, shown
from parzen.shared.records import Study

PARAMS, *OTHERS = KEYED

NAMED = 12
"""How many parameters a sentence names."""


def field(name: str, study: Study) -> str:
    """The field that ``name`` means among the trials of ``study``.

    Raises:
        InvalidInput: there is none; the sentence names those that are like it.
    """
    found = known(name, study)
    if found is None:
        raise InvalidInput(f"study {study.name!r} has no field {shown(name)}: {_hint(name, study)}")
    return found


def known(name: str, study: Study) -> str | None:
    """The field that ``name`` means among the trials of ``study``, or None."""
    if name in FIELDS or name in ALIASES:
        return ALIASES.get(name, name)
    kind, _, key = name.partition("/")
    if kind in OTHERS and key:
        return name
    for parameter in (name, key if kind == PARAMS else name):
        if any(dimension.name == parameter for dimension in study.dimensions):
            return f"{PARAMS}/{parameter}"
    return None


def order(sort: object, study: Study) -> str:
    """The field that ``sort`` means among the trials of ``study``, with its minus if it has one.

    Raises:
        InvalidInput: there is none, or it gives no order.
    """
    if not isinstance(sort, str):
        raise InvalidInput(f"the order of trials is {shown(sort)}: expected a text such as 'loss'")
    minus = "-" if sort.startswith("-") else ""
    found = field(sort.removeprefix("-"), study)
    if found in UNSORTED:
        raise InvalidInput(
            f"trials cannot be sorted by {found!r}, of which one may have many: sort by another "
            "field"
        )
    return minus + found


def dimension(found: str, study: Study) -> Dimension | None:
    """The parameter that the field ``found`` is, or None where it is something else."""
    kind, _, key = found.partition("/")
    if kind != PARAMS:
        return None
    return next((d for d in study.dimensions if d.name == key), None)


def called(parameter: str) -> str:
    """What a parameter is called among the fields: its name, with ``params/`` where need be."""
    taken = parameter in FIELDS or parameter in ALIASES or parameter.partition("/")[0] in KEYED
    return f"{PARAMS}/{parameter}" if taken else parameter


def _hint(name: str, study: Study) -> str:
    parameters = [called(d.name) for d in study.dimensions]
    ends = [p for p in parameters if p.endswith(f"/{name}")]
    near = ends or get_close_matches(name, [*parameters, *FIELDS], n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(map(repr, near[:3]))}?"
    return (
        f"expected a parameter ({_some(parameters)}), {', '.join(FIELDS)}, result/KEY or user/KEY"
    )


def _some(parameters: Sequence[str]) -> str:
    more = ["…"] if len(parameters) > NAMED else []
    return cut(", ".join([*parameters[:NAMED], *more])) or "it has none"
