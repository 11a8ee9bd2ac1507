"""Where a trial's whole output lies: beside the attempt's directory, in ``<token>.log``."""

from __future__ import annotations

import socket
from pathlib import Path

from parzen.shared.records import Attempt


def whole_output(attempt: Attempt) -> str | None:
    """Everything the attempt wrote, where its file lies on this machine, or None."""
    if attempt.workdir is None or attempt.host != socket.gethostname():
        return None
    workdir = Path(attempt.workdir)
    file = workdir.with_name(f"{workdir.name}.log")
    if not file.is_file():
        return None
    return file.read_text("utf-8", errors="replace")
