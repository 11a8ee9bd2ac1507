"""What may be attached to a trial by hand: the same as an objective may attach."""

from __future__ import annotations

from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown
from parzen.worker.context import ATTACHMENT_BYTES, name_fault


def checked(name: object, data: object) -> tuple[str, bytes]:
    """The name and the bytes of an attachment.

    Raises:
        InvalidInput: the name is none that a file could have, or the data is not bytes, or too
            much.
    """
    fault = name_fault(name)
    if fault is not None or not isinstance(name, str):
        raise InvalidInput(f"the attachment's name is {shown(name)}: {fault}")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise InvalidInput(
            f"the attachment {name!r} is a {type(data).__name__}, expected bytes: encode it, or "
            "read the file with Path.read_bytes()"
        )
    size = memoryview(data).nbytes
    if size > ATTACHMENT_BYTES:
        raise InvalidInput(
            f"the attachment {name!r} has {size:,} bytes, expected at most {ATTACHMENT_BYTES:,}: "
            "keep it elsewhere, and attach where it is"
        )
    return str.__str__(name), bytes(data)
