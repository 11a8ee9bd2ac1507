"""From the nested shape that a user declared to flat dimensions, parents first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from parzen.shared.building import Branches, Constant, Fields, Items, Node, Number, Option
from parzen.shared.choices import Choice, inside
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.errors import InvalidSpace
from parzen.shared.parameters import Float, Int, LogNormal, Normal, Parameter
from parzen.shared.plain import DEEPEST, key_fault, looks, shown


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the compiler stands: the path so far, and what has to hold for it to count.

    ``root`` is the explicit name above, under which equal places may be met twice.
    """

    path: str = ""
    root: str | None = None
    when: Condition | None = None
    depth: int = 0

    def under(self, part: str) -> _Place:
        path = f"{self.path}/{part}" if self.path else part
        return dataclasses.replace(self, path=path, depth=self.depth + 1)

    def named(self, name: str) -> _Place:
        return dataclasses.replace(self, path=name, root=name)

    def on(self, choice: str, label: str) -> _Place:
        return dataclasses.replace(self.under(label), when=Condition(choice, label))

    def __str__(self) -> str:
        return shown(self.path) if self.path else "the space"


_Sighting: TypeAlias = tuple[Dimension, Condition | None]
"""A dimension, and what the place where it was met asks for."""


@dataclass(slots=True)
class _Found:
    """One dimension so far: its definition, what it was declared as, and when it is active."""

    dimension: Dimension
    root: str | None
    below: tuple[_Sighting, ...] = ()
    when: dict[Condition | None, None] = field(default_factory=dict)
    """Where it is active, in the order of sighting; None is everywhere."""


@dataclass(slots=True)
class Compiler:
    """Walks one structure once; :meth:`dimensions` are what it found."""

    found: dict[str, _Found] = field(default_factory=dict)
    open_containers: set[int] = field(default_factory=set)
    open_names: list[str] = field(default_factory=list)
    trail: list[_Sighting] = field(default_factory=list)

    def node(self, value: object, at: _Place) -> Node:
        """The plan to build ``value``, which stands at ``at``."""
        if isinstance(value, Parameter):
            return self._parameter(value, at)
        _refuse_slips(value, at)
        if not isinstance(value, (Mapping, list, tuple)):
            return Constant(value)
        if id(value) in self.open_containers:
            raise InvalidSpace(f"{at} contains itself; a space must end somewhere")
        if at.depth > DEEPEST:
            raise InvalidSpace(f"{at} is nested more than {DEEPEST} deep; flatten the space")
        self.open_containers.add(id(value))
        node = self._container(value, at)
        self.open_containers.remove(id(value))
        return node

    def _container(self, value: Mapping[Any, Any] | Sequence[Any], at: _Place) -> Node:
        before = len(self.trail)
        if isinstance(value, Mapping):
            _check_keys(value, at)
            parts = {key: self.node(item, at.under(str(key))) for key, item in value.items()}
            if len(self.trail) == before:
                return Constant(value)
            return Fields(parts)
        nodes = tuple(self.node(item, at.under(str(i))) for i, item in enumerate(value))
        if len(self.trail) == before:
            return Constant(value)
        return Items(getattr(type(value), "_make", type(value)), nodes)

    def _parameter(self, parameter: Parameter, at: _Place) -> Node:
        if parameter.name is not None:
            at = at.named(parameter.name)
        elif not at.path:
            raise InvalidSpace(f"{parameter!r} stands alone and has no name; give it name='…'")
        dimension = define(parameter, at.path)
        self.trail.append((dimension, at.when))
        if not isinstance(parameter, Choice):
            self._enter(dimension, at, ())
            return Number(dimension)
        if isinstance(parameter.options, Mapping):
            return self._branches(dimension, parameter.options, at)
        self._enter(dimension, at, ())
        return Option(dimension, tuple(parameter.options))

    def _branches(self, dimension: Dimension, options: Mapping[str, Any], at: _Place) -> Node:
        if at.path in self.open_names:
            raise InvalidSpace(f"{at} contains itself; a space must end somewhere")
        self.open_names.append(at.path)
        mine = self.found.setdefault(at.path, _Found(dimension, at.root))
        new, before = not mine.when, len(self.trail)
        nodes = {label: self.node(sub, at.on(at.path, label)) for label, sub in options.items()}
        below = tuple(self.trail[before:])
        if new:
            mine.below = below
        self.open_names.pop()
        self._enter(dimension, at, below)
        return Branches(dimension, nodes)

    def _enter(self, dimension: Dimension, at: _Place, below: tuple[_Sighting, ...]) -> None:
        mine = self.found.setdefault(at.path, _Found(dimension, at.root, below))
        if mine.when and (at.root is None or mine.root != at.root):
            raise InvalidSpace(f"two parameters are called {at}; give one of them another name=")
        if mine.dimension != dimension or mine.below != below:
            raise InvalidSpace(
                f"two parameters share name={at.root!r} and are defined differently at {at}; "
                "define them alike, or give one of them another name"
            )
        mine.when[at.when] = None

    def dimensions(self) -> tuple[Dimension, ...]:
        """What was found, as declared but for parents, which come first."""
        done: dict[str, Dimension] = {}
        for name in self.found:
            self._place(name, done)
        _refuse_twins(done)
        return tuple(done.values())

    def _place(self, name: str, done: dict[str, Dimension]) -> None:
        if name in done:
            return
        mine = self.found[name]
        when = () if None in mine.when else tuple(c for c in mine.when if c is not None)
        for condition in when:
            self._place(condition.name, done)
        done[name] = dataclasses.replace(mine.dimension, active_when=when)


