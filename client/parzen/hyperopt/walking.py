"""Which parameters of an expression take part, given their values: only what a switch takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from parzen.hyperopt.exceptions import DuplicateLabel
from parzen.hyperopt.pyll import rec_eval
from parzen.hyperopt.pyll.base import Apply, Literal, clone, dfs
from parzen.hyperopt.pyll.evaluation import position
from parzen.hyperopt.pyll.stochastic import (
    implicit_stochastic_symbols,
    recursive_set_rng_kwarg,
)

PARAMETER = "hyperopt_param"
"""The operation that marks a parameter."""


def label_of(node: Apply) -> str:
    """The label of a parameter's node."""
    named = node.pos_args[0] if node.pos_args else node.arg["label"]
    return str(named.obj if isinstance(named, Literal) else rec_eval(named))


def drawn_of(node: Apply) -> Apply:
    """The draw that a parameter's node marks."""
    found: Apply = node.pos_args[1] if len(node.pos_args) > 1 else node.arg["obj"]
    return found


def parameters(expr: Apply) -> dict[str, Apply]:
    """The nodes of the parameters of ``expr``, by label.

    Raises:
        DuplicateLabel: two of them have one label.
    """
    found: dict[str, Apply] = {}
    for node in dfs(expr):
        if node.name == PARAMETER:
            label = label_of(node)
            if label in found:
                raise DuplicateLabel(label)
            found[label] = node
    return found


ValueOf: TypeAlias = Callable[[str, Apply, Mapping[Apply, Any]], Any]
"""Gives the value of the parameter of a label, whose node marks a draw, given the values of the
nodes that the draw depends on, among others."""


def taking_part(expr: Apply, value_of: ValueOf) -> dict[str, Any]:
    """The values of the parameters that an evaluation of ``expr`` needs, by label, as met.

    Args:
        expr: the space.
        value_of: called once for each that takes part.
    """
    walk = _Walk(value_of)
    walk.through(expr)
    return walk.found


def drawn(
    expr: Apply, rng: np.random.Generator, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Values for the parameters that take part: those ``given``, others drawn."""
    known = given or {}

    def draw(label: str, node: Apply, values: Mapping[Apply, Any]) -> Any:
        if label in known:
            return known[label]
        value = _draw(drawn_of(node), rng, values)
        return value.item() if isinstance(value, (np.generic, np.ndarray)) else value

    return taking_part(expr, draw)


def _draw(source: Apply, rng: np.random.Generator, values: Mapping[Apply, Any]) -> Any:
    """What ``source`` draws, given the values of other parameters."""
    simple = all(isinstance(below, Literal) for below in source.inputs())
    if simple and source.name in implicit_stochastic_symbols:  # most of them, and much faster
        own = source.clone_from_inputs(source.inputs())
        own.set_kwarg("rng", rng)
        return rec_eval(own)
    constants: dict[Apply, Apply] = {other: Literal(value) for other, value in values.items()}
    return rec_eval(recursive_set_rng_kwarg(clone(source, constants), rng))


def vectors(
    expr: Apply, new_ids: Sequence[int], rng: np.random.Generator
) -> tuple[dict[str, list[int]], dict[str, list[Any]]]:
    """Draws for the trials ``new_ids``: by label the ids where it takes part, and its values."""
    labels = parameters(expr)
    idxs: dict[str, list[int]] = {label: [] for label in labels}
    vals: dict[str, list[Any]] = {label: [] for label in labels}
    for new_id in new_ids:
        for label, value in drawn(expr, rng).items():
            idxs[label].append(new_id)
            vals[label].append(value)
    return idxs, vals


class _Walk:
    def __init__(self, value_of: ValueOf) -> None:
        self.found: dict[str, Any] = {}
        self._value_of = value_of
        self._values: dict[Apply, Any] = {}
        self._seen: set[Apply] = set()

    def through(self, top: Apply) -> None:
        waiting = [top]
        while waiting:
            node = waiting.pop()
            if node in self._seen:
                continue
            self._seen.add(node)
            if node.name == PARAMETER:
                self._meet(node)
            elif node.name == "switch":
                waiting.append(self._taken(node))
            else:
                waiting += reversed(node.inputs())

    def _meet(self, node: Apply) -> None:
        label = label_of(node)
        self.through(drawn_of(node))  # its distribution may depend on others
        self.found[label] = self._values[node] = self._value_of(label, node, self._values)

    def _taken(self, node: Apply) -> Apply:
        index, *options = node.pos_args
        self.through(index)
        return options[position(rec_eval(index, memo=self._values), len(options))]
