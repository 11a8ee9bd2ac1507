"""The operations that expressions may apply, by name: Hyperopt's ``scope``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from parzen.hyperopt.pyll.graph import Apply, Operation, as_apply

Function = TypeVar("Function", bound=Callable[..., Any])


class PyllImportError(ImportError):
    """The scope has no operation of that name."""


class SymbolTable:
    """Operations by name; ``scope.NAME(...)`` makes a node that applies one.

    What a user defines travels with the expressions that apply it.
    """

    def __init__(self) -> None:
        self._impls: dict[str, Operation] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._built_in: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> SymbolTableEntry:
        if name.startswith("__") or name not in self.__dict__.get("_impls", {}):
            raise AttributeError(
                f"the scope has no operation {name!r}: define it with @scope.define"
            )
        return SymbolTableEntry(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._impls})

    def define(self, f: Function, o_len: int | None = None, pure: bool = False) -> Function:
        """Make ``f`` an operation under its own name; a decorator.

        Args:
            f: what it does, given values.
            o_len: how many parts its value has, where that is always the same.
            pure: whether it does nothing but give a value.

        Raises:
            ValueError: there is another one of that name.
        """
        name = f.__name__
        if name in self._impls or name in SymbolTable.__dict__:
            raise ValueError(
                f"the scope has an operation {name!r} already: give the function another name, or "
                "scope.undefine it first"
            )
        return self._define(f, name, o_len, pure)

    def define_if_new(self, f: Function, o_len: int | None = None, pure: bool = False) -> Function:
        """Define ``f`` unless it is defined already.

        Raises:
            ValueError: there is another one of that name.
        """
        if self._impls.get(f.__name__) is f:
            return f
        return self.define(f, o_len, pure)

    def define_pure(self, f: Function) -> Function:
        """Define ``f``, which does nothing but give a value."""
        return self.define(f, pure=True)

    def define_info(
        self, o_len: int | None = None, pure: bool = False
    ) -> Callable[[Function], Function]:
        """A decorator that defines an operation of which these things are known."""
        return lambda f: self.define(f, o_len, pure)

    def undefine(self, f: str | Operation) -> None:
        """Forget an operation, by name or as it was defined."""
        name = f if isinstance(f, str) else f.__name__
        del self._impls[name], self._facts[name]

    def inject(self, *args: str, **kwargs: str) -> dict[str, SymbolTableEntry]:
        """Operations by name, or by another name: ``inject("log", ln="log")``.

        Raises:
            PyllImportError: there is no such operation.
        """
        wanted = {**{name: name for name in args}, **kwargs}
        for name in wanted.values():
            if name not in self._impls:
                raise PyllImportError(f"the scope has no operation {name!r}")
        return {called: SymbolTableEntry(self, name) for called, name in wanted.items()}

    def import_(self, into: dict[str, Any], *args: str, **kwargs: str) -> None:
        """Put operations into a namespace, such as ``globals()``; see :meth:`inject`."""
        into.update(self.inject(*args, **kwargs))

    def kwswitch(self, kw: object, **kwargs: object) -> Apply:
        """A switch whose options have names: the one that is called ``kw`` is evaluated."""
        names = tuple(sorted(kwargs))
        index = self.call_method_pure(names, "index", kw)
        return self.switch(index, *(kwargs[name] for name in names))

    def one_of(self, *args: object) -> Apply:
        """One of ``args``, each as likely."""
        return self.switch(self.randint(len(args)), *args)

    def choice(self, args: Iterable[object]) -> Apply:
        """One of what is in ``args``, each as likely."""
        return self.one_of(*args)

    def knows(self, name: str) -> bool:
        """Whether there is an operation of that name."""
        return name in self._impls or name == "literal"

    def implementation(self, name: str) -> Operation:
        """The function of that name."""
        return self._impls[name]

    def definition(self, name: str) -> dict[str, Any] | None:
        """What defines a user's operation elsewhere; None for what every parzen has."""
        if name in self._built_in or name not in self._impls:
            return None
        return {"f": self._impls[name], **self._facts[name]}

    def settle(self) -> None:
        """Take all that is defined so far for what every parzen has."""
        self._built_in = frozenset(self._impls)

    def builtin(self, name: str, f: Operation, *, pure: bool = True) -> None:
        """Define a function of Python's or numpy's under ``name``."""
        self._define(f, name, None, pure)

    def _define(self, f: Function, name: str, o_len: int | None, pure: bool) -> Function:
        self._impls[name] = f
        self._facts[name] = {"o_len": o_len, "pure": pure}
        return f

    def new_apply(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Apply:
        """A node that applies the operation ``name``."""
        named = sorted((keyword, as_apply(value)) for keyword, value in kwargs.items())
        nodes = [as_apply(value) for value in args]
        return Apply(name, nodes, named, **self._facts[name])


class SymbolTableEntry:
    """``scope.NAME``: makes nodes that apply one operation."""

    def __init__(self, symbol_table: SymbolTable, apply_name: str) -> None:
        self.symbol_table, self.apply_name = symbol_table, apply_name

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        """A node that applies it to ``args``."""
        return self.symbol_table.new_apply(self.apply_name, args, kwargs)

    def __repr__(self) -> str:
        return f"scope.{self.apply_name}"


scope = SymbolTable()
"""The operations that there are."""
