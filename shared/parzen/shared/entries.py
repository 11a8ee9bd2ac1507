"""Objectives that workers import by name: "package.module:function".

Where a worker unpickles nothing, such a name is all that a bundle decides, and it must not become a
way to call ``os.system``: see :class:`Importable`.
"""

from __future__ import annotations

import functools
import importlib
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from parzen.shared.errors import Incompatible, InvalidObjective, Untrusted
from parzen.shared.signatures import PICKLE, check_entry

SPECIAL = "__"
"""Names that begin with it lead into Python's own machinery."""


@dataclass(frozen=True, slots=True)
class Importable:
    """Whose functions may be called by name where nothing is unpickled.

    They must be defined in an installed module: not in the standard library, whose functions run
    commands and write files, and where ``prefixes`` are given, in one of these modules or below.
    An attribute that is a module of its own, or a function that was only imported into an allowed
    module, does not count as defined there.
    """

    prefixes: tuple[str, ...] = ()

    def check_name(self, entry: str, role: str) -> None:
        """See that ``entry``, of a manifest or a document, may be imported at all; nothing is.

        Raises:
            Untrusted: it may not.
        """
        if entry == PICKLE:
            raise Untrusted(
                f"the {role} travels as a pickle, and this worker unpickles nothing "
                "(--no-pickle): submit it as 'package.module:function'"
            )
        try:
            module, name = check_entry(entry, role)
        except InvalidObjective as fault:
            raise Untrusted(f"{fault}, for this worker unpickles nothing (--no-pickle)") from fault
        if any(part.startswith(SPECIAL) for part in [*module.split("."), *name.split(".")]):
            raise Untrusted(
                f"the {role} {entry!r} leads into Python's own machinery, and this worker calls "
                "only functions of installed modules (--no-pickle)"
            )
        self._check_module(module, f"the {role} {entry!r} is a function of {module!r}")

    def check_found(self, found: object, entry: str, role: str) -> None:
        """See that what ``entry`` has led to is defined where its functions may be called.

        Raises:
            Untrusted: it is defined elsewhere.
        """
        while isinstance(found, functools.partial):
            found = found.func
        home = getattr(found, "__module__", None)
        if not isinstance(home, str):
            home = type(found).__module__
        self._check_module(home, f"the {role} {entry!r} is defined in {home!r}")

    def _check_module(self, module: str, what: str) -> None:
        if module.partition(".")[0] in sys.stdlib_module_names:
            raise Untrusted(
                f"{what}, in Python's standard library, from which this worker calls nothing "
                "(--no-pickle)"
            )
        if self.prefixes and not any(f"{module}.".startswith(f"{p}.") for p in self.prefixes):
            raise Untrusted(
                f"{what}, and this worker calls only functions of {', '.join(self.prefixes)} "
                "(--allow-entry)"
            )


def resolve(entry: str, role: str, only: Importable | None = None) -> Any:
    """Import what ``entry`` names; ``role`` is "objective" or "setup", for messages.

    Raises:
        Untrusted: ``only`` does not allow it; what its name forbids is not even imported.
        Incompatible: a module is missing.
        InvalidObjective: the module cannot be imported, or has no such name.
    """
    if only is not None:
        only.check_name(entry, role)
    module, name = check_entry(entry, role)
    found: Any = _module(module, entry, role)
    for part in name.split("."):
        if not hasattr(found, part):
            raise InvalidObjective(
                f"the {role} {entry!r} does not exist: {module!r} "
                f"(from {getattr(sys.modules[module], '__file__', None)}) has no {name!r}"
            )
        found = getattr(found, part)
        if only is not None and isinstance(found, ModuleType):
            raise Untrusted(
                f"the {role} {entry!r} leads through {found.__name__!r}, a module of its own: name "
                "it as 'package.module:function'"
            )
    if only is not None:
        only.check_found(found, entry, role)
    return found


def _module(module: str, entry: str, role: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as fault:
        raise missing(fault) from fault
    except Exception as fault:
        raise InvalidObjective(
            f"importing {module!r} for the {role} {entry!r} raised {type(fault).__name__}: {fault}"
        ) from fault


def missing(fault: ImportError) -> Incompatible:
    """What a worker lacks, from the fault of an import."""
    if isinstance(fault, ModuleNotFoundError) and fault.name:
        return Incompatible(
            f"the objective needs the module {fault.name!r}, which this worker lacks; install it "
            "there, or keep it beside the submitted file so that it travels"
        )
    return Incompatible(f"the objective cannot be imported on this worker: {fault}")
