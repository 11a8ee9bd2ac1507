"""The server's key file, and the user and password that parzen made up for it."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded.directory import Directory

USER = "parzen"
DATABASE = "parzen"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may use the server."""

    user: str
    password: str = field(repr=False)

    def uri(self, port: int) -> str:
        """The address of the server on ``port``, password included."""
        who = f"{quote_plus(self.user)}:{quote_plus(self.password)}"
        return f"mongodb://{who}@127.0.0.1:{port}/{DATABASE}?authSource=admin&directConnection=true"


def read_credentials(directory: Directory) -> Credentials | None:
    """The credentials that were made for the server; None before its first start.

    Raises:
        EmbeddedError: the file is damaged.
    """
    try:
        text = directory.credentials.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EmbeddedError(
            f"cannot read {str(directory.credentials)!r} ({error.strerror}): "
            "run as the user who started the embedded MongoDB"
        ) from error
    try:
        stored = json.loads(text)
        return Credentials(str(stored["user"]), str(stored["password"]))
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddedError(
            f"{str(directory.credentials)!r} is damaged, so that the embedded MongoDB cannot be "
            f"opened: restore it, or delete {str(directory.root)!r} to start with an empty one"
        ) from error


def ensure_credentials(directory: Directory) -> Credentials:
    """Read the credentials, or make and store them, together with the key file.

    They are on disk before the server knows of them, so that a start that was cut short can be
    taken up again. Files that others could read are closed to them.
    """
    if not directory.key_file.exists():
        key = base64.b64encode(secrets.token_bytes(96)).decode()  # the alphabet that mongod takes
        directory.write_private(directory.key_file, key)
    if not directory.credentials.exists():
        made = {"user": USER, "password": secrets.token_urlsafe(32)}
        directory.write_private(directory.credentials, json.dumps(made))
    for path in (directory.key_file, directory.credentials):
        path.chmod(0o600)
    found = read_credentials(directory)
    if found is None:
        raise EmbeddedError(
            f"{str(directory.credentials)!r} was deleted while the embedded MongoDB was starting: "
            "try again"
        )
    return found
