"""Constants of parzen's samplers, replaced for the time of a run to see what each is worth.

They stand behind the sampler's name and options: ``auto@search.UNIFORM=0;ranking.SEEN=512``.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

PACKAGE = "parzen.coordinator.samplers"


def parse(text: str) -> Mapping[str, Any]:
    """The constants that ``text``, a sampler as it is written, replaces: by module.CONSTANT.

    Raises:
        ValueError: there is no such constant, or its value is of another type.
    """
    _, _, rest = text.partition("@")
    return dict(_parsed(text, item) for item in filter(None, rest.split(";")))


@contextmanager
def replaced(text: str) -> Iterator[None]:
    """The constants of ``text`` replaced for the time of a block, wherever they are imported."""
    with ExitStack() as stack:
        for name, value in parse(text).items():
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
    known = {found.name for found in pkgutil.iter_modules(_package().__path__)}
    usual = (
        getattr(importlib.import_module(f"{PACKAGE}.{module}"), constant, None)
        if (module in known)
        else None
    )
    if usual is None:
        raise ValueError(f"sampler {text!r}: there is no constant {name!r} in {PACKAGE}")
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        value = None
    if isinstance(usual, float) and isinstance(value, int):
        value = float(value)
    if type(value) is not type(usual):
        raise ValueError(
            f"sampler {text!r} sets {name} to {literal!r}: expected one like {usual!r}"
        )
    return name, value


def _package() -> Any:
    return importlib.import_module(PACKAGE)
