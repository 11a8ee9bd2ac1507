"""All documents of a store, from which Python reckons what a question must be answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]
Answer = list[Any]


@dataclass(frozen=True, slots=True)
class Everything:
    """All documents of a store, the study that is asked about, and the server's clock."""

    found: Mapping[str, Sequence[Document]]
    uid: str
    now: datetime

    @property
    def mine(self) -> list[Document]:
        """The study's trials, by number."""
        mine = [d for d in self.found["jobs"] if d["uid"] == self.uid]
        return sorted(mine, key=lambda d: d["number"])

    @property
    def valued(self) -> list[Document]:
        """Those that have a loss, the best first."""
        return sorted((d for d in self.mine if "loss" in d), key=rank)

    def of(self, name: str, study: Document, key: str = "uid") -> list[Any]:
        """The documents of ``name`` that belong to ``study``."""
        return [d for d in self.found[name] if at(d, key) == study["uid"]]


def rank(trial: Document) -> tuple[float, int]:
    """What the best trial has the least of."""
    return trial["loss"], trial["number"]


def only(document: Document, names: str) -> dict[str, Any]:
    """Of ``document`` those of the fields ``names`` that it has."""
    return {name: document[name] for name in names.split() if name in document}


def at(document: Any, path: str) -> Any:
    """What stands in ``document`` under a path with dots."""
    for name in path.split("."):
        document = document[name]
    return document


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """The values of each key, in order."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
