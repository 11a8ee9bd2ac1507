"""Files that hold secrets: read only where nobody else can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from parzen.shared.errors import InvalidInput

LARGEST_BYTES = 64 * 1024
"""No key or address is longer; something else was named."""

SECRETS = Path("/run/secrets")
"""Where container engines mount secrets; who may read them was decided outside.

Docker Compose leaves the host's owner and mode on the file, Swarm makes it root's with 0444: in the
container neither can be changed, and neither says who can read it.
"""


def read_private(path: Path | str, what: str) -> str:
    """The text of a file that holds a secret; ``what`` says which, for sentences.

    Raises:
        InvalidInput: it cannot be read, or others can read it.
    """
    path = Path(path).expanduser()
    try:
        # what was checked is what is read, whatever happens to the path meanwhile
        with path.open("rb") as file:
            _check(os.fstat(file.fileno()), path, what)
            data = file.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise InvalidInput(
                f"{what} {str(path)!r} is longer than {LARGEST_BYTES} bytes: it is another file"
            )
        return data.decode("utf-8")
    except OSError as error:
        raise _unreadable(path, what, error) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{what} {str(path)!r} is no text: it is another file") from error


def write_private(path: Path | str, what: str, text: str) -> None:
    """Write a new file that nobody but its owner can ever read.

    Raises:
        InvalidInput: it is there already, or cannot be written.
    """
    path = Path(path).expanduser()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InvalidInput(f"{what} {str(path)!r} is there already: name a new one") from error
    except OSError as error:
        raise InvalidInput(
            f"{what} {str(path)!r} cannot be written ({error.strerror or type(error).__name__})"
        ) from error


def check_private(path: Path | str, what: str) -> None:
    """See that nobody but its owner can read the file ``path``, which others will open.

    Raises:
        InvalidInput: it is not there, or others can read it.
    """
    path = Path(path).expanduser()
    try:
        _check(path.stat(), path, what)
    except OSError as error:
        raise _unreadable(path, what, error) from error


def _check(found: os.stat_result, path: Path, what: str) -> None:
    """Whether it is the user's and nobody else's, or was mounted by root for one group of users.

    A pipe is nobody's to read but its ends': that a shell's ``<(…)`` works. What a container's
    engine has put below ``SECRETS`` is taken as it is.
    """
    if stat.S_ISDIR(found.st_mode):
        raise InvalidInput(f"{what} {str(path)!r} is a directory: expected a file")
    if stat.S_ISFIFO(found.st_mode) or _mounted_secret(path):
        return
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid not in (os.geteuid(), 0):
        raise InvalidInput(
            f"{what} {str(path)!r} belongs to another user: expected a file of your own, or of root"
        )
    mounted = found.st_uid == 0 and os.geteuid() != 0
    if mode & (0o027 if mounted else 0o077):
        raise InvalidInput(
            f"{what} {str(path)!r} is open to others (mode {mode:04o}): run `chmod 600 {path}`, or "
            "mount the secret with mode 0400, and change what it holds if somebody may have read it"
        )


def _mounted_secret(path: Path) -> bool:
    """Whether it lies below ``SECRETS``, where only root, or this user, can have put it."""
    if not path.resolve().is_relative_to(SECRETS.resolve()):
        return False
    folder = SECRETS.stat()
    return folder.st_uid in (0, os.geteuid()) and not folder.st_mode & 0o022


def _unreadable(path: Path, what: str, error: OSError) -> InvalidInput:
    said = f"{what} {str(path)!r} cannot be read ({error.strerror or type(error).__name__})"
    if isinstance(error, PermissionError) and path.is_relative_to(SECRETS):
        said += (
            f": let user {os.geteuid()} of this container read it, as with `chmod 644` outside, in "
            "a folder that is closed to others (`chmod 700`)"
        )
    return InvalidInput(said)
