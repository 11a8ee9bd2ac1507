"""Studies and trials as commands name them: ``STUDY``, or ``STUDY:NUMBER``."""

from __future__ import annotations

from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown


def parted(text: str) -> tuple[str, int | None]:
    """The study's name, and the trial's number where ``text`` names a trial.

    Raises:
        InvalidInput: what stands after the colon is no number.
    """
    name, colon, number = text.rpartition(":")  # no name of a study holds a colon
    if not colon:
        return text, None
    if not (number.isascii() and number.isdecimal()):
        raise InvalidInput(
            f"{shown(text)} names no trial: write STUDY:NUMBER, such as {name or 'digits'}:17"
        )
    return name, int(number)
