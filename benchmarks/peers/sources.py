"""What a sampler's proposals go by: a digest of the source that makes them."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGES = ("parzen.coordinator", "parzen.hyperopt")


@functools.cache
def digest(module: str) -> str:
    """A digest, in hex, of ``module`` and of all it imports from ``PACKAGES``.

    Comments, docstrings and layout do not enter it.
    """
    hashed = hashlib.blake2b(digest_size=8)
    for name, tree in sorted(_reachable(module).items()):
        hashed.update(f"{name}\n{ast.dump(_bare(tree))}\n".encode())
    return hashed.hexdigest()


@functools.cache
def modules(module: str) -> Sequence[str]:
    """The names of the modules that enter :func:`digest`."""
    return tuple(sorted(_reachable(module)))


def _reachable(module: str) -> dict[str, ast.Module]:
    found: dict[str, ast.Module] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if name not in found and path is not None:
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
            waiting += _imports(found[name])
    return found


def _file(module: str) -> Path | None:
    """The module's file; None where it is none of ``PACKAGES``, or no module but what is in one."""
    package = next((name for name in PACKAGES if module.startswith(f"{name}.")), None)
    if package is None:
        return None
    path = _root(package).joinpath(*module[len(package) + 1 :].split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _root(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed: expected parzen's own source")
    return Path(next(iter(spec.submodule_search_locations)))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _bare(tree: ast.Module) -> ast.Module:
    """The tree without docstrings, and without strings that stand alone after a name."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [n for n in body if not _is_text(n)]  # type: ignore[attr-defined]  # has one
    return tree


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
