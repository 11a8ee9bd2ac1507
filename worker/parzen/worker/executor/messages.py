"""Frames between an agent and its child: JSON with a raw payload, never a pickle.

A frame is two lengths (big-endian, 32 and 64 bits), then that many bytes of JSON and of payload.
What JSON lacks is an object with the one key ``$``: ``{"$": ["bytes", base64]}``, ``datetime``,
``float`` (infinite or not a number), and ``dict`` for a dict that has the key ``$`` itself.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parzen.shared.plain import cut, shown

HEADER = struct.Struct("!IQ")

JSON_LIMIT = 64 << 20
"""A longer JSON part is no message of ours."""

PAYLOAD_LIMIT = 2 << 30

TAG = "$"


class Garbled(Exception):
    """What came is no frame."""


@dataclass(frozen=True, slots=True)
class Message:
    """One frame: what it is about, plain fields, and raw bytes."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    payload: bytes = field(default=b"", repr=False)


def encode(message: Message) -> bytes:
    """The bytes of one frame."""
    body = {"kind": message.kind, "fields": _tagged(dict(message.fields))}
    text = json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    return HEADER.pack(len(text), len(message.payload)) + text + message.payload


class Reader:
    """Puts frames together from whatever pieces the socket gives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that ``data`` completes.

        Raises:
            Garbled: the bytes are no frames; the connection is of no more use.
        """
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Message | None:
        if len(self._buffer) < HEADER.size:
            return None
        length, more = HEADER.unpack_from(self._buffer)
        if length > JSON_LIMIT or more > PAYLOAD_LIMIT:
            raise Garbled(f"a frame of {length} + {more} bytes")
        end = HEADER.size + length + more
        if len(self._buffer) < end:
            return None
        text = bytes(self._buffer[HEADER.size : HEADER.size + length])
        payload = bytes(self._buffer[HEADER.size + length : end])
        del self._buffer[:end]
        return _decode(text, payload)


def _decode(text: bytes, payload: bytes) -> Message:
    try:
        body = json.loads(text)
        fields = _untagged(body["fields"])
        kind = body["kind"]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Garbled(f"a frame that is not ours: {cut(str(error))}") from error
    if not isinstance(kind, str) or not isinstance(fields, dict):
        raise Garbled("a frame without a kind or fields")
    return Message(kind, fields, payload)


def _tagged(value: Any) -> Any:
    special = _special(value)
    if special is not None:
        return {TAG: special}
    if isinstance(value, (list, tuple)):
        return [_tagged(inner) for inner in value]
    if isinstance(value, Mapping):
        return {key: _tagged(inner) for key, inner in value.items()}
    return value


def _special(value: Any) -> list[Any] | None:
    """What JSON has no word for."""
    if isinstance(value, float):
        return None if math.isfinite(value) else ["float", repr(value)]
    if isinstance(value, bytes):
        return ["bytes", base64.b64encode(value).decode()]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, Mapping) and TAG in value:
        return ["dict", [[key, _tagged(inner)] for key, inner in value.items()]]
    return None


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {key: _untagged(inner) for key, inner in value.items()}
    kind, content = value[TAG]
    if kind not in _READ:
        raise ValueError(f"unknown tag {shown(kind)}")
    return _READ[kind](content)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "bytes": base64.b64decode,
    "datetime": datetime.fromisoformat,
    "dict": lambda pairs: {key: _untagged(inner) for key, inner in pairs},
}
