"""Why a mongod did not start: from its exit status and its last words to one sentence."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parzen.shared.errors import EmbeddedError

WORST_FIRST = ("F", "E", "W")
"""Severities of mongod's log that can hold a reason: fatal, error, warning."""

NEEDS_OTHER_VERSION = 62
"""mongod's exit status where the data was written by a version that it cannot read."""

LONGEST = 300
"""Characters of a line that is quoted."""

PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
}
"""Debian's and Ubuntu's packages of the libraries that a bare machine may lack."""


class PortTaken(EmbeddedError):
    """Something else listens on the port; another port may do."""


class DataInUse(EmbeddedError):
    """Another mongod holds the data directory."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A start that failed: ``code`` is the exit status, None where the time ran out."""

    program: Path
    data: Path
    log: Path
    port: int
    code: int | None
    output: str
    """What the launcher printed; the dynamic loader speaks here."""
    lines: Sequence[str]
    """What was added to the log."""
    host: str | None = None
    """The machine of the last successful start."""


def explain(attempt: Attempt) -> EmbeddedError:
    """The sentence that says why, and what to do."""
    said = attempt.output + "\n" + "\n".join(attempt.lines)
    for reason in (_loader, _processor, _port, _in_use, _disk, _version, _permission):
        found = reason(attempt, said)
        if found:
            return found
    return _unknown(attempt)


def timed_out(attempt: Attempt, timeout_s: float) -> EmbeddedError:
    """The sentence for a mongod that was not ready in time."""
    return EmbeddedError(
        f"the embedded MongoDB was not ready within {timeout_s:.0f} s{_last_words(attempt)}: "
        f"try again, it may be repairing its data; its log is {str(attempt.log)!r}"
    )


def _loader(attempt: Attempt, said: str) -> EmbeddedError | None:
    missing = re.search(r"(?:loading shared libraries|Library not loaded): ([^:\s]+)", said)
    if not missing:
        return None
    library = Path(missing[1]).name
    package = PACKAGES.get(library)
    hint = f" (on Debian and Ubuntu: apt-get install {package})" if package else ""
    return EmbeddedError(
        f"{str(attempt.program)!r} needs the shared library {library}, which this machine lacks: "
        f"install it{hint}, or use --store"
    )


def _processor(attempt: Attempt, _said: str) -> EmbeddedError | None:
    if attempt.code not in (-signal.SIGILL, 128 + signal.SIGILL):
        return None
    return EmbeddedError(
        f"this processor lacks instructions that {str(attempt.program)!r} uses (MongoDB 5 and "
        "later need AVX): set PARZEN_MONGOD to a mongod built for it, or use --store"
    )


def _port(attempt: Attempt, said: str) -> EmbeddedError | None:
    if "Address already in use" not in said:
        return None
    return port_taken(attempt.port)


def port_taken(port: int) -> PortTaken:
    """The sentence for a port that something else listens on."""
    return PortTaken(
        f"port {port} is taken by another program: choose another one with --port, or none to "
        "take any that is free"
    )


def _in_use(attempt: Attempt, said: str) -> EmbeddedError | None:
    if "DBPathInUse" not in said:
        return None
    where = f"; it was last started on {attempt.host!r}" if attempt.host else ""
    return DataInUse(
        f"the data directory {str(attempt.data)!r} is in use by another mongod, perhaps on "
        f"another machine that shares it{where}: stop that one, or choose another directory with "
        "--data-dir or PARZEN_HOME"
    )


def _disk(attempt: Attempt, said: str) -> EmbeddedError | None:
    if "No space left on device" not in said and "Disk quota exceeded" not in said:
        return None
    return EmbeddedError(
        f"the disk of {str(attempt.data)!r} is full: make room, then try again (what was stored "
        "is kept)"
    )


def _version(attempt: Attempt, said: str) -> EmbeddedError | None:
    incompatible = (
        "Invalid featureCompatibilityVersion",
        "Version incompatibility detected",
        "unsupported WiredTiger file version",
        "too recent to start up on the existing data files",
    )
    if attempt.code != NEEDS_OTHER_VERSION and not any(words in said for words in incompatible):
        return None
    return EmbeddedError(
        f"the data in {str(attempt.data)!r} was written by another version of MongoDB than "
        f"{str(attempt.program)!r}: set PARZEN_MONGOD to a mongod of that version, or choose "
        "another directory with --data-dir or PARZEN_HOME"
    )


def _permission(attempt: Attempt, said: str) -> EmbeddedError | None:
    if "Permission denied" not in said and "Read-only file system" not in said:
        return None
    return EmbeddedError(
        f"mongod may not write {str(attempt.data)!r}: give it to the user who runs parzen, or "
        "choose another directory with --data-dir or PARZEN_HOME"
    )


def _unknown(attempt: Attempt) -> EmbeddedError:
    return EmbeddedError(
        f"{str(attempt.program)!r} {_ending(attempt.code)}{_last_words(attempt)}: "
        f"read {str(attempt.log)!r}, or use --store"
    )


def _ending(code: int | None) -> str:
    if code is None:
        return "ended"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"


def _last_words(attempt: Attempt) -> str:
    entries = [entry for entry in map(_entry, attempt.lines) if entry]
    for severity in WORST_FIRST:
        for entry in reversed(entries):
            if entry.get("s") == severity:
                return f" and said {_words(entry)!r}"
    for line in attempt.output.splitlines():
        if "error" in line.lower():
            return f" and said {line.strip()[:LONGEST]!r}"
    return ""


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None  # a crash's backtrace, or a line cut off
    return entry if isinstance(entry, dict) else None


def _words(entry: dict[str, Any]) -> str:
    attributes = entry.get("attr") or {}
    detail = attributes.get("error") or attributes.get("message") or attributes.get("reason")
    return str(entry.get("msg")) + (f" ({detail})" if detail else "")
