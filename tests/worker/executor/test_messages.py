import datetime as dt
import math

import pytest

from parzen.worker.executor.messages import HEADER, JSON_LIMIT, Garbled, Message, Reader, encode


def through(*messages, piece=1 << 20):
    data = b"".join(map(encode, messages))
    reader = Reader()
    return [m for i in range(0, len(data), piece) for m in reader.feed(data[i : i + piece])]


def test_every_value_that_a_document_holds_arrives_as_it_was_sent():
    fields = {
        "plain": [1, 1.5, "text", None, True, {"inner": {}}],
        "raw": b"\0\xff",
        "when": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.timezone.utc),
        "infinite": [math.inf, -math.inf],
        "big": (1 << 63) - 1,
        "$": {"$": ["bytes", "not really"], "other": 1},
        "surrogate": "\ud800",
    }
    (message,) = through(Message("kind", fields, b"payload"))
    assert (message.kind, message.payload) == ("kind", b"payload")
    assert message.fields == fields


def test_nan_arrives_as_nan():
    (message,) = through(Message("m", {"value": math.nan}))
    assert math.isnan(message.fields["value"])


def test_frames_are_put_together_from_any_pieces():
    sent = [Message("a", {"n": n}, bytes(n)) for n in range(5)]
    assert through(*sent, piece=1) == sent
    assert through(*sent, piece=7) == sent


def frame(text):
    return HEADER.pack(len(text), 0) + text


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 100,
        HEADER.pack(JSON_LIMIT + 1, 0),
        frame(b"[]"),
        frame(b"oops"),
        frame(b'{"kind": "x", "fields": {"a": {"$": ["pickle", 1]}}}'),
        frame(b'{"kind": "x", "fields": {"a": {"$": 3}}}'),
        frame(b'{"kind": "x", "fields": {"a": {"$": ["float", 1' + b"0" * 400 + b"]}}}"),
        frame(b'{"kind": 1, "fields": {"a": 1}}'),
        frame(b'{"kind": "x", "fields": [1]}'),
    ],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(Garbled):
        list(Reader().feed(data))
