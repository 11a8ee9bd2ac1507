"""Where parzen keeps what lies on this machine, and which store a command means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.errors import InvalidStore
from parzen.shared.private import read_private
from parzen.shared.redaction import looks_like_address, place

VARIABLES = ("PARZEN_STORE", "PARZEN_STORE_FILE")
"""What names a store in the environment: its address, or a file that holds it."""


def home(data_dir: Path | str | None = None) -> Path:
    """The user's data directory: ``data_dir``, else ``PARZEN_HOME``, else the platform's own.

    It is not created here.
    """
    chosen = data_dir or os.environ.get("PARZEN_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return default_home()


def default_home() -> Path:
    """The platform's own place for the user's data, where nobody named another."""
    import platformdirs  # noqa: PLC0415 - only where no directory was named

    return Path(platformdirs.user_data_dir("parzen", appauthor=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAddress:
    """Which database: ``store`` is a MongoDB URI, None for the embedded server of ``data_dir``.

    ``file`` is where the URI was read from, if it was.
    """

    store: str | None = None
    data_dir: Path | None = None
    file: Path | None = None

    @property
    def home(self) -> Path:
        """The data directory on this machine, whatever the store."""
        return home(self.data_dir)

    @property
    def shown(self) -> str:
        """The store for a log line: without user, password and options that may hold secrets."""
        if self.store is None:
            return f"the embedded server of {self.home}"
        return place(self.store)

    def __repr__(self) -> str:
        return f"StoreAddress({self.shown})"


def chosen(
    store: str | None = None,
    store_file: Path | str | None = None,
    data_dir: Path | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> StoreAddress:
    """The store that is meant: what the arguments name, else what the environment does.

    ``PARZEN_STORE`` holds a URI; ``PARZEN_STORE_FILE`` names a file that holds one.

    Raises:
        InvalidStore: two stores are named, or an empty one, or an address as a file.
        InvalidInput: the file cannot be read, or others can read it, too.
    """
    if store is None and store_file is None:
        store, store_file = (environ.get(name) or None for name in VARIABLES)
    if store is not None and store_file is not None:
        raise InvalidStore(
            "two stores are named, one by its address (--store or PARZEN_STORE) and one by a file "
            "(--store-file or PARZEN_STORE_FILE): leave one of them out"
        )
    file = None
    if store_file is not None:
        if looks_like_address(str(store_file)):
            raise InvalidStore(
                "--store-file (or PARZEN_STORE_FILE) names an address, but expects a file that "
                "holds one: give an address with PARZEN_STORE"
            )
        file = Path(store_file).expanduser().absolute()
        store = read_private(file, "the store's file").strip()
    if store is not None and not store.strip():
        named = "--store" if file is None else f"the store's file {str(file)!r}"
        raise InvalidStore(f"{named} is empty: expected a MongoDB URI, mongodb://…")
    return StoreAddress(store=store, data_dir=data_dir, file=file)
