"""Cloudpickle within a limit of bytes, for functions of the submitted file and their caches."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import cloudpickle

from parzen.shared.captured import CACHED, by_value

NAMELESS = "<dynamic-code>"
"""The file of code that cloudpickle names none for."""

_registry = threading.Lock()  # cloudpickle's list of modules by value is the process's own


class TooLarge(Exception):
    """The pickle has outgrown the limit."""


class _Sink(io.RawIOBase):
    """Keeps what is written, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.chunks: list[bytes] = []
        self.left = limit

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.left -= size
        if self.left < 0:
            raise TooLarge
        self.chunks.append(bytes(data))
        return size


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle is untyped
    """Cloudpickle's, which also takes functions of the submitted file that are cached."""

    def reducer_override(self, obj: Any) -> Any:
        registered = cloudpickle.list_registry_pickle_by_value()
        if isinstance(obj, CACHED) and by_value(
            obj, registered
        ):  # Python itself would write their name only
            return cached_again, (obj.cache_parameters(), obj.__wrapped__)
        if isinstance(obj, CodeType):
            return _named(obj, self.dispatch_table[CodeType](obj))
        return super().reducer_override(obj)


def _named(code: CodeType, reduced: tuple[Any, tuple[Any, ...]]) -> tuple[Any, tuple[Any, ...]]:
    """A reduced code object that says which file it is from, for tracebacks.

    Cloudpickle tells the whole path, or nothing, by its version. The signs around the name keep
    Python from showing lines of another file of that name. What was typed in a notebook has no
    file, and a name of its own in each session: it is left out, so that the same code stays the
    same bytes.
    """
    make, parts = reduced
    file = Path(code.co_filename)
    name = f"<{file.name}>" if file.is_file() else NAMELESS
    told = (code.co_filename, NAMELESS)
    return make, tuple(name if isinstance(p, str) and p in told else p for p in parts)


def cached_again(parameters: Mapping[str, Any], function: Callable[..., Any]) -> Any:
    """``function`` with an empty ``lru_cache`` of these ``parameters``."""
    return functools.lru_cache(**parameters)(function)


@contextlib.contextmanager
def by_value_modules(names: frozenset[str]) -> Iterator[None]:
    """Have cloudpickle write out the functions of these modules, for as long as this lasts."""
    with _registry:
        fresh = names - cloudpickle.list_registry_pickle_by_value()
        for name in fresh:
            cloudpickle.register_pickle_by_value(sys.modules[name])
        try:
            yield
        finally:
            for name in fresh:
                cloudpickle.unregister_pickle_by_value(sys.modules[name])


def dumps(content: object, limit: int) -> bytes:
    """The cloudpickle of ``content``; stops at ``limit`` bytes."""
    sink = _Sink(limit)
    _Pickler(sink).dump(content)
    return b"".join(sink.chunks)
