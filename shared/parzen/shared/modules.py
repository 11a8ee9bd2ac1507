"""Which files travel with an objective, and which installed packages it needs.

The files are those that lie beside the submitted one and that it imports, directly or through one
another: ``name.py`` or a package folder. Nothing of the standard library, of site-packages or of
parzen itself travels.
"""

from __future__ import annotations

import ast
import importlib.machinery
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

if sys.version_info >= (3, 11):
    from importlib import metadata
else:  # the library's own, of Python 3.10, knows only distributions that list their modules
    import importlib_metadata as metadata

from parzen.shared.errors import InvalidObjective

OURS = frozenset({"parzen", "cloudpickle"})
"""What every worker has, by being one."""


@dataclass(frozen=True, slots=True)
class Imports:
    """The modules that one file imports, by their dotted names.

    ``needed`` are imported as the file is, so that it cannot do without them; ``possible`` also
    holds what it imports inside functions, or tries to. ``from a import b`` counts as a and a.b.
    """

    needed: frozenset[str]
    possible: frozenset[str]


@dataclass(frozen=True, slots=True)
class Travelling:
    """Files by their name in the bundle (``pkg/mod.py``), and what is needed from elsewhere.

    ``needed`` are top-level modules.
    """

    files: Mapping[str, Path]
    needed: frozenset[str]


def imports(path: Path, package: Sequence[str] = ()) -> Imports:
    """What the Python file ``path``, which lies in ``package``, imports.

    Raises:
        InvalidObjective: it cannot be read as Python.
    """
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except (OSError, SyntaxError, ValueError) as fault:
        raise InvalidObjective(
            f"the file {str(path)!r} belongs to the objective but cannot be read as Python: {fault}"
        ) from fault
    possible = frozenset(_names(ast.walk(tree), package))
    return Imports(frozenset(_names(_at_import(tree.body), package)), possible)


def _names(nodes: Iterable[ast.AST], package: Sequence[str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from filter(None, [base])
            yield from (f"{base}.{alias.name}" for alias in node.names if base)


def _at_import(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """The statements that run without fail when the file is imported."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.ClassDef, ast.With)):
            yield from _at_import(statement.body)


def top(dotted: str) -> str:
    """The outermost module of a dotted name."""
    return dotted.partition(".")[0]


def root_of(path: Path) -> Path:
    """The folder from which ``path`` is imported: above its outermost package."""
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def travelling(roots: Sequence[Path], possible: Iterable[str], needed: Iterable[str]) -> Travelling:
    """The files beside the submitted one that an objective brings along.

    Args:
        roots: folders to look in, in order; installed ones are left out.
        possible: dotted names of what the objective, or its file, may import.
        needed: of these, what it cannot do without.

    Raises:
        InvalidObjective: a file that should travel cannot be read as Python.
    """
    folders = [root for root in dict.fromkeys(roots) if not is_installed(root)]
    files: dict[str, Path] = {}
    found: dict[str, Imports] = {}
    waiting, seen = [*possible, *needed], set[str]()
    while waiting:
        name = top(waiting.pop())
        if name in seen or name in OURS or name in sys.stdlib_module_names:
            continue
        seen.add(name)
        for arcname, path in _beside(folders, name):
            files[arcname] = path
            found[arcname] = imports(path, arcname.split("/")[:-1])
            waiting.extend(found[arcname].possible)
    return Travelling(dict(sorted(files.items())), _needed_elsewhere(needed, found))


def _needed_elsewhere(needed: Iterable[str], found: Mapping[str, Imports]) -> frozenset[str]:
    """Follow what is certainly imported through the files; the top-level modules beyond them."""
    waiting, seen, elsewhere = list(needed), set[str](), set[str]()
    tops = {arcname.partition("/")[0].removesuffix(".py") for arcname in found}
    while waiting:
        name = waiting.pop()
        if top(name) not in tops:
            elsewhere.add(top(name))
            continue
        for arcname in _files_of(name, found):
            if arcname not in seen:
                seen.add(arcname)
                waiting.extend(found[arcname].needed)
    return frozenset(elsewhere)


def _files_of(dotted: str, found: Mapping[str, Imports]) -> Iterator[str]:
    parts = dotted.split(".")
    for end in range(1, len(parts) + 1):
        path = "/".join(parts[:end])
        yield from (name for name in (f"{path}.py", f"{path}/__init__.py") if name in found)


def _beside(folders: Sequence[Path], name: str) -> list[tuple[str, Path]]:
    for folder in folders:
        package, module = folder / name, folder / f"{name}.py"
        if (package / "__init__.py").is_file():
            return list(_package(folder, package))
        if module.is_file():
            return [(module.name, module)]
        if package.is_dir() and not _installed_elsewhere(name, package):
            return list(_package(folder, package))
    return []


def _package(folder: Path, package: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(package.rglob("*.py")):
        inner = path.relative_to(folder)
        if not any(part == "__pycache__" or part.startswith(".") for part in inner.parts):
            yield inner.as_posix(), path


def _installed_elsewhere(name: str, package: Path) -> bool:
    """Whether Python prefers an ordinary module to the folder without ``__init__.py``."""
    elsewhere = [entry for entry in sys.path if Path(entry or ".").resolve() != package.parent]
    spec = importlib.machinery.PathFinder.find_spec(name, elsewhere)
    return spec is not None and spec.origin is not None


@lru_cache(maxsize=1)
def _installed_folders() -> tuple[Path, ...]:
    paths = [sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("scripts")]
    return tuple(Path(path).resolve() for path in paths if path)


def is_installed(path: Path) -> bool:
    """Whether ``path`` belongs to Python or to an installed package, not to the user's own work."""
    folder = path.resolve()
    return any(folder.is_relative_to(other) for other in _installed_folders())


@dataclass(frozen=True, slots=True)
class Packages:
    """Installed packages: the version of each distribution, and who provides which import."""

    versions: Mapping[str, str]
    imports: Mapping[str, str]


def packages(names: Iterable[str]) -> Packages:
    """The installed third-party distributions that provide the top-level modules ``names``."""
    wanted = {name for name in names if name not in sys.stdlib_module_names and name not in OURS}
    providers = metadata.packages_distributions() if wanted else {}
    chosen = {name: min(providers[name]) for name in sorted(wanted) if name in providers}
    versions = {found: metadata.version(found) for found in sorted(set(chosen.values()))}
    return Packages(versions, chosen)
