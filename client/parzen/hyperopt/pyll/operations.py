"""What every scope has: arithmetic, comparisons, containers, calls and choices."""

from __future__ import annotations

import copy
import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from parzen.hyperopt.pyll.graph import Apply, apply
from parzen.hyperopt.pyll.symbols import SymbolTableEntry, scope

for _name, _function in {
    **{f.__name__: f for f in (list, dict, range, len, int, float, map, max, min, getattr)},
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "floordiv")},
    **{name: getattr(operator, name) for name in ("neg", "eq", "ne", "lt", "le", "gt", "ge")},
    **{name: getattr(operator, name) for name in ("getitem", "pow")},
    **{name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "sqrt")},
    **{name: getattr(np, name) for name in ("minimum", "maximum")},
}.items():
    scope.builtin(_name, _function)


@scope.define_pure
def pos_args(*args: Any) -> tuple[Any, ...]:
    """A tuple."""
    return args


@scope.define_pure
def identity(obj: Any) -> Any:
    """``obj``."""
    return obj


@scope.define_pure
def switch(pos: int, *args: Any) -> Any:
    """The one of ``args`` at ``pos``; an evaluation computes no other."""
    return args[pos]


@scope.define
def call(fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] = {}) -> Any:
    """What ``fn`` returns."""
    return fn(*args, **kwargs)


@scope.define
def callpipe1(fn_list: Sequence[Callable[[Any], Any]], arg: Any) -> Any:
    """``arg`` through one function after the other."""
    for fn in fn_list:
        arg = fn(arg)
    return arg


@scope.define
def partial(name: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Apply]:
    """A function of one argument more that applies the operation ``name``, or ``scope.NAME``."""
    called = name.apply_name if isinstance(name, SymbolTableEntry) else str(name)
    return lambda last: apply(called, *args, last, **kwargs)


@scope.define_pure
def sum(x: Any, axis: int | None = None) -> Any:  # noqa: A001 - the operation's name
    """The sum of an array, whole or along an axis."""
    return np.sum(x, axis=axis)


@scope.define_pure
def asarray(a: Any, dtype: Any = None) -> Any:
    """An array."""
    return np.asarray(a, dtype=dtype)


@scope.define_pure
def array_union(*args: Any) -> Any:
    """What any of the arrays holds, once each, in order."""
    return np.asarray(sorted({item for array in args for item in array}))


@scope.define_pure
def str_join(s: str, seq: Sequence[str]) -> str:
    """``s.join(seq)``."""
    return s.join(seq)


@scope.define_pure
def repeat(n_times: int, obj: Any) -> list[Any]:
    """A list of ``n_times`` the same."""
    return [obj] * n_times


@scope.define
def call_method(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """What a method of ``obj`` returns."""
    return getattr(obj, methodname)(*args, **kwargs)


@scope.define_pure
def call_method_pure(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """What a method of ``obj`` returns that changes nothing."""
    return getattr(obj, methodname)(*args, **kwargs)


@scope.define_pure
def copy_call_method_pure(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """What a method of a copy of ``obj`` returns."""
    return getattr(copy.copy(obj), methodname)(*args, **kwargs)


@scope.define_pure
def Raise(etype: type[BaseException], *args: Any, **kwargs: Any) -> Any:  # noqa: N802 - Hyperopt's name
    """Raise an exception where it is evaluated."""
    raise etype(*args, **kwargs)


@scope.define_info(o_len=2)
def curtime(obj: Any) -> tuple[float, Any]:
    """(seconds since the epoch, ``obj``)."""
    return time.time(), obj


@scope.define
def hyperopt_param(label: str, obj: Any) -> Any:  # noqa: ARG001 - an evaluation needs no name
    """Marks what is searched: the draw ``obj`` under the name ``label``."""
    return obj
