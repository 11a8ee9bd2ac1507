"""What pymongo raises, as parzen's own errors: one translation for every call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from bson.errors import BSONError
from gridfs.errors import NoFile
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from parzen.shared.errors import (
    InvalidInput,
    ParzenError,
    StoreDenied,
    StoreError,
    StoreUnreachable,
    StoreUnsupported,
)
from parzen.shared.redaction import redacted

DENIED = frozenset({11, 13, 18, 8000})
"""UserNotFound, Unauthorized, AuthenticationFailed, AtlasError (for a wrong password there)."""

DUPLICATE = 11000
"""DuplicateKey."""

UNSUPPORTED = frozenset({40324, 59, 115})
"""An unknown pipeline stage, CommandNotFound, CommandNotSupported."""

UNHOLDABLE = (DocumentTooLarge, BSONError, OverflowError, UnicodeEncodeError)
"""What encoding raises for a value that no document holds."""

FORBIDDEN = re.compile(
    r"(?s)(?P<head>.*to execute command )\{ (?P<name>\w+):(?P<target> \"[^\"]*\")?.*"
)
"""How the server quotes a command that somebody may not run: its name, its collection, the rest."""

TOO_LATE = frozenset(
    {6, 7, 43, 50, 64, 89, 91, 112, 133, 134, 175, 189, 202, 237, 262, 317, 9001}
    | {10107, 11600, 11601, 11602, 13435, 13436}
)
"""A time limit ran out, another member cannot be reached, what was being read went with the member
that had it, or the member that answered steps down, shuts down or is no primary."""

FULL = frozenset({14031})
"""OutOfDiskSpace."""

UNFIT = frozenset({2, 9, 15, 121, 10334, 17419, 17420})
"""By which the server refuses one document for what it holds: too large, too deep, not valid."""


@contextmanager
def translated(where: str, limit_s: float | None = None) -> Iterator[None]:
    """Give a block ``limit_s`` seconds, all its calls together, and parzen's errors.

    ``where`` names the server as host:port, for the sentence. Without a limit, the client's own
    time limits for each call remain.
    """
    try:
        if limit_s is None:
            yield
        else:
            with pymongo.timeout(limit_s):
                yield
    except NoFile:
        raise  # an answer, not a fault: who asked for the file says what is missing
    except (PyMongoError, BSONError, OverflowError, UnicodeEncodeError) as error:
        raise translation(error, where) from error


def translation(error: Exception, where: str) -> ParzenError:  # noqa: PLR0911 - one table
    """The error of parzen's tree that says what ``error`` means, in one sentence."""
    said = redacted(_first_line(error))
    codes = _codes(error)
    if isinstance(error, UNHOLDABLE):
        return InvalidInput(f"MongoDB cannot hold this value ({said}): make it smaller or plainer")
    if codes & DENIED:
        return StoreDenied(
            f"the MongoDB at {where} refused ({_forbidden(said)}): check the user name and "
            "password in the address, authSource, and that the user has the role that this needs "
            "(`parzen roles` makes them)"
        )
    nowhere = isinstance(error, ConfigurationError) and "DNS" in said
    if isinstance(error, ConnectionFailure) or codes & TOO_LATE or _timed_out(error) or nowhere:
        return StoreUnreachable(_unreachable(where, said))
    if codes & FULL:
        return StoreUnreachable(
            f"the MongoDB at {where} takes no more ({said}): make room on its disk; what is stored "
            "is kept"
        )
    if codes & UNSUPPORTED:
        return StoreUnsupported(f"the MongoDB at {where} cannot do this ({said}): use 5.0 or later")
    if isinstance(error, InvalidOperation) and "close" in said:
        return StoreError(f"the connection to {where} is closed already: open a new one")
    if isinstance(error, ConfigurationError):
        return StoreUnsupported(f"the MongoDB at {where} cannot be used so: {said}")
    return StoreError(f"the MongoDB at {where} failed: {said}")


def _unreachable(where: str, said: str) -> str:
    """The sentence for a server that cannot be spoken with: TLS is the usual reason that shows."""
    if "certificate verify failed" in said:
        return (
            f"the certificate of the MongoDB at {where} is not trusted ({said}): name the file of "
            "the authority that signed it with tlsCAFile in the address, and the server as its "
            "certificate does"
        )
    if "SSL" in said:
        return (
            f"no TLS connection with the MongoDB at {where} ({said}): leave tls=true out of the "
            "address where the server does not speak TLS, and see that the server trusts the "
            "certificate in tlsCertificateKeyFile where it asks for one"
        )
    if "connection closed" in said:
        return (
            f"the MongoDB at {where} closed the connection ({said}): put tls=true into the address "
            "if the server asks for TLS, with a tlsCertificateKeyFile that it trusts if it asks "
            "for one; otherwise look whether it is being restarted"
        )
    return (
        f"no MongoDB answered at {where} in time ({said}): check the address, the network and "
        "that the server runs (`parzen up` starts this machine's own, unless another is named)"
    )


def duplicates(error: BulkWriteError) -> set[int]:
    """Which of a bulk's inserts stood already; any other failure among them is raised again."""
    errors = _bulk_errors(error)
    if any(e.get("code") != DUPLICATE for e in errors):
        raise error
    return {int(e["index"]) for e in errors}


def _first_line(error: Exception) -> str:
    if isinstance(error, BulkWriteError):
        failed = _bulk_errors(error)
        return str(failed[0].get("errmsg", error)) if failed else str(error)
    # pymongo appends its time limits and a description of the topology, which only it can read
    whole = str(error).splitlines()[0] if str(error) else type(error).__name__
    return re.split(r" \(configured timeouts|, Timeout: |, full error: ", whole)[0]


def _forbidden(said: str) -> str:
    """What was refused, without the rest of the command, which holds what was to be written."""
    return FORBIDDEN.sub(r"\g<head>\g<name>\g<target>", said)


def _codes(error: Exception) -> frozenset[int]:
    if isinstance(error, BulkWriteError):
        return frozenset(int(e["code"]) for e in _bulk_errors(error) if "code" in e)
    if isinstance(error, (OperationFailure, WriteError)) and error.code is not None:
        return frozenset({error.code})
    return frozenset()


def _bulk_errors(error: BulkWriteError) -> list[dict[str, Any]]:
    details = error.details or {}
    return [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]


def _timed_out(error: Exception) -> bool:
    return isinstance(error, PyMongoError) and error.timeout
