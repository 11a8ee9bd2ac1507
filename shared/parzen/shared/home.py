"""Where parzen keeps what lies on this machine, and which store a command means."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.redaction import place


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
    """Which database: ``store`` is a MongoDB URI, None for the embedded server of ``data_dir``."""

    store: str | None = None
    data_dir: Path | None = None

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
