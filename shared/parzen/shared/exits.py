"""What the command line's exit codes mean: the one table, for the help, the pages and scripts.

A command that fails with an error of :mod:`parzen.shared.errors` ends with that error's
``exit_code``.
"""

from __future__ import annotations

from collections.abc import Mapping

INTERRUPTED = 130
"""What a command ends with after Ctrl-C, as shells have it: 128 and the signal's number."""

MEANINGS: Mapping[int, str] = {
    0: "done",
    1: "parzen or a trial failed in some other way, or the doctor found a problem",
    2: "an argument, a file or a study is wrong",
    3: "there is no such study, trial or store",
    4: "the name is taken, by another study or another user",
    5: "the database could not be reached, or refused",
    6: "the embedded MongoDB could not be found, started or stopped",
    7: "the study that was waited for ended without a result",
    INTERRUPTED: "interrupted (Ctrl-C)",
    143: "asked to end (SIGTERM)",
}
"""{exit code: what it says}."""


def listed() -> str:
    """The table in lines, a code and its meaning in each, for the help."""
    return "\n".join(f"{code:>3}  {meaning}" for code, meaning in MEANINGS.items())
