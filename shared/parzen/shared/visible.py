"""Text of others on a person's terminal: characters that command a terminal are shown, not sent."""

from __future__ import annotations

import re

COMMANDING = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
} | {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""The control characters, C0, DEL and C1, but for newlines and tabs, and those that turn the
direction in which a text runs: how each is written out."""

COLOUR = re.compile(r"(\x1b\[[0-9;:]*m)")
"""What sets colours and weight, and nothing else (SGR)."""

PLAIN = "\x1b[0m"


def visible(text: str) -> str:
    r"""``text`` with its control characters written out as ``\x1b``; newlines and tabs stay."""
    return text.translate(COMMANDING)


def visible_output(text: str) -> str:
    """``text`` as :func:`visible` writes it, with the colours and carriage returns of programs.

    What it colours ends with it. A carriage return can only write over its own line, which
    progress bars live by.
    """
    kept = {code: shown for code, shown in COMMANDING.items() if chr(code) != "\r"}
    pieces = COLOUR.split(text)
    pieces[::2] = [piece.translate(kept) for piece in pieces[::2]]
    return "".join(pieces) + (PLAIN if len(pieces) > 1 else "")
