"""Standard streams that were closed before the program began, and output that nobody takes."""

from __future__ import annotations

import codecs
import contextlib
import io
import logging
import os
import select
import sys
from typing import NoReturn, TextIO

STDOUT = 1

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


PLAINER = {"\N{HORIZONTAL ELLIPSIS}": "~", "\N{MIDDLE DOT}": "-"}
"""What stands for characters of ours, of the same width, where an encoding lacks them."""


def endure() -> None:
    """Have characters that a stream's encoding lacks written as escapes, rather than fail.

    Names are of any script, and a terminal of an old machine may know only ASCII.
    """
    codecs.register_error("parzen-plainer", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="parzen-plainer")


def _plainer(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] in PLAINER:
        return PLAINER[error.object[error.start]], error.start + 1
    return codecs.backslashreplace_errors(error)


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


def reader_left() -> bool:
    """Whether standard output is a pipe that nobody reads any more."""
    watch = select.poll()
    watch.register(STDOUT, 0)
    return any(event & select.POLLERR for _, event in watch.poll(0))


def leave(code: int) -> NoReturn:
    """End the process with ``code`` once all is written.

    Python's own end would wait for the database's driver, whose threads notice within half a second
    that there is nothing more to watch.
    """
    logging.shutdown()
    with contextlib.suppress(OSError):  # what `run` could not write, it has told
        sys.stdout.flush()
    os._exit(code)


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
