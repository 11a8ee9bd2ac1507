"""The address of a user, made from an administrator's."""

from __future__ import annotations

from urllib.parse import quote, unquote

from parzen.shared.mongo.connection import DATABASE
from parzen.shared.redaction import HARMLESS, Parts

OF_THE_PERSON = frozenset({"authmechanism", "authsource", "appname"})
"""Harmless options that belong to who connects, not to where."""

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
