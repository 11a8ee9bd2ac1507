"""Whether this process may open as many files as its slots need."""

from __future__ import annotations

import contextlib
import resource

from parzen.shared.errors import InvalidInput

PER_SLOT = 12
"""What a slot opens at most: five for its child, the output, and an earlier one that is still being
shipped; while a child is started three more, or where that is a container's, five: its sockets and
the engine's."""

RESERVE = 64
"""For everything else: the store's connections, bundles, outputs, the log."""


def require(slots: int) -> None:
    """See that ``slots`` trials can run at a time; the soft limit is raised as far as they need.

    Raises:
        InvalidInput: the hard limit is too low.
    """
    needed = RESERVE + PER_SLOT * slots
    allowed = _allowed(needed)
    if allowed < needed:
        fit = max(0, (allowed - RESERVE) // PER_SLOT)
        raise InvalidInput(
            f"{slots} slots need up to {needed} open files, and this process may have {allowed}, "
            f"enough for {fit} slots: raise the limit with `ulimit -n {needed}`"
            + (f", or give --slots {fit}" if fit else "")
        )


def _allowed(needed: int) -> int:
    """How many of ``needed`` files may be open, once the soft limit was raised where it can be."""
    soft, hard = (needed if n == resource.RLIM_INFINITY else n for n in _limits())
    if soft < needed <= hard:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit beside the hard
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, _limits()[1]))
            return needed
        return soft
    return max(soft, hard)


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
