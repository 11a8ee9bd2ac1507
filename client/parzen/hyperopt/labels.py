"""Labels, which may be any text, as names of parameters, which MongoDB has to hold."""

from __future__ import annotations

from urllib.parse import unquote

from parzen.shared.plain import KEY_CHARS, name_fault

EMPTY = "%"
"""What stands for the empty label; in every other name a percent sign begins an escape."""

GOES_ON = "%/"
"""Ends a part of a name that is too long for one, and goes on in the next."""


def escaped(label: str) -> str:
    """The name of the parameter of that label: the label itself where it may be.

    Otherwise the characters that may not stand in a name, and percent signs, are written as their
    UTF-8 bytes, %2E for a dot. :func:`unescaped` gives the label back.
    """
    if not label:
        return EMPTY
    if "%" not in label and name_fault(label) is None:
        return label
    parts = label.split("/")
    if all(part.strip() for part in parts):
        name = "/".join(map(_part, parts))
    else:  # such slashes divide no name
        name = "%2F".join(_part(part) if part.strip() else _bytes(part) for part in parts)
    return name if name_fault(name) is None else _long(label)


def unescaped(name: str) -> str:
    """The label of the parameter ``name``."""
    if name == EMPTY:
        return ""
    return unquote(name.replace(GOES_ON, ""), errors="surrogatepass")


def _part(part: str) -> str:
    first = part[:1]
    return (_bytes(first) if first == "$" else _character(first)) + "".join(
        map(_character, part[1:])
    )


def _long(label: str) -> str:
    text = "".join(c if c.isalnum() and c.isprintable() else _bytes(c) for c in label)
    most = KEY_CHARS - 1
    return GOES_ON.join(text[i : i + most] for i in range(0, len(text), most))


def _character(character: str) -> str:
    plain = character not in "%." and character.isprintable()
    return character if plain else _bytes(character)


def _bytes(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
