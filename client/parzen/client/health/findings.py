"""What was found: a verdict, what there is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(str, Enum):
    """How good it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should know."""
    PROBLEM = "problem"
    """Something does not work."""
    SKIPPED = "skipped"
    """Nobody looked, or it is not there and need not be."""


class Group(str, Enum):
    """What belongs together, in the order in which it is looked at."""

    MACHINE = "this machine"
    PACKAGES = "packages"
    SERVER = "the server"
    RIGHTS = "rights"
    DATABASE = "the database"
    STUDIES = "studies"
    GPU = "GPU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    ``said`` is what there is, in one sentence. ``advice`` is what to do next; it is empty where
    there is nothing to do, and where ``said`` is an error's sentence, which says it itself.
    """

    group: Group
    name: str
    verdict: Verdict
    said: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Makes the findings of one group."""

    group: Group

    def ok(self, name: str, said: str) -> Finding:
        """All is well."""
        return Finding(group=self.group, name=name, verdict=Verdict.OK, said=said)

    def warning(self, name: str, said: str, advice: str) -> Finding:
        """It works, and somebody should know."""
        return Finding(
            group=self.group, name=name, verdict=Verdict.WARNING, said=said, advice=advice
        )

    def problem(self, name: str, said: str, advice: str = "") -> Finding:
        """Something does not work."""
        return Finding(
            group=self.group, name=name, verdict=Verdict.PROBLEM, said=said, advice=advice
        )

    def skipped(self, name: str, said: str, advice: str = "") -> Finding:
        """Nobody looked, or it is not there and need not be."""
        return Finding(
            group=self.group, name=name, verdict=Verdict.SKIPPED, said=said, advice=advice
        )
