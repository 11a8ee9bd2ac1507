"""Installed packages beside what parzen asks for, by its own metadata."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parzen.client.health.findings import Finding, Findings, Group

packages = Findings(Group.PACKAGES)

NOT_FOR_USERS = frozenset({"all", "benchmarks", "dev", "docs"})
"""Extras for work on parzen itself, and the one that stands for others."""

SHADOWS = {"bson": "pymongo", "gridfs": "pymongo"}
"""{distribution of the package index: whose modules it writes over}."""

REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<bounds>[^;)]*)\)?\s*(?:;(?P<marker>.*))?"
)
BOUND = re.compile(r"(?P<how>~=|===|==|!=|<=|>=|<|>)\s*(?P<version>[\w.*+!-]+)")
EXTRA = re.compile(r"extra\s*==\s*['\"](?P<extra>[^'\"]+)['\"]")
CONDITION = re.compile(
    r"(?P<what>python_version|sys_platform|platform_system)\s*"
    r"(?P<how>==|!=|<=|>=|<|>)\s*['\"](?P<value>[^'\"]+)['\"]"
)

Version = tuple[int, ...]

Installed = Callable[[str], "str | None"]
"""The version of a distribution, None where there is none."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package that parzen, or its ``extra``, asks for; ``bounds`` are (">=", "1.24")."""

    name: str
    bounds: tuple[tuple[str, str], ...]
    extra: str | None = None

    def __str__(self) -> str:
        return self.name + ",".join(f"{how}{version}" for how, version in self.bounds)

    def met_by(self, version: str) -> bool:
        """Whether ``version`` lies within the bounds, as far as numbers tell."""
        found = numbers(version)
        return all(_holds(how, found, bound) for how, bound in self.bounds)


def installed(name: str) -> str | None:
    """The version of the distribution ``name`` here, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check() -> Iterator[Finding]:
    """All of it, from what is installed here."""
    version = installed("parzen")
    if version is None:
        yield packages.warning(
            "parzen",
            f"parzen itself is not installed, but found on the path of {sys.executable}",
            "run `pip install .` in its source, so that its packages come along",
        )
        return
    yield packages.ok("parzen", version)
    asked = [r for line in importlib.metadata.requires("parzen") or () if (r := requirement(line))]
    extras = importlib.metadata.metadata("parzen").get_all("Provides-Extra") or []
    yield from required([r for r in asked if r.extra is None], installed)
    yield from optional(extras, asked, installed)
    yield from shadowing(installed)


def required(asked: Sequence[Requirement], found: Installed) -> Iterator[Finding]:
    """What parzen cannot do without: in one line, but for each that is not as it must be."""
    good = []
    for one in asked:
        version = found(one.name)
        if version is not None and one.met_by(version):
            good.append(f"{one.name} {version}")
            continue
        said = "it is not installed" if version is None else f"{version} is installed"
        yield packages.problem(
            one.name, f"{said}, and parzen needs {one}", f"run `pip install '{one}'`"
        )
    if good:
        yield packages.ok("required", ", ".join(good))


def optional(
    extras: Sequence[str], asked: Sequence[Requirement], found: Installed
) -> Iterator[Finding]:
    """The extras that users may want: whether each is whole."""
    for extra in extras:
        wanted = [one for one in asked if one.extra == extra]
        if extra in NOT_FOR_USERS or not wanted:
            continue
        versions = {one: found(one.name) for one in wanted}
        line = f"`pip install 'parzen[{extra}]'`"
        bad = [f"{one.name} {v}" for one, v in versions.items() if v and not one.met_by(v)]
        missing = [one.name for one, v in versions.items() if v is None]
        if bad:
            yield packages.warning(
                extra, f"{', '.join(bad)} is not what the extra asks for", f"run {line}"
            )
        elif missing:
            yield packages.skipped(
                extra, f"{', '.join(missing)} is not installed", f"{line} adds it"
            )
        else:
            yield packages.ok(extra, ", ".join(f"{one.name} {v}" for one, v in versions.items()))


def shadowing(found: Installed) -> Iterator[Finding]:
    """Packages of other people that write over the modules of one that parzen needs."""
    for name, owner in SHADOWS.items():
        if found(name) is not None:
            yield packages.problem(
                name,
                f"the package {name} of the package index writes over modules of {owner}",
                f"run `pip uninstall {name}`, then `pip install --force-reinstall {owner}`",
            )


def keys(environ: Mapping[str, str], found: Installed) -> Iterator[Finding]:
    """What signing needs, where a key is named."""
    named = [
        n for n in ("PARZEN_TRUST", "PARZEN_SIGN_KEY", "PARZEN_SIGN_KEY_PEM") if environ.get(n)
    ]
    if named and found("cryptography") is None:
        yield packages.problem(
            "signing",
            f"{named[0]} is set, and cryptography is not installed",
            "run `pip install 'parzen[signing]'`",
        )


def requirement(line: str) -> Requirement | None:
    """What a line of metadata asks for; None where its condition does not hold here."""
    match = REQUIREMENT.fullmatch(line.strip())
    if match is None:
        return None
    marker = match["marker"] or ""
    if not all(_applies(condition) for condition in CONDITION.finditer(marker)):
        return None
    extra = EXTRA.search(marker)
    bounds = tuple((b["how"], b["version"]) for b in BOUND.finditer(match["bounds"]))
    return Requirement(match["name"], bounds, extra["extra"] if extra else None)


def _applies(condition: re.Match[str]) -> bool:
    facts = {
        "python_version": ".".join(map(str, sys.version_info[:2])),
        "sys_platform": sys.platform,
        "platform_system": platform.system(),
    }
    here, how, value = facts[condition["what"]], condition["how"], condition["value"]
    if condition["what"] == "python_version":
        return _holds(how, numbers(here), value)
    return (here == value) is (how == "==")


def numbers(version: str) -> Version:
    """The release of a version: ``(4, 9)`` of "4.9rc1"."""
    found = re.match(r"(?:\d+!)?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, found[1].split("."))) if found else ()


def _holds(how: str, found: Version, bound: str) -> bool:
    wanted = numbers(bound)
    width = max(len(found), len(wanted))
    here, there = ((*v, *[0] * (width - len(v))) for v in (found, wanted))
    alike = found[: len(wanted)] == wanted if bound.endswith(".*") else here == there
    return {
        ">=": here >= there,
        ">": here > there,
        "<=": here <= there,
        "<": here < there,
        "!=": not alike,
        "~=": here >= there and found[: len(wanted) - 1] == wanted[:-1],
    }.get(how, alike)
