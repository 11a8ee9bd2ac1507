"""A bundle's bytes: a zip that is the same for the same content, unpacked without surprises."""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from parzen.shared.errors import Incompatible

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The one time stamp of every member, so that equal contents give equal bytes."""

MODULES = "modules/"
"""The folder of the files that travel."""

MOST_BYTES = 256 << 20
"""A larger bundle is none, as it is stored or unpacked: eight times what a submission may pack."""

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How a member may be packed: of these alone Python unpacks no more than it is asked for."""

FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    LookupError,
    EOFError,
    OSError,
    RuntimeError,  # encrypted, or packed in a way that Python does not know
    ValueError,
)
"""What reading a zip raises that somebody made by hand."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """A zip of ``members`` by name, in order of name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def read(data: bytes, name: str, limit: int = MOST_BYTES) -> bytes:
    """The member ``name``, of at most ``limit`` bytes.

    Raises:
        Incompatible: the bytes are no bundle, lack that member, or hold too large a one.
    """
    with _opened(data) as archive:
        return _member(archive, name, limit)


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except FAULTS as fault:
        raise Incompatible(
            f"these {len(data)} bytes are not a parzen bundle ({fault}); submit the study again"
        ) from fault


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """What a member holds; no more is unpacked than ``limit`` bytes, whatever it says it holds."""
    info = archive.getinfo(name)
    if info.compress_type not in PACKED:
        raise zipfile.BadZipFile(f"{name} is packed by method {info.compress_type}")
    held = info.file_size
    if held <= limit:
        with archive.open(info) as source:
            content = source.read(held + 1)
        held = max(held, len(content))
    if held > limit:
        raise Incompatible(
            f"the bundle's {name} holds {held} bytes, expected at most {limit}: refused"
        )
    return content


def unpack_modules(data: bytes, into: Path) -> Path:
    """Write the files that travel below ``into``; the folder that holds them.

    The folder is named after the bundle's digest and appears at once and whole, so that several
    processes may unpack the same bundle at the same time.

    Raises:
        Incompatible: a member's name leads out of the folder, or they hold too much.
    """
    target = into / f"modules-{hashlib.sha256(data).hexdigest()[:16]}"
    if target.is_dir():
        return target
    with _opened(data) as archive:
        names = [name for name in archive.namelist() if name.startswith(MODULES)]
    _refuse_escapes(names)
    into.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".modules-", dir=into))
    try:
        for name, content in _contents(data, names):
            path = draft / name.removeprefix(MODULES)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _move(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _contents(data: bytes, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The members of these names, all together of at most :data:`MOST_BYTES`."""
    left = MOST_BYTES
    with _opened(data) as archive:
        for name in names:
            content = _member(archive, name, left)
            left -= len(content)
            yield name, content


def _move(draft: Path, target: Path) -> None:
    try:
        os.rename(draft, target)  # noqa: PTH104 - Path.rename differs in nothing but its return
    except OSError:
        if not target.is_dir():  # else somebody else was faster, with the same content
            raise


def _refuse_escapes(names: Iterable[str]) -> None:
    for name in names:
        inner = PurePosixPath(name.removeprefix(MODULES))
        if inner.is_absolute() or ".." in inner.parts or "\\" in name or not inner.parts:
            raise Incompatible(f"the bundle holds a file with the unsafe name {name!r}; refused")
