"""Values as text in a CSV file, such that each can be read back.

Numbers have all their digits, truth values, null and lists are written as JSON. What is empty is
missing. A text that a spreadsheet would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from parzen.shared.dimensions import Dimension, Plain

FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a formula begins with in some spreadsheet, perhaps after apostrophes of its own."""


def text(value: Any) -> str:
    """The cell of a number, a text, a truth value or None, which is empty."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else written(value)


def written(value: Plain) -> str:
    """A value as JSON, what JSON lacks as Python writes it."""
    return repr(value) if isinstance(value, bytes) else json.dumps(value, default=repr)


def guarded(words: str) -> str:
    """``words`` such that no spreadsheet takes them for a formula."""
    return "'" + words if FORMULA.match(words) else words


def unguarded(words: str) -> str:
    """The words of which :func:`guarded` made these."""
    return words[1:] if words.startswith("'") and FORMULA.match(words) else words


def labels(dimension: Dimension) -> list[str]:
    """The options of a choice as texts, in order; no two are alike, none is empty.

    A text that reads like another option, such as "1" beside 1, is written in quotes.
    """
    plain = [o if isinstance(o, str) else written(o) for o in dimension.choices]
    often = Counter(plain)
    return [
        written(option) if isinstance(option, str) and (often[label] > 1 or not label) else label
        for option, label in zip(dimension.choices, plain, strict=True)
    ]


def options(dimension: Dimension) -> list[str]:
    """The cells of a choice's options, in order: their labels, none of which reads as a formula."""
    return [
        guarded(label) if isinstance(option, str) else label
        for option, label in zip(dimension.choices, labels(dimension), strict=True)
    ]
