"""Where keys lie: files whose owner and permissions are checked, folders of them, variables."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from parzen.shared import signing
from parzen.shared.errors import InvalidKey
from parzen.shared.signing import Keyring, Signer

SIGN_KEY = "PARZEN_SIGN_KEY"
"""The variable that holds the path of the key to sign with."""

SIGN_KEY_PEM = "PARZEN_SIGN_KEY_PEM"
"""The variable that holds that key itself."""

SIGN_KEY_PASSWORD = "PARZEN_SIGN_KEY_PASSWORD"  # noqa: S105 - the name of a variable
"""The variable that holds its passphrase, where it has one."""

SUFFIX = ".pub"

LARGEST = 64 << 10
"""A larger file is no key."""

Refusal: TypeAlias = Callable[[Path, os.stat_result], None]
"""Raises InvalidKey where the owner or the mode of a file is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A new pair of keys: its files, and the id of the public one."""

    private: Path
    public: Path
    key_id: str


def make_pair(private: Path) -> Pair:
    """Make a key in the file ``private``, its public half beside it in ``.pub``.

    Raises:
        InvalidKey: one of the files exists; nothing is ever written over.
        ParzenError: the extra ``signing`` is not installed.
        OSError: the files cannot be written.
    """
    signer = signing.new_signer()
    public = private.with_name(private.name + SUFFIX)
    private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(private, signing.private_pem(signer), 0o600)
    try:
        _write_new(public, signing.public_pem(signer), 0o644)
    except BaseException:
        private.unlink()
        raise
    return Pair(private=private, public=public, key_id=signer.key_id)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise InvalidKey(
            f"{path} exists, and a key is never written over: name another file with --out"
        ) from None
    with os.fdopen(descriptor, "wb") as sink:
        os.fchmod(descriptor, mode)
        sink.write(content)


def chosen_signer(path: Path | str | None, environ: Mapping[str, str]) -> Signer | None:
    """The key to sign with: in the file ``path``, else where the environment says; or None.

    Raises:
        InvalidKey: it cannot be used, others can read its file, or the environment names two.
        ParzenError: the extra ``signing`` is not installed.
    """
    password = environ.get(SIGN_KEY_PASSWORD)
    secret = None if password is None else password.encode()
    named, held = environ.get(SIGN_KEY), environ.get(SIGN_KEY_PEM)
    if path is None and named and held:
        raise InvalidKey(f"{SIGN_KEY} and {SIGN_KEY_PEM} both name a key: set one of them")
    if path is None and held:
        return signing.signer_from(held.encode(), f"${SIGN_KEY_PEM}", secret)
    if path is None and not named:
        return None
    file = Path(path or named or "").expanduser()
    return signing.signer_from(_read(file, _refuse_exposed), str(file), secret)


def read_keyring(paths: Sequence[Path]) -> Keyring:
    """The public keys in ``paths``: files, and folders whose ``.pub`` files count.

    Raises:
        InvalidKey: one of them is no public key, or others could put a key there.
        ParzenError: the extra ``signing`` is not installed.
    """
    files = [file for path in paths for file in _key_files(path.expanduser())]
    return Keyring.of(
        signing.public_from(_read(file, _refuse_writable), str(file)) for file in files
    )


def _key_files(path: Path) -> Iterator[Path]:
    try:
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            _refuse_replaceable(path.absolute().parent)
            yield path
            return
        _refuse_writable(path, status)
        found = sorted(file for file in path.iterdir() if file.suffix == SUFFIX)
    except OSError as fault:
        raise _unreadable(path, fault) from fault
    if not found:
        raise InvalidKey(
            f"the folder {path} holds no .pub file, so nothing would be trusted: put the public "
            "keys there that `parzen keygen` made"
        )
    yield from found


def _read(path: Path, refuse: Refusal) -> bytes:
    """The content of a regular file that passes ``refuse``; looked at and read as one."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as source:  # noqa: PTH123 - by descriptor; a pipe must not block
            status = os.fstat(source.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InvalidKey(f"{path} is no file: name the file of a key")
            refuse(path, status)
            content = source.read(LARGEST + 1)
    except OSError as fault:
        raise _unreadable(path, fault) from fault
    if len(content) > LARGEST:
        raise InvalidKey(f"{path} is larger than any key: name the file of a key")
    return content


def _unreadable(path: Path, fault: OSError) -> InvalidKey:
    return InvalidKey(f"the key {path} cannot be read: {fault.strerror or fault}")


def _refuse_exposed(path: Path, status: os.stat_result) -> None:
    """A private key is its owner's alone."""
    if status.st_uid != os.geteuid():
        raise InvalidKey(
            f"the private key {path} belongs to another user (uid {status.st_uid}): sign with a "
            "key of your own"
        )
    if status.st_mode & 0o077:
        raise InvalidKey(
            f"others can read the private key {path} (mode {_mode(status)}): run "
            f"`chmod 600 {shlex.quote(str(path))}`, and make a new key if somebody may have"
        )


def _refuse_writable(path: Path, status: os.stat_result) -> None:
    """Whoever can write a trusted key decides what is run."""
    if status.st_mode & stat.S_IWOTH:
        raise InvalidKey(
            f"everybody can write {path} (mode {_mode(status)}), so anybody could make this "
            "worker trust a key: keep keys where nobody else can write, or run "
            f"`chmod o-w {shlex.quote(str(path))}` and look at what it holds"
        )


def _refuse_replaceable(folder: Path) -> None:
    """In a folder that everybody can write, a file can be replaced, but for a sticky one."""
    status = folder.stat()
    if not status.st_mode & stat.S_ISVTX:
        _refuse_writable(folder, status)


def _mode(status: os.stat_result) -> str:
    return f"{stat.S_IMODE(status.st_mode):03o}"
