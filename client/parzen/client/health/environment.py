"""The variables that parzen heeds: which are set, and which cannot be meant."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from parzen.client.health.findings import Finding, Findings, Group
from parzen.client.invocation import HIDDEN_HERE
from parzen.shared.errors import InvalidInput
from parzen.shared.private import check_private
from parzen.shared.redaction import HIDDEN, shown

machine = Findings(Group.MACHINE)

PREFIX = "PARZEN_"


def _plain(value: str) -> str:
    return value


def _secret(_value: str) -> str:
    return HIDDEN


KNOWN: Mapping[str, Callable[[str], str]] = {
    "PARZEN_STORE": shown,
    "PARZEN_STORE_FILE": _plain,
    "PARZEN_HOME": _plain,
    "PARZEN_MONGOD": _plain,
    "PARZEN_GPUS": _plain,
    "PARZEN_TRUST": _plain,
    "PARZEN_SIGN_KEY": _plain,
    "PARZEN_SIGN_KEY_PEM": _secret,
    "PARZEN_SIGN_KEY_PASSWORD": _secret,
    "PARZEN_USER_PASSWORD": _secret,
    **dict.fromkeys(
        (
            "PARZEN_BASE",
            "PARZEN_IMAGE",
            "PARZEN_MONGO_IMAGE",
            "PARZEN_MONGO_PORT",
            "PARZEN_MONGO",
            "PARZEN_SECRETS",
            "PARZEN_SLOTS",
        ),
        _plain,
    ),  # which docker-compose.yml reads, and the set-up of a store in containers
}
"""{variable: how its value is shown}: all that people set."""

INTERNAL = frozenset({HIDDEN_HERE, "PARZEN_CHILD", "PARZEN_LIFELINE", "PARZEN_SLURM_WARNING"})
"""Variables by which parzen's processes speak with each other."""

RIVALS = (
    ("PARZEN_STORE", "PARZEN_STORE_FILE", "a store"),
    ("PARZEN_SIGN_KEY", "PARZEN_SIGN_KEY_PEM", "a key"),
)
"""Of each two only one may be set, since both name the same thing."""

PRIVATE = {"PARZEN_STORE_FILE": "the store's file", "PARZEN_SIGN_KEY": "the private key"}
"""Variables that name files which hold secrets."""


def variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What ``environ`` says to parzen."""
    ours = {name: value for name, value in sorted(environ.items()) if name.startswith(PREFIX)}
    if HIDDEN_HERE in ours:
        del ours["PARZEN_STORE"]  # which was an option of this very command
    known = [f"{name}={KNOWN[name](value)}" for name, value in ours.items() if name in KNOWN]
    yield machine.ok("variables", ", ".join(known) or f"none of {PREFIX}… is set")
    yield from filter(None, (_unknown(name) for name in ours if name not in KNOWN))
    for one, other, what in RIVALS:
        if ours.get(one) and ours.get(other):
            yield machine.problem(
                "variables", f"{one} and {other} both name {what}", "unset one of them"
            )
    for name, what in PRIVATE.items():
        if ours.get(name):
            yield from _private(name, ours[name], what)
    yield from _trusted(ours.get("PARZEN_TRUST", ""))


def _unknown(name: str) -> Finding | None:
    if name in INTERNAL:
        return None
    near = difflib.get_close_matches(name, KNOWN, n=1)
    return machine.warning(
        "variables",
        f"{name} is set, and parzen heeds no such variable",
        f"did you mean {near[0]}?" if near else "unset it, or see `parzen COMMAND --help`",
    )


def _private(name: str, value: str, what: str) -> Iterator[Finding]:
    try:
        check_private(value, what)
    except InvalidInput as error:
        yield machine.problem(name, str(error))


def _trusted(paths: str) -> Iterator[Finding]:
    """The public keys that ``PARZEN_TRUST`` names must be there: nothing is trusted by mistake."""
    for path in filter(None, paths.split(":")):
        if not Path(path).expanduser().exists():
            yield machine.problem(
                "PARZEN_TRUST", f"there is no key {path}", "name a .pub file or a folder of them"
            )
