"""Hyperopt's addresses and experiment keys as parzen's: stores and the names of studies."""

from __future__ import annotations

import re

from parzen.shared.errors import InvalidStore
from parzen.shared.plain import shown
from parzen.shared.redaction import Parts, redacted

UNNAMED = "hyperopt"
"""The study of an experiment without a key."""

LONGEST = 100
"""How long a study's name may be."""

JOBS = re.compile(r"/jobs$")
"""What ends an address of Hyperopt's: its collection. parzen's has that name anyway."""

SCHEMES = {"mongo": "mongodb", "mongodb": "mongodb", "mongodb+srv": "mongodb+srv"}


def store(address: str) -> str:
    """The MongoDB URI of an address as Hyperopt takes it.

    ``mongo://host:port/db/jobs``, ``host:port/db`` and ``host/db`` are Hyperopt's; any URI of
    MongoDB's own (SRV, replica sets, TLS) is taken too, with or without ``/jobs`` at its end.

    Raises:
        InvalidStore: it asks for a tunnel, for a collection of another name, or is no address.
    """
    if not isinstance(address, str) or not address.strip():
        raise InvalidStore(
            f"the address {shown(address)} names no database: expected mongo://host:port/db/jobs "
            "or a MongoDB URI"
        )
    scheme, found, rest = address.strip().partition("://")
    if not found:
        scheme, rest = "mongo", address.strip()
    if "ssh" in scheme.split("+"):
        raise InvalidStore(
            f"the address {shown(redacted(address))} asks for a tunnel by ssh, which parzen does "
            "not open: run `ssh -N -L 27017:localhost:27017 HOST` and use "
            "mongo://localhost:27017/db/jobs"
        )
    if scheme not in SCHEMES:
        raise InvalidStore(
            f"the address {shown(redacted(address))} begins with {shown(scheme)}: expected "
            "mongo://, mongodb:// or mongodb+srv://"
        )
    place, question, options = rest.partition("?")
    uri = f"{SCHEMES[scheme]}://{JOBS.sub('', place.rstrip('/'))}"
    database = Parts.of(uri).database
    if database.count("/") > 1:
        raise InvalidStore(
            f"the address {shown(redacted(address))} names the collection "
            f"{shown(database.rpartition('/')[2])}: parzen keeps trials in the collection jobs, so "
            "end the address with /jobs, or with the database"
        )
    if not database and question:
        uri += "/"
    return uri + question + options


def study(exp_key: object) -> str:
    """The name of the study that holds the experiment ``exp_key``; None is one, too.

    Letters, digits, dashes and underscores stay; every other character becomes a dot and its UTF-8
    bytes in hexadecimal digits, so that different keys have different names.

    Raises:
        InvalidStore: the key is empty, or its name has more than 100 characters.
    """
    if exp_key is None:
        return UNNAMED
    text = str(exp_key)
    name = re.sub(r"[^A-Za-z0-9_-]", lambda found: _escaped(found.group()), text)
    if name.startswith((".", "-")):  # no name begins so
        name = f"_{name}"
    elif name.startswith(("_.", "_-")):  # it would be mistaken for one that was mended
        name = f"_{_escaped('_')}{name[1:]}"
    if not text or len(name) > LONGEST:
        raise InvalidStore(
            f"the exp_key {shown(exp_key)} makes no name of a study: expected 1 to {LONGEST} "
            "characters (other than letters, digits, - and _ count three times); shorten it"
        )
    return name


def _escaped(character: str) -> str:
    return "".join(f".{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
