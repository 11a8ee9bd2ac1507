"""How a user's functions are called: ``objective(params)`` or ``(params, trial)``, and others."""

from __future__ import annotations

import functools
import inspect
import keyword
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parzen.shared.errors import InvalidObjective, InvalidStudy
from parzen.shared.plain import shown

PICKLE = "pickle"
"""The entry of an objective that travels as a pickle, not as a name."""


def described(target: object) -> str:
    """``target`` in a message: its name where it has one."""
    name = getattr(target, "__qualname__", None)
    return repr(name) if isinstance(name, str) else repr(target)


def takes_trial(objective: Callable[..., Any]) -> bool:
    """Whether ``objective`` takes the trial besides the parameters.

    It does where it has two positional parameters without defaults, or a second one named
    ``trial``. A builtin that tells nothing about itself takes the parameters only.

    Raises:
        InvalidObjective: it is no callable of one or two arguments that returns a number.
    """
    _check_callable(objective, "objective")
    try:
        signature = inspect.signature(objective)
    except (ValueError, TypeError):
        return False
    every = signature.parameters.values()
    free = inspect.Parameter.empty
    positional = [p for p in every if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in positional if p.default is free]
    more = any(p.kind is p.VAR_POSITIONAL for p in every)
    stuck = [p.name for p in every if p.kind is p.KEYWORD_ONLY and p.default is free]
    if len(required) > 2 or (not positional and not more) or stuck:  # noqa: PLR2004 - the two forms
        raise InvalidObjective(
            f"the objective {described(objective)} has the signature {signature}; it must take "
            "(params) or (params, trial), and a default for whatever else it takes"
        )
    second = positional[1].name if len(positional) > 1 else None
    return len(required) == 2 or second == "trial"  # noqa: PLR2004 - params and trial


def check_setup(setup: Callable[..., Any]) -> None:
    """See that ``setup`` can be called without arguments.

    Raises:
        InvalidObjective: it cannot.
    """
    _check_callable(setup, "setup", may_be_class=True)
    try:
        inspect.signature(setup).bind()
    except ValueError:
        return  # a builtin that tells nothing about itself
    except TypeError as fault:
        raise InvalidObjective(
            f"setup {described(setup)} must be callable without arguments: {fault}"
        ) from fault


def check_sampler(sampler: Callable[..., Any]) -> None:
    """See that ``sampler`` can be called with what it is to know, and a generator.

    Raises:
        InvalidStudy: it cannot.
    """
    try:
        _check_callable(sampler, "sampler")
    except InvalidObjective as fault:
        raise InvalidStudy(str(fault)) from None
    try:
        inspect.signature(sampler).bind("seen", "rng")
    except ValueError:
        return  # a builtin that tells nothing about itself
    except TypeError:
        raise InvalidStudy(
            f"the sampler {described(sampler)} has the signature {inspect.signature(sampler)}; it "
            "must take (seen, rng), and a default for whatever else it takes"
        ) from None


def full_name(function: Callable[..., Any]) -> str:
    """``module.qualname`` of a function, or of what an instance with ``__call__`` is made of.

    The script that runs is called by its file, as it is where another process imports it.
    """
    while isinstance(function, functools.partial):
        function = function.func
    named: Any = function if hasattr(function, "__qualname__") else type(function)
    module = getattr(named, "__module__", None) or "__main__"
    if module == "__main__":
        file = getattr(sys.modules.get(module), "__file__", None)
        module = Path(file).stem if file else module
    return f"{module}.{named.__qualname__}"


def check_shares(*, has_setup: bool, with_trial: bool, objective: object) -> None:
    """See that what ``setup`` returns has a way into the objective.

    Raises:
        InvalidObjective: there is a setup, and the objective does not take the trial.
    """
    if has_setup and not with_trial:
        raise InvalidObjective(
            f"what setup() returns is handed over as trial.shared, so the objective "
            f"{described(objective)} must take (params, trial)"
        )


def _check_callable(target: object, role: str, *, may_be_class: bool = False) -> None:
    if not callable(target):
        raise InvalidObjective(f"the {role} {target!r} cannot be called; give a function")
    if isinstance(target, type):
        if may_be_class:
            return
        raise InvalidObjective(
            f"the {role} {described(target)} is a class; give a function, or an instance with "
            "__call__"
        )
    inner: Any = target
    while isinstance(inner, functools.partial):
        inner = inner.func
    call = inner if inspect.isroutine(inner) else type(inner).__call__
    if inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call):
        raise InvalidObjective(
            f"the {role} {described(target)} is asynchronous; call asyncio.run inside a plain "
            "function instead"
        )
    if inspect.isgeneratorfunction(call):
        raise InvalidObjective(
            f"the {role} {described(target)} is a generator function; it must return, not yield"
        )


def check_entry(entry: str, role: str = "objective") -> tuple[str, str]:
    """The module and the dotted name within it of "package.module:function".

    Raises:
        InvalidObjective: ``entry`` is not of that form.
    """
    module, colon, name = entry.partition(":")
    parts = [*module.split("."), *name.split(".")]
    if not colon or not all(p.isidentifier() and not keyword.iskeyword(p) for p in parts):
        raise InvalidObjective(
            f"the {role} {shown(entry)} must be of the form 'package.module:function'"
        )
    if module.endswith(".py"):
        raise InvalidObjective(
            f"the {role} {shown(entry)} names a file; write its module, "
            f"{module.removesuffix('.py') + ':' + name!r}"
        )
    return module, name
