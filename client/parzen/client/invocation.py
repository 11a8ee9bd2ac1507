"""How to call parzen from here so that it means the same store, for messages to tell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.home import StoreAddress

MODULE = "parzen.client.cli"
"""What ``python -m`` runs where there is no console script."""


@dataclass(frozen=True)
class Invocation:
    """The program's words, and the options that name the store."""

    program: tuple[str, ...] = ("parzen",)
    options: tuple[str, ...] = ()

    def line(self, command: str, *arguments: str) -> str:
        """A line to paste into a shell."""
        return shlex.join([*self.program, command, *arguments, *self.options])


def here(where: StoreAddress) -> Invocation:
    """How this process would call parzen for the store ``where``."""
    return Invocation(program(sys.argv[0]), options(where, os.environ))


def program(called: str) -> tuple[str, ...]:
    """The shortest words that call this parzen; ``called`` is ``sys.argv[0]``."""
    script = (
        Path(called) if Path(called).name == "parzen" else Path(sys.executable).parent / "parzen"
    )
    if not script.is_file():
        return (sys.executable, "-m", MODULE)
    found = shutil.which("parzen")
    if found is not None and Path(found).samefile(script):
        return ("parzen",)
    return (str(script),)


def options(where: StoreAddress, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The options that name ``where``, but what the environment says already.

    An address that holds a user is not repeated: it may hold a password.
    """
    if where.store is not None:
        known = environ.get("PARZEN_STORE") == where.store
        address = "URI" if "@" in where.store else where.store
        return () if known else ("--store", address)
    if where.data_dir is None:
        return ()
    from_environment = environ.get("PARZEN_HOME")
    if from_environment and Path(from_environment).expanduser().resolve() == where.home:
        return ()
    return ("--data-dir", str(where.home))
