import pytest

from parzen.client import attaching
from parzen.client.attaching import checked
from parzen.shared.errors import InvalidInput


def test_whatever_holds_bytes_is_bytes():
    assert checked("a/b.bin", memoryview(b"12")) == ("a/b.bin", b"12")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("", b"", "name is '': expected 1 to 200 characters"),
        ("../x", b"", "expected the name of a file"),
        ({"$gt": ""}, b"", "the attachment's name is {"),
        ("x", "text", "'x' is a str, expected bytes: encode it"),
        ("x", b"123", "'x' has 3 bytes, expected at most 2"),
    ],
)
def test_what_no_objective_could_attach_is_refused(monkeypatch, name, data, why):
    monkeypatch.setattr(attaching, "ATTACHMENT_BYTES", 2)
    with pytest.raises(InvalidInput, match=why):
        checked(name, data)
