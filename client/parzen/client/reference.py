"""What the name of an image looks like: the grammar of registries' references, nothing asked.

``[host[:port]/]path[/path…][:tag][@digest]``, as the project Distribution publishes it.
"""

from __future__ import annotations

import re

LONGEST = 500
"""No reference is longer, its tag and digest included."""

REPOSITORY_CHARS = 255
"""How long the part before the tag may be."""

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_DIGEST = r"[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[0-9a-fA-F]{32,}"
REFERENCE = re.compile(
    rf"(?P<repository>(?:{_HOST}/)?{_PATH}(?:/{_PATH})*)"
    rf"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@{_DIGEST})?"
)

FORM = "write it as `docker pull` takes it, such as 'registry/name:tag'"


def fault(name: str) -> str | None:
    """What to do about ``name``, which is no image's for any engine; None where it may be one's."""
    if _sound(name):
        return None
    scheme, found, rest = name.partition("://")
    if found and _sound(rest):
        return f"leave {scheme + found!r} out"
    if _sound(name.lower()):
        return "write it in lower case, but for its host and its tag"
    return FORM


def _sound(name: str) -> bool:
    found = REFERENCE.fullmatch(name) if len(name) <= LONGEST else None
    return found is not None and len(found["repository"]) <= REPOSITORY_CHARS
