"""The address of a user, made from an administrator's."""

from __future__ import annotations

from urllib.parse import quote, unquote

from parzen.shared.mongo.connection import DATABASE
from parzen.shared.redaction import HARMLESS, Parts

OF_THE_PERSON = frozenset({"authmechanism", "authsource", "appname"})
"""Harmless options that belong to who connects, not to where."""

SRV = "mongodb+srv://"
"""How an address begins whose hosts DNS knows; it means TLS unless it says otherwise."""

KEY_FILE = "FILE"
"""What stands for the file with a user's certificate and private key."""


def database_of(uri: str | None) -> str:
    """The database that ``uri`` names, or parzen's own name for one."""
    named = Parts.of(uri or "").database.removeprefix("/")
    return unquote(named) or DATABASE


def user_address(admin: str, database: str, name: str, password: str | None) -> str:
    """How ``name`` connects to where the address ``admin`` leads; percent-encoded.

    Without a password it is the subject of a certificate, whose file the user has to name.
    """
    parts = Parts.of(admin)
    kept = [
        f"{key}={value}" for key, value in parts.pairs() if key.lower() in HARMLESS - OF_THE_PERSON
    ]
    if password is None:
        proof = ["authMechanism=MONGODB-X509", "authSource=$external"]
        kept = [*kept, *proof, f"tlsCertificateKeyFile={KEY_FILE}"]
        who = quote(name, safe="")
    else:
        kept.append(f"authSource={quote(database, safe='')}")
        who = f"{quote(name, safe='')}:{quote(password, safe='')}"
    return f"{parts.scheme}{who}@{parts.hosts}/{database}?{'&'.join(kept)}"


def speaks_tls(uri: str) -> bool:
    """Whether ``uri`` asks for TLS: it says so, names hosts by DNS, or has any option of TLS."""
    parts = Parts.of(uri)
    options = {key.lower(): value.lower() for key, value in parts.pairs()}
    said = options.get("tls", options.get("ssl"))
    if said is not None:
        return said == "true"
    return parts.scheme == SRV or any(key.startswith("tls") for key in options)


def member_address(uri: str, host: str) -> str:
    """How to speak with one member, ``host``, of where ``uri`` leads: with TLS as there, as nobody.

    ``host`` is host:port.
    """
    kept = [f"{key}={value}" for key, value in Parts.of(uri).pairs() if key.lower()[:3] == "tls"]
    if speaks_tls(uri) and not any(option.lower().startswith("tls=") for option in kept):
        kept.append("tls=true")
    return f"mongodb://{host}/?{'&'.join([*kept, 'directConnection=true'])}"
