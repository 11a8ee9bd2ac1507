"""Where a trial's whole output lies: beside the attempt's directory, in ``<token>.log``."""

from __future__ import annotations

import socket
from pathlib import Path

from parzen.shared.records import Trial


def whole_output(trial: Trial) -> str | None:
    """Everything the last attempt wrote, where its file lies on this machine, or None.

    A document that names another kind of directory than trials have is not followed.
    """
    attempt = trial.attempts[-1]
    if attempt.workdir is None or attempt.host != socket.gethostname():
        return None
    workdir = Path(attempt.workdir)
    if workdir.parts[-3:] != (trial.study, str(trial.number), attempt.token):
        return None
    file = workdir.with_name(f"{workdir.name}.log")
    if not file.is_file():
        return None
    return file.read_text("utf-8", errors="replace")
