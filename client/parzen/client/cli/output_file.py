"""Where a trial's whole output lies: beside the attempt's directory, in ``<token>.log``."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TextIO

from parzen.shared.records import Trial
from parzen.shared.regular import open_regular


def whole_output(trial: Trial) -> TextIO | None:
    """Everything the last attempt wrote, where its file lies on this machine, or None.

    A document that names another kind of directory than trials have is not followed, nor what
    an objective put in the file's place.

    Raises:
        OSError: something lies there that cannot be read as a file.
    """
    attempt = trial.attempts[-1]
    if attempt.workdir is None or attempt.host != socket.gethostname():
        return None
    workdir = Path(attempt.workdir)
    if workdir.parts[-3:] != (trial.study, str(trial.number), attempt.token):
        return None
    try:
        file = open_regular(workdir.with_name(f"{workdir.name}.log"))
    except FileNotFoundError:
        return None
    return os.fdopen(file, encoding="utf-8", errors="replace")
