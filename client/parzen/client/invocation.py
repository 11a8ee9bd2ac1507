"""How to call parzen from here so that it means the same store, for messages to tell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.home import StoreAddress, default_home
from parzen.shared.redaction import holds_secret

MODULE = "parzen.client.cli"
"""What ``python -m`` runs where there is no console script."""

VARIABLES = {
    "--store": "PARZEN_STORE",
    "--store-file": "PARZEN_STORE_FILE",
    "--data-dir": "PARZEN_HOME",
}

HIDDEN_HERE = "PARZEN_STORE_WAS_OPTION"
"""Set where ``PARZEN_STORE`` is not the caller's, but was moved there out of the arguments."""


@dataclass(frozen=True)
class Invocation:
    """The program's words, and the option that names the store where one is needed."""

    program: tuple[str, ...] = ("parzen",)
    option: tuple[str, str] | None = None

    def line(self, command: str, *arguments: str) -> str:
        """A line for a shell that calls a command of parzen."""
        return shlex.join([*self.program, command, *arguments, *(self.option or ())])

    def python(self, code: str) -> str:
        """A line for a shell that runs ``code`` with this interpreter, in the same store."""
        words = shlex.join([sys.executable, "-c", code])
        if self.option is None:
            return words
        key, value = self.option
        return f"{VARIABLES[key]}={shlex.quote(value)} {words}"


def here(where: StoreAddress) -> Invocation:
    """How this process would call parzen for the store ``where``."""
    return Invocation(program(sys.argv[0]), option(where, os.environ))


def program(called: str) -> tuple[str, ...]:
    """The shortest words that call this parzen from any directory.

    ``called`` is ``sys.argv[0]``.
    """
    beside = Path(sys.executable).parent / "parzen"
    script = Path(called) if Path(called).name == "parzen" else beside
    if not script.is_file():
        return (sys.executable, "-m", MODULE)
    found = shutil.which("parzen")
    if found is not None and Path(found).samefile(script):
        return ("parzen",)
    return (str(script.absolute()),)


def option(where: StoreAddress, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The option that names ``where``, or None for the embedded server in its usual place.

    What only the environment says is repeated, since a line may be pasted into another shell. An
    address that holds a user is not: it may hold a password.
    """
    if where.store is None:
        return None if where.home == default_home() else ("--data-dir", str(where.home))
    if where.file is not None:
        return ("--store-file", str(where.file))
    if not holds_secret(where.store) and "@" not in where.store:
        return ("--store", where.store)
    callers = environ.get("PARZEN_STORE") == where.store and HIDDEN_HERE not in environ
    return None if callers else ("--store", "URI")
