"""One row of the table: a mistake, how it is made, and what whoever makes it gets."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parzen.shared.errors import ParzenError

ANYTHING = "…"
"""In an expected sentence: what differs from run to run, such as a path or an address."""

WORKS = "works"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was got: ``works``, an error's class or ``exit N``; and the sentence, or the value."""

    gets: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A mistake and what it must get.

    ``mistake`` is the code itself, which is evaluated, or where ``make`` is given a description of
    what that does.
    """

    mistake: str
    gets: str
    says: str = ""
    make: Callable[..., Any] | None = None

    @property
    def is_code(self) -> bool:
        """Whether the mistake is shown as it is written."""
        return self.make is None

    def wrong(self, found: Outcome) -> str | None:
        """What differs from the row, or None."""
        if found.gets != self.gets:
            return f"expected {self.gets}, got {found.gets}: {found.says}"
        if not _pattern(self.says).fullmatch(found.says):
            return f"expected the sentence\n  {self.says}\nand got\n  {found.says}"
        return None


def _pattern(says: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, says.split(ANYTHING))), re.DOTALL)


def tried(make: Callable[[], Any], *, shows: bool = False) -> Outcome:
    """Do it; the outcome. Only parzen's own errors, and what Python says of a call, are answers.

    ``shows`` has the value shown where it works.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value = make()
    except (ParzenError, TypeError) as error:
        return Outcome(type(error).__name__, str(error))
    return Outcome(WORKS, repr(value) if shows else "")


def run(row: Row, names: Mapping[str, Any]) -> Outcome:
    """The outcome of a row whose code knows ``names``."""
    if row.make is not None:
        return tried(row.make)
    return tried(lambda: eval(row.mistake, dict(names)), shows=True)
