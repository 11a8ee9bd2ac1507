"""Where a trial's whole output lies."""

from __future__ import annotations

import socket
from pathlib import Path

from parzen.shared.records import Attempt

OUTPUT = "output.log"
"""The file in a trial's directory that takes what its objective writes."""


def whole_output(attempt: Attempt) -> str | None:
    """Everything the attempt wrote, where its file lies on this machine, or None."""
    if attempt.workdir is None or attempt.host != socket.gethostname():
        return None
    file = Path(attempt.workdir) / OUTPUT
    if not file.is_file():
        return None
    return file.read_text("utf-8", errors="replace")
