"""A search space as JSON, where everything in it is plain: then nothing need be unpickled.

Plain are None, booleans, numbers, text, bytes, and lists, tuples and dicts of these, of exactly
Python's own types: an enum or one of numpy's numbers must arrive as what it is, so a space that
holds one has no such form. What JSON lacks is an object with one key: ``{"tuple": [...]}``,
``{"bytes": base64}``, ``{"float": "inf"}``, ``{"dict": [[key, value], ...]}``.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from parzen.shared import codec
from parzen.shared.building import Branches, Constant, Fields, Items, Node, Number, Option
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import Incompatible
from parzen.shared.plain import DEEPEST, WIDEST
from parzen.shared.space import Space

Json = Any
"""What the json module reads and writes."""

SEQUENCES: Mapping[str, Callable[[list[Any]], Any]] = {"list": list, "tuple": tuple}


class _NotPlain(Exception):
    """The space holds something that only a pickle can carry."""


def written(space: Space) -> bytes | None:
    """``space`` as JSON, equal bytes for equal spaces; None where it is not plain."""
    try:
        dimensions = [_value(codec.dimension_document(d)) for d in space.dimensions]
        content = {"dimensions": dimensions, "plan": _from_node(space.plan)}
    except _NotPlain:
        return None
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def read(data: bytes) -> Space:
    """The space that :func:`written` wrote.

    Raises:
        Incompatible: the bytes are something else.
    """
    try:
        content = json.loads(data)
        found = [codec.decode_dimension(_read(d)) for d in content["dimensions"]]
        dimensions = {dimension.name: dimension for dimension in found}
        plan = _to_node(content["plan"], dimensions)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as fault:
        raise Incompatible(f"the bundle's space cannot be read: {fault!r}") from fault
    return Space.compiled(plan, tuple(dimensions.values()))


def _from_node(node: Node) -> Json:
    if isinstance(node, Constant):
        return {"constant": _value(node.value)}
    if isinstance(node, Number):
        return {"number": node.dimension.name}
    if isinstance(node, Option):
        return {"option": node.dimension.name, "options": [_value(it) for it in node.options]}
    if isinstance(node, Branches):
        return {"branches": node.dimension.name, "nodes": _from_nodes(node.branches)}
    if isinstance(node, Fields):
        return {"fields": _from_nodes(node.items)}
    for name, make in SEQUENCES.items():
        if node.make is make:
            return {"items": name, "nodes": [_from_node(item) for item in node.items]}
    raise _NotPlain  # a named tuple


def _from_nodes(nodes: Mapping[str, Node]) -> Json:
    if any(type(key) is not str for key in nodes):
        raise _NotPlain
    return {key: _from_node(node) for key, node in nodes.items()}


def _to_node(found: Json, dimensions: Mapping[str, Dimension]) -> Node:
    kind, *_ = found
    if kind == "constant":
        return Constant(_read(found[kind]))
    if kind == "number":
        return Number(dimensions[found[kind]])
    if kind == "option":
        return Option(dimensions[found[kind]], tuple(_read(it) for it in found["options"]))
    if kind == "branches":
        return Branches(dimensions[found[kind]], _to_nodes(found["nodes"], dimensions))
    if kind == "fields":
        return Fields(_to_nodes(found[kind], dimensions))
    nodes = tuple(_to_node(item, dimensions) for item in found["nodes"])
    return Items(SEQUENCES[found["items"]], nodes)


def _to_nodes(found: Json, dimensions: Mapping[str, Dimension]) -> Mapping[str, Node]:
    return {key: _to_node(node, dimensions) for key, node in found.items()}


def _value(value: Any, depth: int = DEEPEST) -> Json:
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int and value.bit_length() <= WIDEST:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if kind is bytes:
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if depth > 0 and kind in (list, tuple):
        inner = [_value(item, depth - 1) for item in value]
        return inner if kind is list else {"tuple": inner}
    if depth > 0 and kind is dict:
        return {"dict": [[_value(k, depth - 1), _value(v, depth - 1)] for k, v in value.items()]}
    raise _NotPlain


def _read(found: Json) -> Any:
    if isinstance(found, list):
        return [_read(item) for item in found]
    if not isinstance(found, dict):
        return found
    ((kind, inner),) = found.items()
    return _KINDS[kind](inner)


_KINDS: Mapping[str, Callable[[Json], Any]] = {
    "float": float,
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "tuple": lambda items: tuple(_read(item) for item in items),
    "dict": lambda pairs: {_read(key): _read(value) for key, value in pairs},
}
