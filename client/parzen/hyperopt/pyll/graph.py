"""Expressions as graphs: what a search space of Hyperopt's is made of.

A node applies a named operation to other nodes, or holds a constant. One node may be used in
several places and is then one value. Nothing is computed here; see :mod:`evaluation`.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from parzen.hyperopt.exceptions import BadSearchSpace
from parzen.shared.plain import shown


class MissingArgument:
    """Stands in :attr:`Apply.arg` for an argument that was not given."""


Operation = Callable[..., Any]


class Apply:
    """One operation on the values of other nodes.

    Args:
        name: the operation's, by which the scope knows it.
        pos_args: its positional arguments.
        named_args: its keyword arguments, as (name, node).
        o_len: how many parts the value has, where that is known.
        pure: whether the operation does nothing but give a value.
        define_params: the operation itself, ``{"f": function, ...}``, for a node that came here in
            a pickle from where it was defined.
    """

    def __init__(
        self,
        name: str,
        pos_args: Sequence[Apply],
        named_args: Iterable[Sequence[Any]] | Mapping[str, Apply],
        o_len: int | None = None,
        pure: bool = False,
        define_params: Mapping[str, Any] | None = None,
    ) -> None:
        pairs = named_args.items() if isinstance(named_args, Mapping) else named_args
        self.name = name
        self.pos_args: list[Apply] = list(pos_args)
        self.named_args: list[list[Any]] = [[pair[0], pair[1]] for pair in pairs]
        self.o_len = o_len
        self.pure = pure
        self.define_params = define_params

    def inputs(self) -> list[Apply]:
        """The nodes whose values it takes, positional ones first."""
        return self.pos_args + [node for _, node in self.named_args]

    @property
    def arg(self) -> dict[str, Any]:
        """Its arguments by the operation's own names for them; :class:`MissingArgument` if none."""
        given = inspect.signature(operation(self))
        named = {str(pair[0]): pair[1] for pair in self.named_args}
        bound = given.bind_partial(*self.pos_args, **named).arguments
        return {name: bound.get(name, MissingArgument) for name in given.parameters}

    def eval(self, memo: Mapping[Apply, Any] | None = None) -> Any:
        """Its value."""
        from parzen.hyperopt.pyll.evaluation import rec_eval  # noqa: PLC0415 - it is made of nodes

        return rec_eval(self, memo=memo)

    def set_kwarg(self, name: str, value: object) -> None:
        """Give the keyword argument ``name`` another value."""
        for pair in self.named_args:
            if pair[0] == name:
                pair[1] = as_apply(value)
                return
        self.named_args.append([name, as_apply(value)])
        self.named_args.sort(key=lambda pair: str(pair[0]))

    def clone_from_inputs(self, inputs: Sequence[Apply], o_len: int | str | None = "same") -> Apply:
        """The same operation on other nodes."""
        count = len(self.pos_args)
        keywords = [keyword for keyword, _ in self.named_args]
        if len(inputs) != count + len(keywords):
            raise TypeError(f"{len(inputs)} inputs were given, expected {count + len(keywords)}")
        length = self.o_len if isinstance(o_len, str) else o_len
        named = list(zip(keywords, inputs[count:], strict=True))
        return Apply(self.name, inputs[:count], named, length, self.pure, self.define_params)

    def replace_input(self, old_node: Apply, new_node: Apply) -> list[int]:
        """Use ``new_node`` in the place of ``old_node``; the places where that was done."""
        places = [i for i, node in enumerate(self.inputs()) if node is old_node]
        count = len(self.pos_args)
        for place in places:
            if place < count:
                self.pos_args[place] = new_node
            else:
                self.named_args[place - count][1] = new_node
        return places

    def pprint(self, ofile: TextIO) -> None:
        """Write it as an indented tree."""
        _draw(self, ofile)

    def __str__(self) -> str:
        text = io.StringIO()
        self.pprint(text)
        return text.getvalue().rstrip("\n")

    def __getstate__(self) -> dict[str, Any]:
        """With the operation, where it was defined by a user: elsewhere nobody knows it."""
        from parzen.hyperopt.pyll.symbols import scope  # noqa: PLC0415 - it is made of nodes

        return {**self.__dict__, "define_params": self.define_params or scope.definition(self.name)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        from parzen.hyperopt.pyll.symbols import scope  # noqa: PLC0415 - as above

        self.__dict__.update(state)
        if self.define_params and not scope.knows(self.name):
            scope.define(**self.define_params)

    def __add__(self, other: object) -> Apply:
        return apply("add", self, other)

    def __radd__(self, other: object) -> Apply:
        return apply("add", other, self)

    def __sub__(self, other: object) -> Apply:
        return apply("sub", self, other)

    def __rsub__(self, other: object) -> Apply:
        return apply("sub", other, self)

    def __neg__(self) -> Apply:
        return apply("neg", self)

    def __mul__(self, other: object) -> Apply:
        return apply("mul", self, other)

    def __rmul__(self, other: object) -> Apply:
        return apply("mul", other, self)

    def __truediv__(self, other: object) -> Apply:
        return apply("truediv", self, other)

    def __rtruediv__(self, other: object) -> Apply:
        return apply("truediv", other, self)

    def __floordiv__(self, other: object) -> Apply:
        return apply("floordiv", self, other)

    def __rfloordiv__(self, other: object) -> Apply:
        return apply("floordiv", other, self)

    def __pow__(self, other: object) -> Apply:
        return apply("pow", self, other)

    def __rpow__(self, other: object) -> Apply:
        return apply("pow", other, self)

    def __gt__(self, other: object) -> Apply:
        return apply("gt", self, other)

    def __ge__(self, other: object) -> Apply:
        return apply("ge", self, other)

    def __lt__(self, other: object) -> Apply:
        return apply("lt", self, other)

    def __le__(self, other: object) -> Apply:
        return apply("le", self, other)

    def __getitem__(self, key: object) -> Apply:
        if self.o_len is not None and isinstance(key, int) and key >= self.o_len:
            raise IndexError(f"the index is {key}, and there are {self.o_len} parts")
        return apply("getitem", self, key)

    def __len__(self) -> int:
        if self.o_len is None:
            raise TypeError(f"how many parts a {self.name!r} has shows only when it is evaluated")
        return self.o_len

    def __iter__(self) -> Iterator[Apply]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.o_len is not None:
            return self.o_len > 0
        raise TypeError(
            f"whether a {self.name!r} is true shows only when it is evaluated: use scope.switch, "
            "or decide in the objective"
        )

    def __call__(self, *args: object, **kwargs: object) -> Apply:
        """A node that calls its value."""
        return apply("call", self, args, kwargs)


class Literal(Apply):
    """A constant."""

    def __init__(self, obj: object = None) -> None:
        try:
            length = len(obj)  # type: ignore[arg-type]  # what has none says so
        except (AttributeError, TypeError):  # some estimators have a length only once they are fit
            length = None
        super().__init__("literal", [], [], length, pure=True)
        self._obj = obj

    @property
    def obj(self) -> Any:
        """The constant."""
        return self._obj

    @property
    def arg(self) -> dict[str, Any]:
        """It has none."""
        return {}

    def clone_from_inputs(self, inputs: Sequence[Apply], o_len: int | str | None = "same") -> Apply:  # noqa: ARG002 - a constant has none
        """Another node with the same constant."""
        return Literal(self._obj)


def operation(node: Apply) -> Operation:
    """The function that ``node`` applies.

    Raises:
        BadSearchSpace: nobody defined it here.
    """
    from parzen.hyperopt.pyll.symbols import scope  # noqa: PLC0415 - it is made of nodes

    if node.define_params:
        carried: Operation = node.define_params["f"]
        return carried
    if not scope.knows(node.name):
        raise BadSearchSpace(
            f"the space applies {node.name!r}, which is not defined here: define it with "
            "@scope.define before the space is evaluated"
        )
    return scope.implementation(node.name)


def apply(name: str, /, *args: object, **kwargs: object) -> Apply:
    """A node that applies the operation ``name`` to ``args``, which are made nodes."""
    named = sorted((keyword, as_apply(value)) for keyword, value in kwargs.items())
    return Apply(name, [as_apply(value) for value in args], named)


def as_apply(obj: object) -> Apply:
    """``obj`` as a node: tuples, lists and dicts with nodes for what they hold, else a constant.

    A list is evaluated to a tuple, as everywhere in Hyperopt.
    """
    if isinstance(obj, Apply):
        return obj
    if isinstance(obj, tuple):
        return Apply("pos_args", [as_apply(part) for part in obj], [], len(obj), pure=True)
    if isinstance(obj, list):
        return Apply("pos_args", [as_apply(part) for part in obj], [], pure=True)
    if isinstance(obj, dict):
        return _dict(obj)
    return Literal(obj)


def _dict(obj: Mapping[Any, Any]) -> Apply:
    if all(isinstance(key, str) for key in obj):
        named = [(key, as_apply(value)) for key, value in obj.items()]
        return Apply("dict", [], named, len(named), pure=True)
    return Apply("dict", [as_apply(list(obj.items()))], [], pure=True)


def dfs(aa: Apply, seq: list[Apply] | None = None, seqset: Any = None) -> list[Apply]:
    """Every node below ``aa`` once, inputs before what uses them, ``aa`` last.

    Args:
        aa: where to begin.
        seq: nodes found before, to which these are added.
        seqset: what is left out: a container of nodes.

    Raises:
        BadSearchSpace: it uses itself.
    """
    found = [] if seq is None else seq
    done = set(found) if seqset is None else set(seqset)
    open_nodes: set[Apply] = set()
    waiting: list[tuple[Apply, bool]] = [(aa, False)]
    while waiting:
        node, entered = waiting.pop()
        if entered:
            open_nodes.discard(node)
            done.add(node)
            found.append(node)
        elif node in open_nodes:
            raise BadSearchSpace(f"the space uses its own {node.name!r}: an expression must end")
        elif node not in done:
            open_nodes.add(node)
            waiting.append((node, True))
            waiting += [(below, False) for below in reversed(node.inputs()) if below not in done]
    return found


def toposort(expr: Apply) -> list[Apply]:
    """The nodes of ``expr``, inputs before what uses them."""
    return dfs(expr)


def clone(expr: Apply, memo: dict[Apply, Apply] | None = None) -> Apply:
    """A copy of ``expr``; ``memo`` says what takes the place of which node."""
    copies = {} if memo is None else memo
    for node in dfs(expr):
        if node not in copies:
            copies[node] = node.clone_from_inputs([copies[below] for below in node.inputs()])
    return copies[expr]


def _draw(top: Apply, ofile: TextIO) -> None:
    lines: dict[Apply, int] = {}
    waiting: list[tuple[Apply, int, str]] = [(top, 0, "")]
    number = 0
    while waiting:
        node, depth, prefix = waiting.pop()
        words = f"Literal{{{shown(node.obj)}}}" if isinstance(node, Literal) else node.name
        again = f"  [line {lines[node]}]" if node in lines else ""
        ofile.write(f"{number} {'  ' * depth}{prefix}{words}{again}\n")
        if not again:
            lines[node] = number
            below = [(value, depth + 1, "") for value in node.pos_args]
            below += [(value, depth + 1, f"{keyword} = ") for keyword, value in node.named_args]
            waiting += reversed(below)
        number += 1
