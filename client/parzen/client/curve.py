"""Values as a small line of dots or letters, for a terminal: pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parzen.client.wording import number

Value = float | None
"""One value of a curve, None where there is none."""

DECADES = 100.0
"""Positive values that differ by more than this factor are drawn by their logarithms."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How a cell of the terminal is drawn: into how many dots it divides, and as which letter."""

    across: int
    down: int

    def letter(self, dots: set[tuple[int, int]]) -> str:
        """The letter for these ``(column, row)`` of a cell."""
        raise NotImplementedError


class Braille(Pen):
    """Eight dots to a cell."""

    def letter(self, dots: set[tuple[int, int]]) -> str:
        """A letter of braille."""
        bits = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
        return chr(0x2800 + sum(bits[column][row] for column, row in dots)) if dots else " "


class Ascii(Pen):
    """Three heights to a cell."""

    def letter(self, dots: set[tuple[int, int]]) -> str:
        """A letter that every terminal has."""
        rows = {row for _, row in dots}
        if not rows:
            return " "
        return "'-_"[rows.pop()] if len(rows) == 1 else "|"


BRAILLE, ASCII = Braille(2, 4), Ascii(1, 3)


def pen(encoding: str | None) -> Pen:
    """The finest pen that a terminal of this encoding can show."""
    try:
        chr(0x28FF).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BRAILLE


def curve(values: Sequence[Value], width: int, height: int, pen: Pen = BRAILLE) -> list[str]:
    """``values`` from left to right as ``height`` lines of ``width`` letters.

    The least finite value lies in the lowest dot, the greatest in the highest; equal ones lie in
    the middle. What is no finite number leaves a gap.
    """
    columns, rows = width * pen.across, height * pen.down
    sampled = [values[i * len(values) // columns] for i in range(columns)] if values else []
    cells: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for x, y in _line(_heights(sampled, rows)):
        cell = (y // pen.down, x // pen.across)
        cells.setdefault(cell, set()).add((x % pen.across, y % pen.down))
    return [
        "".join(pen.letter(cells.get((row, column), set())) for column in range(width))
        for row in range(height)
    ]


def _heights(values: Sequence[Value], rows: int) -> list[int | None]:
    """In which row of dots each value lies, counted from above."""
    low, high = bounds(values) or (0.0, 0.0)
    spread = high - low
    if not 0 < spread < math.inf:
        return [rows // 2 if _finite(v) else None for v in values]
    return [
        round((high - v) / spread * (rows - 1)) if v is not None and _finite(v) else None
        for v in values
    ]


def _line(heights: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """The dots of a line through these heights, without holes where it rises or falls."""
    before: int | None = None
    for x, y in enumerate(heights):
        if y is not None:
            start = y if before is None else before + (y > before) - (y < before)
            step = 1 if y >= start else -1
            for between in range(start, y + step, step):
                yield x, between
        before = y


def bounds(values: Sequence[Value]) -> tuple[float, float] | None:
    """The least and the greatest finite value, or None without any."""
    finite = [v for v in values if v is not None and _finite(v)]
    return (min(finite), max(finite)) if finite else None


def _finite(value: Value) -> bool:
    return value is not None and math.isfinite(value)


def held(steps: Sequence[tuple[int, float]], last: int, points: int) -> list[Value]:
    """What holds at ``points`` places from 0 to ``last``; each of ``steps`` holds from its place.

    None before the first.
    """
    found: list[Value] = []
    at, value = 0, None
    for point in range(points):
        place = point * (last + 1) // points
        while at < len(steps) and steps[at][0] <= place:
            value = steps[at][1]
            at += 1
        found.append(value)
    return found


def labelled(values: Sequence[Value], width: int, height: int, pen: Pen) -> list[str]:
    """A curve with its greatest value before the first line and its least before the last.

    Positive values that differ by more than ``DECADES`` are drawn by their logarithms, as ``log``
    in the middle says. Nothing without a finite value.
    """
    found = bounds(values)
    if found is None:
        return []
    low, high = found
    by_log = low > 0 and high / low > DECADES
    labels = [""] * height
    labels[height // 2] = "log" if by_log else ""
    labels[0], labels[-1] = number(high, 4), number(low, 4)
    room = max(map(len, labels))
    drawn = [math.log10(v) if by_log and v is not None and _finite(v) else v for v in values]
    lines = curve(drawn, max(1, width - room - 1), height, pen)
    return [f"{label:>{room}} {line}".rstrip() for label, line in zip(labels, lines, strict=True)]
