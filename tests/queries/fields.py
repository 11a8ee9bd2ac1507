"""Every field that parzen writes: {path: type}, from its records and from real documents.

A path is written as a query names it, ``attempts.error.kind``. What lies below a mapping with
keys of people's own, such as ``params``, is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timezone
from enum import Enum
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from bson import Int64, ObjectId

from parzen.shared import codec
from parzen.shared.dimensions import Plain
from parzen.shared.records import Measurement, Piece, Study, Trial, Worker

Fields = dict[str, str]

OPEN = "NAME"
"""The key in a sample of a mapping whose keys are people's own, or states and kinds."""

RECORDS: Mapping[str, tuple[type, Callable[[Any], dict[str, Any]]]] = {
    "studies": (Study, codec.study_document),
    "jobs": (Trial, codec.trial_document),
    "measurements": (Measurement, codec.measurement_document),
    "workers": (Worker, codec.worker_document),
    "logs": (Piece, codec.piece_document),
}
"""What of each collection the codec writes."""

TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    Int64: "integer",
    float: "number",
    str: "string",
    datetime: "date",
    ObjectId: "id",
    bytes: "binary",
    dict: "object",
    list: "array",
    type(None): "null",
}
"""In the page's words; a number is an integer or a double."""

SAMPLES: Mapping[Any, Any] = {
    bool: True,
    int: 1,
    float: 0.5,
    str: "text",
    datetime: datetime(2026, 1, 1, tzinfo=timezone.utc),
    bytes: b"bytes",
}


class Anything:
    """Stands for a value of whichever type."""


class Key(str, Enum):
    """Stands for a state or a kind that is the key of a mapping."""

    NAME = OPEN


def written() -> dict[str, Fields]:
    """{collection: its fields}, as the codec writes them from records that lack nothing."""
    return {
        name: dict(_flat(document(sample(record)), set()))
        for name, (record, document) in RECORDS.items()
    }


def opened() -> set[str]:
    """The paths of mappings with keys of people's own."""
    found: set[str] = set()
    for record, document in RECORDS.values():
        for _ in _flat(document(sample(record)), found):
            pass
    return found


def standing(document: Any, own: set[str]) -> Fields:
    """The fields of a real document; ``own`` are the mappings below which nobody looks."""
    return dict(_flat(document, own))


def sample(hint: Any) -> Any:
    """Something that ``hint`` allows, with nothing left out."""
    if isinstance(hint, NewType):
        return sample(hint.__supertype__)
    if get_origin(hint) is not None:
        return _several(get_origin(hint), get_args(hint))
    if is_dataclass(hint):
        hints = get_type_hints(hint, localns={"Plain": Plain})
        return hint(**{f.name: sample(hints[f.name]) for f in fields(hint)})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return Anything() if hint is Any else SAMPLES[hint]


def _several(origin: Any, inner: Sequence[Any]) -> Any:
    if origin in (Union, UnionType):
        kept = [h for h in inner if h is not type(None)]
        return sample(kept[0]) if len(kept) == 1 else Anything()
    if origin is tuple:
        return tuple(sample(h) for h in inner if h is not ...)
    return {_key(inner[0]): sample(inner[1])}


def _key(hint: Any) -> Any:
    return Key.NAME if isinstance(hint, type) and issubclass(hint, Enum) else OPEN


def _flat(document: Any, own: set[str], at: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        path = f"{at}{name}"
        yield path, TYPES.get(type(value), "any")
        below = value if isinstance(value, list) else [value]
        for one in below:
            if isinstance(one, dict):
                if OPEN in one:
                    own.add(path)
                if path not in own:
                    yield from _flat(one, own, f"{path}.")
