"""docs/mistakes.md, written from the rows that the tests run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mistakes import (
    addresses,
    commands,
    documents,
    limits,
    objectives,
    results,
    sizes,
    spaces,
    waiting,
)
from mistakes.rows import ANYTHING, WORKS, Row

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"

OPENING = """\
# Every way to get it wrong

What a user can get wrong, and what that gets: an error of `parzen.shared.errors` (all of them are
`ParzenError`s, and `InvalidInput`s are `ValueError`s) or an exit code, and the sentence; or that it
works, where one might think that it does not. Tests run every row. A `…` stands for what differs
from run to run.

This page is generated: `PYTHONPATH=tests python -m mistakes` writes it anew.
"""


@dataclass(frozen=True, slots=True)
class Area:
    """One chapter: its title, what is to be said before its table, and its rows."""

    title: str
    opening: str
    rows: Sequence[Row]


AREAS = (
    Area("Search spaces", "Nothing is stored.", spaces.ROWS),
    Area(
        "Objectives",
        "Refused when the study is declared, or at the latest when it is submitted.",
        objectives.ROWS,
    ),
    Area(
        "Names, limits and samplers",
        "`Study(…)` stands for a study whose space and objective are in order, "
        "`optimizer()` for one that was asked for one trial.",
        limits.ROWS,
    ),
    Area(
        "Results, measurements and attachments",
        "`returned(…)` is what an objective returned in a study to minimise, `maximised(…)` in one "
        "to maximise. The trial fails, of kind invalid_result, and the sentence stands in its "
        "document.",
        results.ROWS,
    ),
    Area("Sizes", "Large things are refused before they are sent.", sizes.ROWS),
    Area("Addresses and directories", "", addresses.ROWS),
    Area("The command line", "The sentence stands on standard error.", commands.ROWS),
    Area(
        "Nobody is there",
        "`waited(…)` waits an hour for a study while these processes are alive: what is said on "
        "standard error, once.",
        waiting.ROWS,
    ),
    Area(
        "Documents edited by hand",
        "`studies` is a study's document; `complete`, `running` and `waiting` are the document in "
        "`jobs` of a trial in that state. A coordinator, an agent and a laptop then pass by. "
        f"*{documents.ALONE}*: nothing was changed, and each process warns once. "
        f"*{documents.CHANGED}*: a worker took the trial, could not read it, and failed it, since "
        "it would have blocked the queue. In each case the studies beside it move on.",
        documents.ROWS,
    ),
)


def text() -> str:
    """The page."""
    contents = "\n".join(f"- [{area.title}](#{_anchor(area)})" for area in AREAS)
    return "\n".join([OPENING, contents + "\n", *(_chapter(area) for area in AREAS)])


def _anchor(area: Area) -> str:
    return "".join(c for c in area.title.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _chapter(area: Area) -> str:
    head = f"## {area.title}\n\n" + (f"{area.opening}\n\n" if area.opening else "")
    lines = ["| mistake | what you get | |", "|---|---|---|", *map(_line, area.rows)]
    return head + "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    shown = _code(row.mistake) if row.is_code else _cell(row.mistake)
    says = _cell(row.says) if row.gets != WORKS or not row.is_code else _code(row.says)
    return f"| {shown} | {row.gets} | {says} |"


def _cell(words: str) -> str:
    """Text in a table, as it stands: no markup of ours, nothing that ends the cell."""
    plain = " ".join(words.split())
    for special in "\\`*_<>|[]~$":
        plain = plain.replace(special, f"\\{special}")
    return _printable(plain)


def _code(words: str) -> str:
    if not words or words == "None":
        return ""
    fence = "``" if "`" in words else "`"
    return _printable(f"{fence}{words.replace('|', chr(92) + '|')}{fence}")


def _printable(words: str) -> str:
    """Unprintable characters as Python writes them."""
    return "".join(c if c.isprintable() or c == ANYTHING else repr(c)[1:-1] for c in words)
