"""The choice that a user writes into a search space, over plain values or named sub-spaces."""

from __future__ import annotations

import dataclasses
import math
import numbers
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parzen.shared.dimensions import Plain
from parzen.shared.parameters import Parameter
from parzen.shared.plain import (
    cut,
    is_endless,
    key_fault,
    looks,
    plain_fault,
    shown,
    text_fault,
    to_plain,
)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Choice(Parameter):
    """One of several options.

    Args:
        options: a list or tuple of plain values (None, bool, int, float, str, bytes, or lists of
            these), or a dict {label: sub-space} whose choice builds to a dict with one key.
        weights: relative probabilities, one for each option, or a dict by label; equal without.
        labels: names to store in documents for options that BSON cannot hold.
        name: name in documents instead of the place in the space.

    Raises:
        InvalidSpace: there are no options, or two are the same, or one cannot be stored.
    """

    options: Sequence[Any] | Mapping[str, Any]
    _: dataclasses.KW_ONLY
    weights: Sequence[float] | Mapping[str, float] | None = None
    labels: Sequence[str] | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        self._check_name()
        if isinstance(self.options, Mapping):
            self._set(options=dict(self.options))
            self._check_branches()
        elif isinstance(self.options, (list, tuple)):
            self._set(options=tuple(self.options))
            self._check_values()
        else:
            self._refuse("options must be a list, a tuple, or a dict {label: sub-space}")
        if not self.options:
            self._refuse("there must be at least one option")
        self._normalise_weights()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash((self.stored, self.weights, self.name))

    def _facts(self) -> tuple[Any, ...]:
        return (self.options, self.weights, self.labels, self.name)

    @property
    def stored(self) -> tuple[Plain, ...]:
        """What a document holds for each option: its label, or its plain value."""
        if isinstance(self.options, Mapping):
            return tuple(self.options)
        if self.labels is not None:
            return tuple(self.labels)
        return tuple(to_plain(option) for option in self.options)

    def _check_branches(self) -> None:
        if self.labels is not None:
            self._refuse("labels= belongs to a list of options; a dict's keys are its labels")
        for label in self.options:
            if fault := key_fault(label):
                self._refuse(f"the label {shown(label)} {fault}")
        if len({looks(label) for label in self.options}) < len(self.options):
            self._refuse("two labels look the same and differ in how an accent is encoded")

    def _check_values(self) -> None:
        if self.labels is not None:
            self._check_labels(self.labels)
        for option in self.options:
            if is_endless(option):
                self._refuse(f"the option {shown(option)} contains itself, or is nested too deep")
            held = any(isinstance(part, Parameter) for part in inside(option))
            if held or (self.labels is None and isinstance(option, (Mapping, Parameter))):
                self._refuse(
                    f"the option {shown(option)} is a sub-space; "
                    "name the options with a dict: Choice({'a': …, 'b': …})"
                )
            if self.labels is None and (fault := plain_fault(option)):
                self._refuse(f"the option {shown(option)} {fault}")
        seen: set[Plain] = set()  # equal numbers hash alike, whatever their types
        for value in self.stored:
            if value in seen:
                self._refuse(
                    f"the option {shown(value)} is there twice (1, 1.0 and True are one value)"
                )
            seen.add(value)

    def _check_labels(self, labels: object) -> None:
        if not isinstance(labels, (list, tuple)):
            self._refuse("labels must be a list of str, one for each option")
        if len(labels) != len(self.options):
            self._refuse(f"there are {len(self.options)} options and {len(labels)} labels")
        for label in labels:
            if not isinstance(label, str) or not label or (label and text_fault(label)):
                self._refuse(f"the label {shown(label)} must be a non-empty str of plain text")
        self._set(labels=tuple(labels))

    def _normalise_weights(self) -> None:
        given, stored = self.weights, self.stored
        if given is None:
            return
        if isinstance(given, Mapping):
            if set(given) != set(stored):
                self._refuse(f"weights must name each of the options {cut(_listed(stored))}")
            given = [given[label] for label in stored]  # type: ignore[index]  # labels are str
        if not isinstance(given, (list, tuple)):
            self._refuse("weights must be a list of numbers, one for each option")
        if len(given) != len(stored):
            self._refuse(f"there are {len(stored)} options and {len(given)} weights")
        for weight in given:
            self._check_weight(weight)
        largest = max(map(float, given))  # divided out first, so that no sum overflows
        scaled = [float(weight) / largest for weight in given]
        total = math.fsum(scaled)
        if min(scaled) / total == 0:
            self._refuse(
                f"the weight {min(given)!r} is nothing beside {max(given)!r}; leave the option out"
            )
        self._set(weights=tuple(weight / total for weight in scaled))

    def _check_weight(self, weight: object) -> None:
        if isinstance(weight, bool) or not isinstance(weight, numbers.Real):
            self._refuse(f"the weight {shown(weight)} is not a number")
        if weight < 0 or not weight <= sys.float_info.max:
            self._refuse(f"the weight {shown(weight)} must be positive and finite")
        if weight == 0:
            self._refuse("a weight is 0; leave the option out")


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(repr, values))


def inside(value: object) -> Iterator[object]:
    """``value`` and all that its dicts, lists, tuples and sets hold, each container once."""
    waiting, seen = [value], set()
    while waiting:
        part = waiting.pop()
        yield part
        if id(part) in seen:
            continue
        if isinstance(part, Mapping):
            seen.add(id(part))
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple, set, frozenset)):
            seen.add(id(part))
            waiting.extend(part)
