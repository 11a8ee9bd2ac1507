"""The server's key file, and the user and password that parzen made up for it."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus, unquote_plus

from parzen.shared.errors import EmbeddedError, InvalidInput
from parzen.shared.mongo.embedded.directory import Directory
from parzen.shared.private import check_private, read_private
from parzen.shared.redaction import HIDDEN, Parts

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

    def stand_in(self, address: Parts) -> bool:
        """Whether ``address`` is this user's."""
        who = f"{quote_plus(self.user)}:{HIDDEN}@"
        return address.user == who and unquote_plus(address.password or "") == self.password


def read_credentials(directory: Directory) -> Credentials | None:
    """The credentials that were made for the server; None before its first start.

    Raises:
        EmbeddedError: the file is damaged, or others can read it.
    """
    if not _stands(directory.credentials):
        return None
    try:
        text = read_private(directory.credentials, "the embedded MongoDB's password")
    except InvalidInput as error:
        raise EmbeddedError(str(error)) from error
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
    taken up again. Files that others can read are not used: they may have been read.
    """
    if not _stands(directory.key_file):
        key = base64.b64encode(secrets.token_bytes(96)).decode()  # the alphabet that mongod takes
        directory.write_private(directory.key_file, key)
    if not _stands(directory.credentials):
        made = {"user": USER, "password": secrets.token_urlsafe(32)}
        directory.write_private(directory.credentials, json.dumps(made))
    try:
        check_private(directory.key_file, "the embedded MongoDB's key file")
    except InvalidInput as error:
        raise EmbeddedError(str(error)) from error
    found = read_credentials(directory)
    if found is None:
        raise EmbeddedError(
            f"{str(directory.credentials)!r} was deleted while the embedded MongoDB was starting: "
            "try again"
        )
    return found


def _stands(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:
        raise EmbeddedError(
            f"cannot look at {str(file)!r} ({error.strerror}): "
            "run as the user who started the embedded MongoDB"
        ) from error
