"""The plan by which flat parameters become the nested shape again that a user declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from parzen.shared.dimensions import Dimension, Kind, Params


@dataclass(frozen=True, slots=True)
class Constant:
    """Builds to what was declared; its lists and dicts are fresh each time."""

    value: Any

    def build(self, params: Params) -> Any:  # noqa: ARG002 - a constant depends on nothing
        """The value."""
        return fresh(self.value)


@dataclass(frozen=True, slots=True)
class Number:
    """Builds to the number of one dimension, within its bounds however it was rounded."""

    dimension: Dimension

    def build(self, params: Params) -> int | float:
        """The number."""
        value, of = params[self.dimension.name], self.dimension
        if of.kind is Kind.INT:
            return int(value)  # type: ignore[arg-type]  # the params were checked
        number = float(value)  # type: ignore[arg-type]  # the params were checked
        if of.low is not None:
            number = max(number, of.low)
        return number if of.high is None else min(number, of.high)


@dataclass(frozen=True, slots=True)
class Option:
    """Builds to the declared option of a choice over plain values."""

    dimension: Dimension
    options: tuple[Any, ...]

    def build(self, params: Params) -> Any:
        """The option that was declared, not what the document holds for it."""
        index = self.dimension.option(params[self.dimension.name])
        return fresh(self.options[index or 0])


@dataclass(frozen=True, slots=True)
class Branches:
    """Builds to {label: sub-space} with the one label that was chosen."""

    dimension: Dimension
    branches: Mapping[str, Node]

    def build(self, params: Params) -> dict[str, Any]:
        """The chosen branch under its label."""
        label = str(params[self.dimension.name])
        return {label: self.branches[label].build(params)}


@dataclass(frozen=True, slots=True)
class Fields:
    """Builds to a dict."""

    items: Mapping[str, Node]

    def build(self, params: Params) -> dict[str, Any]:
        """The dict."""
        return {key: node.build(params) for key, node in self.items.items()}


@dataclass(frozen=True, slots=True)
class Items:
    """Builds to a list, a tuple, or a named tuple."""

    make: Callable[[list[Any]], Any]
    items: tuple[Node, ...]

    def build(self, params: Params) -> Any:
        """The sequence."""
        return self.make([node.build(params) for node in self.items])


Node: TypeAlias = Constant | Number | Option | Branches | Fields | Items


def constants(node: Node) -> Iterator[Any]:
    """Every constant and every option that ``node`` may build to."""
    if isinstance(node, Constant):
        yield node.value
    elif isinstance(node, Option):
        yield from node.options
    elif isinstance(node, (Branches, Fields, Items)):
        inner = node.branches if isinstance(node, Branches) else node.items
        for below in inner.values() if isinstance(inner, Mapping) else inner:
            yield from constants(below)


def fresh(value: Any) -> Any:
    """``value`` with its lists and dicts copied, so that no trial writes into another's."""
    if type(value) in (list, tuple):
        return type(value)(fresh(item) for item in value)
    if type(value) is dict:
        return {key: fresh(item) for key, item in value.items()}
    return value
