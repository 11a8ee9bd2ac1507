"""Where keys lie: files whose owner and permissions are checked, folders of them, variables."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parzen.shared import signing
from parzen.shared.errors import InvalidKey
from parzen.shared.private import LARGEST_BYTES, read_private, write_private
from parzen.shared.signing import Keyring, Signer

SIGN_KEY = "PARZEN_SIGN_KEY"
"""The variable that holds the path of the key to sign with."""

SIGN_KEY_PEM = "PARZEN_SIGN_KEY_PEM"
"""The variable that holds that key itself."""

SIGN_KEY_PASSWORD = "PARZEN_SIGN_KEY_PASSWORD"  # noqa: S105 - the name of a variable
"""The variable that holds its passphrase, where it has one."""

SUFFIX = ".pub"

PRIVATE = "the private key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A new pair of keys: its files, and the id of the public one."""

    private: Path
    public: Path
    key_id: str


def make_pair(private: Path) -> Pair:
    """Make a key in the file ``private``, its public half beside it in ``.pub``.

    Raises:
        InvalidInput: one of the files exists, or cannot be written; nothing is written over.
        ParzenError: the extra ``signing`` is not installed.
    """
    signer = signing.new_signer()
    public = private.with_name(private.name + SUFFIX)
    if public.exists():
        raise InvalidKey(f"the public key {str(public)!r} is there already: name a new one")
    try:
        private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(private, PRIVATE, signing.private_pem(signer).decode("ascii"))
        with public.open("xb") as sink:
            sink.write(signing.public_pem(signer))
    except OSError as fault:
        raise InvalidKey(
            f"the key {str(private)!r} cannot be written ({fault.strerror or fault})"
        ) from fault
    return Pair(private=private, public=public, key_id=signer.key_id)


def chosen_signer(path: Path | str | None, environ: Mapping[str, str]) -> Signer | None:
    """The key to sign with: in the file ``path``, else where the environment says; or None.

    Raises:
        InvalidKey: it cannot be used, or the environment names two.
        InvalidInput: its file cannot be read, or others can read it, too.
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
    if file.suffix == SUFFIX:
        raise InvalidKey(
            f"{str(file)!r} is a public key, which workers trust: sign with the private key beside "
            f"it, {str(file.with_suffix(''))!r}"
        )
    return signing.signer_from(read_private(file, PRIVATE).encode(), str(file), secret)


def read_keyring(paths: Sequence[Path]) -> Keyring:
    """The public keys in ``paths``: files, and folders whose ``.pub`` files count.

    Raises:
        InvalidKey: one of them is no public key, or others could put a key there.
        ParzenError: the extra ``signing`` is not installed.
    """
    files = [file for path in paths for file in _key_files(path.expanduser())]
    return Keyring.of(signing.public_from(_read(file), str(file)) for file in files)


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


def _read(path: Path) -> bytes:
    """The content of a file that not everybody can write; looked at and read as one."""
    try:
        with path.open("rb") as source:
            _refuse_writable(path, os.fstat(source.fileno()))
            return source.read(LARGEST_BYTES)
    except OSError as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: OSError) -> InvalidKey:
    return InvalidKey(f"the key {path} cannot be read: {fault.strerror or fault}")


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
