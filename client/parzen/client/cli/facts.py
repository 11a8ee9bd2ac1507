"""What is said of one thing: a label and a text to a line, which a terminal gets wrapped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from parzen.shared.printing import on_terminal, say, terminal_width
from parzen.shared.visible import visible

LABEL = 13
"""How many columns labels take."""

NARROWEST = 20
"""Text is never wrapped to less than so many columns."""

WORD = re.compile(r"[^\s`]*`[^`]*`\S*|\S+")
"""What is kept in one piece: a command between backticks is there to be copied."""

Fact = tuple[str, str]
"""A label, empty where the text goes on with what was said before, and a text."""


def print_facts(facts: Iterable[Fact], label: int = LABEL) -> None:
    """Print each fact: whole in one line, but on a terminal wrapped beside its label."""
    for name, text in facts:
        first, *rest = _lines(name, text, label)
        say(f"{name:<{label}}{first}".rstrip())
        for line in rest:
            say(f"{'':<{label}}{line}".rstrip())


def _lines(name: str, text: str, label: int) -> list[str]:
    if not on_terminal():
        return [text]
    room = max(NARROWEST, terminal_width() - max(label, len(name)))
    return [line for part in text.split("\n") for line in wrapped(part, room)]


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns, a longer word on a line of its own."""
    from rich.cells import cell_len  # noqa: PLC0415 - only on a terminal

    text = visible(text)
    if cell_len(text) <= width:  # drawn as it stands, with its own spaces
        return [text]
    return list(_packed(WORD.findall(text), width, cell_len))


def cut(text: str, width: int) -> str:
    """``text`` in one line of at most ``width`` columns, with an ellipsis where it is cut."""
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    line = Text(visible(text))
    line.truncate(width, overflow="ellipsis")
    return line.plain


def _packed(words: list[str], width: int, measure: Callable[[str], int]) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and measure(longer) > width:
            yield line
            line = word
        else:
            line = longer
    yield line
