"""This machine: Python, the data directory, its disk, and the embedded server's program."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from parzen.client.health.findings import Finding, Findings, Group
from parzen.shared.captured import human
from parzen.shared.errors import EmbeddedError

OLDEST = (3, 10)
"""The first Python that parzen runs on."""

LITTLE, VERY_LITTLE = 2 << 30, 500 << 20
"""With less free disk than that, in bytes, there is a warning, and a problem."""

machine = Findings(Group.MACHINE)


def python() -> Iterator[Finding]:
    """The interpreter and the system."""
    version = ".".join(map(str, sys.version_info[:3]))
    said = f"{platform.python_implementation()} {version} in {sys.prefix}"
    if sys.version_info < OLDEST:
        yield machine.problem("Python", said, "use Python 3.10 or later")
    else:
        yield machine.ok("Python", said)
    yield system(sys.platform, platform.platform())


def system(kind: str, described: str) -> Finding:
    """The operating system, of ``sys.platform``'s name."""
    if kind == "linux":
        return machine.ok("system", described)
    if kind == "darwin":
        return machine.ok("system", f"{described}; it should work and is untried")
    return machine.problem("system", described, "use Linux or macOS: parzen needs their processes")


def directory(home: Path) -> Iterator[Finding]:
    """The data directory, and the disk below it."""
    standing = _standing(home)
    if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
        yield machine.problem(
            "data directory",
            f"{home} cannot be {'written' if home == standing else 'made'}",
            f"give yourself the right to write {standing}, or name another with --data-dir or "
            "PARZEN_HOME",
        )
        return
    yield (
        _modes(home)
        if home.exists()
        else machine.ok("data directory", f"{home}, made when it is first needed")
    )
    usage = shutil.disk_usage(standing)
    yield disk(standing, usage.free, usage.total)


def _standing(path: Path) -> Path:
    """``path``, or the nearest above it that is there."""
    return next(place for place in (path, *path.parents) if place.exists() or place == place.parent)


def _modes(home: Path) -> Finding:
    found = home.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid():
        return machine.warning(
            "data directory",
            f"{home} belongs to another user",
            "choose one of your own with --data-dir or PARZEN_HOME",
        )
    if mode & 0o022:
        return machine.warning(
            "data directory",
            f"others may write in {home} (mode {mode:04o})",
            f"run `chmod go-w {home}`: what lies there is run by workers",
        )
    return machine.ok("data directory", f"{home}, mode {mode:04o}")


def disk(path: Path, free: int, total: int) -> Finding:
    """The room on a disk, in bytes."""
    said = f"{human(free)} of {human(total)} are free at {path}"
    advice = "make room (`parzen gc` shows what nobody needs), or name another disk with --data-dir"
    if free < VERY_LITTLE:
        return machine.problem("disk", said, advice)
    return machine.warning("disk", said, advice) if free < LITTLE else machine.ok("disk", said)


def embedded_program() -> Iterator[Finding]:
    """The mongod that would be started where no store is named."""
    from parzen.shared.mongo.embedded.locate import find_mongod  # noqa: PLC0415 - needs no driver, but its folder does

    try:
        yield machine.ok("embedded MongoDB", f"the program is {find_mongod()}")
    except EmbeddedError as error:
        yield machine.problem("embedded MongoDB", str(error))
