"""What Hyperopt calls the states of jobs and of results, and which keys a trial's document has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parzen.shared.plain import shown

STATUS_NEW = "new"
STATUS_RUNNING = "running"
STATUS_SUSPENDED = "suspended"
STATUS_OK = "ok"
STATUS_FAIL = "fail"
STATUS_STRINGS = (STATUS_NEW, STATUS_RUNNING, STATUS_SUSPENDED, STATUS_OK, STATUS_FAIL)
"""What an objective may return as the ``status`` of its result."""

JOB_STATE_NEW = 0
JOB_STATE_RUNNING = 1
JOB_STATE_DONE = 2
JOB_STATE_ERROR = 3
JOB_STATE_CANCEL = 4
JOB_STATES = [
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_CANCEL,
]
JOB_VALID_STATES = {JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE}
"""The states of the trials that ``trials.trials`` shows."""

TRIAL_KEYS = [
    "tid",
    "spec",
    "result",
    "misc",
    "state",
    "owner",
    "book_time",
    "refresh_time",
    "exp_key",
]
TRIAL_MISC_KEYS = ["tid", "cmd", "idxs", "vals"]

COMMAND = ("domain_attachment", "FMinIter_Domain")
"""What a trial's ``misc.cmd`` says."""


def count(docs: Iterable[Mapping[str, Any]], arg: Any) -> int:
    """How many of ``docs`` are in the state ``arg``, or in one of these states.

    Raises:
        ValueError: there is no such state.
    """
    states = states_of(arg)
    return sum(doc["state"] in states for doc in docs)


def states_of(arg: Any) -> set[int]:
    """The state ``arg``, or the states in it.

    Raises:
        ValueError: there is no such state.
    """
    states = {arg} if isinstance(arg, int) else set(arg)
    for state in states:
        if state not in JOB_STATES:
            raise ValueError(
                f"there is no state {shown(state)}: expected one of {JOB_STATES}, or several"
            )
    return states
