"""What an exception says about the attempt that raised it."""

from __future__ import annotations

import traceback
from types import TracebackType

from parzen.shared.errors import InvalidResult
from parzen.shared.lifecycle import FailureKind
from parzen.shared.plain import INT64, shown
from parzen.shared.records import MEANT, Failed, Failure
from parzen.worker.context import TrialFailed
from parzen.worker.result import plain

MESSAGE_CHARS = 500
TRACEBACK_CHARS = 16_000


def outcome(error: BaseException, ours: frozenset[str]) -> Failed:
    """The end of an attempt whose objective raised ``error``; ``ours`` as below."""
    if not isinstance(error, TrialFailed):
        return Failed(error=from_exception(error, ours))
    try:
        return Failed(error=from_exception(error, ours), result=plain(error.result))
    except InvalidResult as refused:
        both = InvalidResult(f"{refused} (the trial had failed: {_message(error)})")
        return Failed(error=from_exception(both, ours))
    except Exception as worse:  # noqa: BLE001 - what users' code told may raise anything
        return Failed(error=from_exception(worse, ours))


def from_exception(error: BaseException, ours: frozenset[str]) -> Failure:
    """The failure of an attempt whose objective raised ``error``.

    ``ours`` are the files of parzen through which the objective was called: their frames are left
    out at the top of the traceback.
    """
    kind = _kind(error)
    return Failure(
        kind=kind,
        type=_type(error),
        message=_message(error),
        traceback=_traceback(error, ours),
        exit_code=_exit_code(error),
    )


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, MemoryError):
        return FailureKind.OUT_OF_MEMORY
    if isinstance(error, InvalidResult):
        return FailureKind.INVALID_RESULT
    if isinstance(error, SystemExit):
        return FailureKind.KILLED
    return FailureKind.EXCEPTION


def _type(error: BaseException) -> str | None:
    if isinstance(error, InvalidResult):
        return None  # the name of our own exception would tell its reader nothing
    return MEANT if isinstance(error, TrialFailed) else _name(type(error))


def _name(kind: type[BaseException]) -> str:
    builtin = kind.__module__ in ("builtins", "__main__")
    return kind.__qualname__ if builtin else f"{kind.__module__}.{kind.__qualname__}"


def _exit_code(error: BaseException) -> int | None:
    if not isinstance(error, SystemExit):
        return None
    if error.code is None:
        return 0
    if not isinstance(error.code, int):
        return 1  # as the interpreter does
    return error.code if INT64[0] <= error.code <= INT64[1] else 255  # as above


def _message(error: BaseException) -> str:
    """One line."""
    if isinstance(error, SystemExit):
        return f"the objective called sys.exit({shown(error.code)}): return a loss, or raise"
    try:
        text = str(error)
    except Exception as worse:  # noqa: BLE001 - the user's own __str__ may raise anything
        text = f"(its message cannot be shown: {type(worse).__name__})"
    if isinstance(error, TrialFailed):
        return " ".join(text.split())[:MESSAGE_CHARS]  # no traceback shows its other lines
    lines = text.strip().splitlines()
    return lines[0][:MESSAGE_CHARS] if lines else ""


def _traceback(error: BaseException, ours: frozenset[str]) -> str | None:
    if isinstance(error, (InvalidResult, TrialFailed)):
        return None  # it is about what was returned, or told: where is of no interest
    shown = traceback.TracebackException(type(error), error, _users(error.__traceback__, ours))
    text = "".join(shown.format())
    if len(text) <= TRACEBACK_CHARS:
        return text
    half = TRACEBACK_CHARS // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _users(trace: TracebackType | None, ours: frozenset[str]) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename in ours:
        trace = trace.tb_next
    return trace
