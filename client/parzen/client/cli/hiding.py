"""Taking an address with a password out of the arguments, which every user of a machine can read.

Arguments of a running process cannot be changed, so the program is started over in its place: same
process, same terminal, same exit code, with the address in the environment, which only its own
user can read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from parzen.client.invocation import HIDDEN_HERE
from parzen.shared.home import VARIABLES
from parzen.shared.redaction import holds_secret

HEEDLESS = (["down"], ["keygen"])
"""Commands that have no store: they refuse the option themselves."""


def hide_address() -> None:
    """Start this program over without the store's address among its arguments, if it is there."""
    words = sys.argv[1:]
    rest, address = parted(words)
    before = sys.orig_argv[: len(sys.orig_argv) - len(words)]
    if address is None or not holds_secret(address) or [*before, *words] != sys.orig_argv:
        return
    sys.stderr.write(
        "parzen: the password in --store could be read by every user of this machine until now: "
        "keep the address in PARZEN_STORE, or in a file and name it with --store-file\n"
    )
    sys.stderr.flush()
    others = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environ = {**others, "PARZEN_STORE": address, HIDDEN_HERE: "1"}
    os.execve(sys.executable, [*before, *rest], environ)  # noqa: S606 - ourselves


def parted(words: Sequence[str]) -> tuple[list[str], str | None]:
    """``words`` without ``--store``, and the address that it gave last.

    Nothing is taken out where that would hide a mistake: a file is named, too, or the command has
    no store.
    """
    end = words.index("--") if "--" in words else len(words)
    options, rest, address = words[:end], list(words[end:]), None
    two = any(word.partition("=")[0] == "--store-file" for word in options)
    if two or words[:1] in HEEDLESS:
        return list(words), None
    kept: list[str] = []
    given = iter(options)
    for word in given:
        name, equals, value = word.partition("=")
        if name != "--store":
            kept.append(word)
        elif equals:
            address = value
        else:
            address = next(given, address)
    return [*kept, *rest], address
