"""What a trial did to the interpreter itself: patched modules, settings, and rights given up."""

from __future__ import annotations

import base64
import builtins
import gc
import json
import json.decoder
import json.encoder
import locale
import math
import os
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

OURS: tuple[ModuleType, ...] = (
    *(builtins, os, sys, time, json, json.encoder, json.decoder, struct, select, socket),
    *(signal, threading, math, base64, gc),
)
"""What a child itself runs on, builtins first: nothing else works without those."""

FREE = frozenset({"stdin", "stdout", "stderr", "argv", "path", "last_type", "last_value"})
"""Names in ``sys`` that programs may set, or that are looked at elsewhere."""


def _collect_garbage(on: bool) -> None:
    gc.enable() if on else gc.disable()


SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (sys.getswitchinterval, sys.setswitchinterval),
    (socket.getdefaulttimeout, socket.setdefaulttimeout),
    (gc.isenabled, _collect_garbage),
    (lambda: locale.setlocale(locale.LC_ALL), lambda was: locale.setlocale(locale.LC_ALL, was)),
)
"""What can be set back as if nothing had been."""

RIGHTS = re.compile(
    rb"^(?:Uid|Gid|Groups|CapPrm|NoNewPrivs|Seccomp|Cpus_allowed):.*$", re.MULTILINE
)
"""Lines of /proc/self/status."""

STATUS = "/proc/self/status"

STATUS_BYTES = 1 << 16
"""More than it ever has."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The interpreter as it was when a trial began."""

    names: tuple[tuple[ModuleType, dict[str, Any]], ...]
    modules: dict[str, ModuleType]
    settings: tuple[Any, ...]
    filters: list[Any]
    niceness: int
    rights: tuple[bytes, ...]


def again(before: Interpreter) -> Interpreter:
    """How the interpreter stands after :func:`put_back` to ``before`` found nothing."""
    if len(sys.modules) == len(before.modules):  # all that stood stands, so they are the same
        return before
    return replace(before, modules=dict(sys.modules))


def take() -> Interpreter:
    """How the interpreter stands now."""
    return Interpreter(
        names=tuple((module, _public(module)) for module in OURS),
        modules=dict(sys.modules),
        settings=tuple(get() for get, _ in SETTINGS),
        filters=list(warnings.filters),
        niceness=os.getpriority(os.PRIO_PROCESS, 0),
        rights=_rights(),
    )


def put_back(before: Interpreter) -> list[str]:
    """Undo what can be undone; what cannot be relied on afterwards, each in a few words.

    What :func:`mend` puts back is put back before.
    """
    found = _replaced(before)
    for (get, put), was in zip(SETTINGS, before.settings, strict=True):
        if get() != was:
            put(was)
    if warnings.filters != before.filters:
        warnings.filters[:] = before.filters  # type: ignore[index]  # a list, whatever typeshed says
        warnings._filters_mutated()  # type: ignore[attr-defined]  # noqa: SLF001 - its own cache
    if os.getpriority(os.PRIO_PROCESS, 0) != before.niceness:
        found.append("another priority")
    if _rights() != before.rights:
        found.append("other rights")
    _reseed()
    return found


def _public(module: ModuleType) -> dict[str, Any]:
    special = module is builtins
    return {
        name: value
        for name, value in vars(module).items()
        if (special or not name.startswith("_")) and name not in FREE and name != "_"
        if not isinstance(value, int)  # half of all names, of constants that nobody patches
    }


def mend(before: Interpreter) -> list[str]:
    """Put back what a child runs on, before it does anything else; what was another."""
    found = []
    for module, names in before.names:
        now = module.__dict__
        for name, was in names.items():
            if now.get(name, names) is not was:
                now[name] = was
                found.append(f"another {module.__name__}.{name}")
    return found


def _replaced(before: Interpreter) -> list[str]:
    now = sys.modules
    if before.modules.items() <= now.items():
        return []
    lost = [name for name, module in before.modules.items() if now.get(name) is not module]
    for name in lost:
        now[name] = before.modules[name]
    return [f"another module {name}" for name in lost]


def _rights() -> tuple[bytes, ...]:
    try:
        file = os.open(STATUS, os.O_RDONLY)
    except OSError:  # no Linux
        return (f"{os.getresuid() if hasattr(os, 'getresuid') else os.getuid()}".encode(),)
    try:
        return tuple(RIGHTS.findall(os.read(file, STATUS_BYTES)))
    finally:
        os.close(file)


def _reseed() -> None:
    """No trial's random numbers depend on the trial before it."""
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed()
