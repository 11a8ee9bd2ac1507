"""Standard streams that were closed before the program began, and output that nobody takes."""

from __future__ import annotations

import os
import sys
from typing import TextIO

WRITERS = ("click", "rich")
"""Packages that write to standard output, and do no other input and output for us."""


def stand_in() -> None:
    """Give streams that were closed before the program began files to stand in for them.

    What is written to the output fails still, so that a command does not seem to have told what
    nobody can read; what is written to standard error is lost.
    """
    # None where they were closed, which the types do not know
    streams: dict[str, TextIO | None] = {"stdout": sys.stdout, "stderr": sys.stderr}
    if streams["stdout"] is None:
        sys.stdout = _opened(1, os.O_RDONLY)
    if streams["stderr"] is None:
        sys.stderr = _opened(2, os.O_WRONLY)


def output_fault(error: OSError) -> str | None:
    """Why standard output takes nothing, in the system's words; None where ``error`` is another.

    A stream forgets what it could not write, so what tells is who was writing.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    writer = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__"))
    if writer.split(".")[0] in WRITERS or writer == "parzen.client.cli":
        return error.strerror or type(error).__name__
    return None


def abandon_output() -> None:
    """Send what is still to be written nowhere: Python would complain once more at its own exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _opened(number: int, flags: int) -> TextIO:
    """A stream to the null device, with the descriptor ``number`` where nothing has it."""
    descriptor = os.open(os.devnull, flags)
    if descriptor != number and not _is_open(number):
        os.dup2(descriptor, number)
        os.close(descriptor)
        descriptor = number
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123 - a descriptor


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
