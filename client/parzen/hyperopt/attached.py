"""What is attached to one trial in memory."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any


class Attachments:
    """What is attached to one trial: ``[name]``, ``[name] = value``, ``del``, ``in``."""

    def __init__(self, kept: MutableMapping[str, Any], prefix: str) -> None:
        self._kept, self._prefix = kept, prefix

    def __contains__(self, name: object) -> bool:
        return f"{self._prefix}{name}" in self._kept

    def __iter__(self) -> Iterator[str]:
        start = len(self._prefix)
        return (key[start:] for key in self._kept if key.startswith(self._prefix))

    def __getitem__(self, name: str) -> Any:
        return self._kept[f"{self._prefix}{name}"]

    def __setitem__(self, name: str, value: Any) -> None:
        self._kept[f"{self._prefix}{name}"] = value

    def __delitem__(self, name: str) -> None:
        del self._kept[f"{self._prefix}{name}"]
