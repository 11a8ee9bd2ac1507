"""Expressions to values."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from parzen.hyperopt.pyll.graph import Apply, Literal, as_apply, operation

log = logging.getLogger("parzen.hyperopt")


class GarbageCollected:
    """Stands for a value that takes no part: to need it is an error."""


def rec_eval(
    expr: object,
    deepcopy_inputs: bool = False,
    memo: Mapping[Apply, Any] | None = None,
    max_program_len: int | None = None,
    memo_gc: bool = True,
    print_trace: bool = False,
    print_node_on_error: bool = True,
) -> Any:
    """The value of ``expr``; of a switch only the option that it takes is computed.

    Args:
        expr: a node, or what makes one.
        deepcopy_inputs: give each operation copies, which it may change.
        memo: values of nodes that need not be computed; it is not changed.
        max_program_len: more nodes than this waiting for others are an error.
        memo_gc: accepted; values are kept while ``expr`` is evaluated.
        print_trace: log each node that is looked at.
        print_node_on_error: log the node whose operation raised.

    Raises:
        TypeError: a switch is given something else than a whole number.
        ValueError: a switch has no such option, or ``deepcopy_inputs`` is not True or False.
    """
    del memo_gc
    if deepcopy_inputs not in (False, True):
        raise ValueError(
            f"deepcopy_inputs is a {type(deepcopy_inputs).__name__}, expected True or False: give "
            "memo by its name"
        )
    run = _Run(dict(memo or {}), deepcopy_inputs, print_trace, print_node_on_error)
    return run.value(as_apply(expr), max_program_len or 100_000)


class _Run:
    """One evaluation."""

    def __init__(self, memo: dict[Apply, Any], copies: bool, trace: bool, tell: bool) -> None:
        self._memo, self._copies, self._trace, self._tell = memo, copies, trace, tell

    def value(self, top: Apply, most: int) -> Any:
        waiting = [top]
        while waiting:
            if len(waiting) > most:
                raise RuntimeError(f"more than {most:,} nodes wait for others: does it ever end?")
            node = waiting[-1]
            if self._trace:
                log.info("%d waiting, now %s", len(waiting), node.name)
            missing = self._missing(node)
            if missing:
                waiting += missing
            else:
                waiting.pop()
        return self._kept(top)

    def _missing(self, node: Apply) -> list[Apply]:
        """What has to be known before ``node`` is, in reverse; its value is kept where nothing."""
        memo = self._memo
        if node in memo:
            return []
        if isinstance(node, Literal):
            memo[node] = node.obj
            return []
        if node.name == "switch":
            index, *options = node.pos_args
            if index not in memo:
                return [index]
            option = options[position(self._kept(index), len(options))]
            if option not in memo:
                return [option]
            memo[node] = self._kept(option)
            return []
        missing = [below for below in node.inputs() if below not in memo]
        if not missing:
            memo[node] = self._applied(node)
        return missing[::-1]

    def _kept(self, node: Apply) -> Any:
        value = self._memo[node]
        if value is GarbageCollected:
            raise ValueError(_absent(node))
        return value

    def _applied(self, node: Apply) -> Any:
        args = [self._kept(below) for below in node.pos_args]
        kwargs = {keyword: self._kept(below) for keyword, below in node.named_args}
        if self._copies:
            args, kwargs = copy.deepcopy((args, kwargs))
        try:
            value = operation(node)(*args, **kwargs)
        except Exception:
            if self._tell:
                log.error("evaluating %s of the search space failed:\n%s", node.name, node)  # noqa: TRY400 - it is raised again
            raise
        if isinstance(value, Apply):  # an operation may give an expression to go on with
            return rec_eval(value, memo=self._memo, print_node_on_error=self._tell)
        return value


def position(value: Any, count: int) -> int:
    """Which of ``count`` options a switch takes that is given ``value``.

    Raises:
        TypeError: it is no whole number.
        ValueError: there is no such option.
    """
    if isinstance(value, np.ndarray):
        value = value.item()
    if isinstance(value, (bool, np.bool_)):
        value = int(value)
    if not isinstance(value, (int, np.integer)):
        raise TypeError(
            f"a switch is given {value!r}: expected a whole number; use scope.int, or hp.choice"
        )
    if not 0 <= value < count:
        raise ValueError(f"a switch is given {int(value)}: expected 0 to {count - 1}")
    return int(value)


def _absent(node: Apply) -> str:
    if node.name == "hyperopt_param":
        label = node.pos_args[0]
        name = label.obj if isinstance(label, Literal) else str(label)
        return f"the space needs the value of {name!r}, which the trial does not have: give it one"
    return f"the space needs a {node.name!r} that takes no part in the trial"
