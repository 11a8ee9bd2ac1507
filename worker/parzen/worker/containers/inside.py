"""Begins in a trial's container, by its path: calls the agent, and becomes the child's keeper.

The image brings the Python and its packages; beside this file lie ``first``, with parzen's own
code, which must be the agent's, and ``last``, with what the image may bring itself. The working
directory holds the agent's two sockets: the keeper's lifeline, and the child's line.
"""

# ruff: noqa: PTH100, PTH118, PTH120 - as few imports as can be, in any Python

from __future__ import annotations

import os
import socket
import sys

LIFELINE, LINE, SAID = "lifeline", "line", "said"
"""What lies in the working directory."""

FIRST, LAST = "first", "last"


def main() -> None:
    """Become the keeper of a child that speaks through the line."""
    said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(said, 2)
    lifeline, line = _called(LIFELINE), _called(LINE)
    os.dup2(lifeline, 0)
    os.dup2(lifeline, 1)
    os.set_inheritable(said, True)
    os.set_inheritable(line, True)
    here = os.path.dirname(os.path.abspath(__file__))
    keeper = os.path.join(here, FIRST, "parzen", "worker", "executor", "keeper.py")
    child = [sys.executable, "-u", os.path.join(here, "inside.py"), str(line)]
    keep = [sys.executable, "-I", "-S", keeper, str(said), *child]
    os.execv(sys.executable, keep)  # noqa: S606 - our own file


def _called(name: str) -> int:
    """The descriptor of a connection to the agent, who listens at ``name``."""
    caller = socket.socket(socket.AF_UNIX)
    caller.connect(name)
    return caller.detach()


def child(line: int, parent: int) -> None:
    """Serve the agent at the other end of ``line``; see ``child.py``."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path[:1] == [here]:  # as Python puts it there, unless it is told not to
        del sys.path[0]
    sys.path.insert(0, os.path.join(here, FIRST))
    sys.path.append(os.path.join(here, LAST))
    from parzen.worker.executor.child import main as serve  # noqa: PLC0415 - from there

    serve(line, parent)


if __name__ == "__main__":
    if sys.argv[1:]:
        child(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