def compile_space(structure: object) -> tuple[Node, tuple[Dimension, ...]]:
    """The plan to build ``structure``, and its dimensions, parents first.

    Raises:
        InvalidSpace: it is no search space; the message names the place.
    """
    if not isinstance(structure, (Parameter, Mapping, list, tuple)):
        _refuse_slips(structure, _Place())
        raise InvalidSpace(
            f"a search space is a dict, a list, a tuple or one parameter, not {shown(structure)}"
        )
    compiler = Compiler()
    node = compiler.node(structure, _Place())
    dimensions = compiler.dimensions()
    if not dimensions:
        raise InvalidSpace(
            f"the space {shown(structure)} has no parameter; put a Float, Int, Normal or Choice "
            "into it"
        )
    return node, dimensions


def define(parameter: Parameter, name: str) -> Dimension:
    """The dimension of ``parameter`` under ``name``, without conditions."""
    if isinstance(parameter, Float):
        low, high, step, log = parameter.low, parameter.high, parameter.step, parameter.log
        return Dimension(name=name, kind=Kind.FLOAT, low=low, high=high, log=log, step=step)
    if isinstance(parameter, Int):
        low, high, step, log = parameter.low, parameter.high, parameter.step, parameter.log
        return Dimension(name=name, kind=Kind.INT, low=low, high=high, log=log, step=step)
    if isinstance(parameter, Normal):
        return Dimension(
            name=name,
            kind=Kind.NORMAL,
            low=parameter.low,
            high=parameter.high,
            log=isinstance(parameter, LogNormal),
            step=parameter.step,
            mu=parameter.mu,
            sigma=parameter.sigma,
        )
    if isinstance(parameter, Choice):
        weights = parameter.weights
        return Dimension(
            name=name,
            kind=Kind.CHOICE,
            choices=parameter.stored,
            weights=None if weights is None else tuple(weights),  # type: ignore[arg-type]  # a tuple once made
        )
    raise InvalidSpace(f"{name!r}: {parameter!r} is of no kind that parzen knows")


def _check_keys(value: Mapping[Any, Any], at: _Place) -> None:
    """Keys become names only where a parameter stands below; a constant may have any keys."""
    for key in value:
        fault = key_fault(key)
        if fault and any(isinstance(part, Parameter) for part in inside(value)):
            raise InvalidSpace(f"{at}: the key {shown(key)} {fault}")


def _refuse_twins(names: Iterable[str]) -> None:
    """Two names that nobody can tell apart would be two columns of one name."""
    seen: set[str] = set()
    for name in names:
        look = looks(name)
        if look in seen:
            raise InvalidSpace(
                f"two parameters are called {shown(look)} and differ only in how an accent "
                "is encoded; give one of them another name"
            )
        seen.add(look)


def _refuse_slips(value: object, at: _Place) -> None:
    if isinstance(value, type) and issubclass(value, Parameter):
        raise InvalidSpace(f"{at} is the class {value.__name__}; call it: {value.__name__}(…)")
    if isinstance(value, Iterator):
        raise InvalidSpace(
            f"{at} is the iterator {shown(value)}, which can be read once; use a list"
        )
    if isinstance(value, (set, frozenset)) and any(
        isinstance(part, Parameter) for part in inside(value)
    ):
        raise InvalidSpace(f"{at} is a set, which has no order; use a list, a tuple or a dict")
