"""What a caller gives, before it stands in a filter: plain text or a number, never an operator.

A filter takes a document for an operator and a pattern for a search, so that a name which is
``{"$gt": ""}`` would name every study.
"""

from __future__ import annotations

import operator

from parzen.shared.errors import InvalidInput


def text(what: str, value: object) -> str:
    """``value``, which is a text; ``what`` says for the sentence what it names.

    Raises:
        InvalidInput: it is something else.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"{what} is {value!r:.80}: expected a text")
    return str(value)


def whole(what: str, value: object) -> int:
    """``value``, which is a whole number of at least 0; ``what`` says for the sentence which.

    Raises:
        InvalidInput: it is something else.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # whether it is one is the question
    except TypeError:
        number = -1
    if number < 0 or isinstance(value, bool):
        raise InvalidInput(f"{what} is {value!r:.80}: expected a whole number of at least 0")
    return number
