"""Outlives a killed agent by a moment, to end the trials that it left behind.

Run by its path, without parzen: ``python -I -S guard.py``. Standard input brings a line
``+PID MARK`` for each child that leads a session and ``-PID`` when it is gone; when the input
ends, so has the agent, however it ended, and whatever is left is killed: the sessions' groups,
and on Linux also what has left them but bears the mark in its environment.
"""

import contextlib
import os
import signal
import sys
import time

ROUNDS = 50
"""How often to look again, since a process may fork while it is looked for."""


def main() -> None:
    """Listen until the agent is gone, then clear up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    marks: dict[int, bytes] = {}
    for line in sys.stdin:
        word, _, mark = line.strip().partition(" ")
        pid = int(word[1:])
        if word.startswith("+"):
            marks[pid] = mark.encode()
        else:
            marks.pop(pid, None)
    for _ in range(ROUNDS):
        if not marks or not end(marks):
            break
        time.sleep(0.02)


def end(marks: dict[int, bytes]) -> bool:
    """Kill what belongs to ``marks``; whether there was anything."""
    found = False
    for pid in marks:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
            found = True
    for pid in marked(set(marks.values())):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
            found = True
    return found


def marked(marks: set[bytes]) -> list[int]:
    """The processes whose environment holds one of ``marks``; none where there is no /proc."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112, PTH208 - pathlib is slow to import
        with contextlib.suppress(ValueError, OSError):
            pid = int(name)
            with open(f"/proc/{pid}/environ", "rb") as source:  # noqa: PTH123 - as above
                if marks.intersection(source.read().split(b"\0")):
                    found.append(pid)
    return found


if __name__ == "__main__":
    main()
