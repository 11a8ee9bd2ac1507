"""Constants of parzen's samplers, replaced for the time of a run to see what each is worth.

They stand behind the sampler's name and options: ``auto@search.UNIFORM=0;ranking.SEEN=512``. Their
values are Python literals; ``;`` stands between them, since tuples have commas.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from peers import registry, sources

PACKAGE = "parzen.coordinator.samplers"


def parse(text: str) -> Mapping[str, Any]:
    """The constants that ``text``, a sampler as it is written, replaces: by module.CONSTANT.

    Raises:
        ValueError: there is no such constant, the sampler does not go by it, or its value is of
            another type.
    """
    _, _, rest = text.partition("@")
    return dict(_parsed(text, item) for item in filter(None, rest.split(";")))


@contextmanager
def replaced(text: str) -> Iterator[None]:
    """The constants of ``text`` replaced for the time of a block, wherever they are imported."""
    changed = parse(text)
    if changed:  # a module that came later would import the other value, and keep it
        registry.preload(registry.parse(text)[0])
    with ExitStack() as stack:
        for name, value in changed.items():
            module, _, constant = name.partition(".")
            usual = getattr(importlib.import_module(f"{PACKAGE}.{module}"), constant)
            for each in _importers(constant, usual):
                stack.enter_context(patch.object(each, constant, value))
        yield


def _importers(constant: str, usual: Any) -> list[Any]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(f"{PACKAGE}.") and getattr(module, constant, None) is usual
    ]


def _parsed(text: str, item: str) -> tuple[str, Any]:
    name, equals, literal = item.partition("=")
    module, dot, constant = name.partition(".")
    if not (equals and dot and constant.isupper()):
        raise ValueError(
            f"sampler {text!r} has {item!r} where a constant should stand: expected "
            "module.CONSTANT=value, as in auto@search.UNIFORM=0"
        )
    known = {
        found.name for found in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__)
    }
    usual = (
        getattr(importlib.import_module(f"{PACKAGE}.{module}"), constant, None)
        if (module in known)
        else None
    )
    if usual is None:
        raise ValueError(f"sampler {text!r}: there is no constant {name!r} in {PACKAGE}")
    if f"{PACKAGE}.{module}" not in _modules(registry.parse(text)[0]):
        raise ValueError(
            f"sampler {text!r} does not go by {name}: expected a constant of a module that it uses"
        )
    try:
        return name, _like(usual, ast.literal_eval(literal))
    except (SyntaxError, TypeError, ValueError):
        raise ValueError(
            f"sampler {text!r} sets {name} to {literal!r}: expected one like {usual!r}"
        ) from None


@functools.cache
def _modules(sampler: str) -> frozenset[str]:
    """The modules that the sampler's proposals come from; none of parzen's for a peer."""
    return frozenset(module for root in registry.roots(sampler) for module in sources.modules(root))


def _like(usual: Any, value: Any) -> Any:
    """The value, of the type of the usual one; items of a tuple are like its first.

    Raises:
        TypeError: it is of another.
    """
    if type(usual) is float and type(value) is int:
        return float(value)
    if type(value) is not type(usual):
        raise TypeError
    return tuple(_like(usual[0], item) for item in value) if isinstance(usual, tuple) else value
