"""What commands that change a study say: what they did, and what it means for running trials."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parzen.client import presence
from parzen.client.handle import StudyHandle
from parzen.client.wording import counted
from parzen.shared.lifecycle import TrialState
from parzen.shared.printing import note, print_json, say
from parzen.shared.records import Study

CARRIED_OUT_S = 3.0
"""How long a command waits for a live coordinator to carry out what it asks for."""

LOOK_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Steered:
    """One item of ``--json``: the study as it stands, and what was done.

    ``running`` is how many trials each worker ran just before, by its id; ``trials`` are the
    numbers of those that it was about; ``notes`` say what the study lacks to move on.
    """

    study: Study
    said: Sequence[str]
    running: Mapping[str, int] = field(default_factory=dict)
    trials: Sequence[int] = ()
    notes: Sequence[str] = ()


def tell(done: Steered, *, as_json: bool) -> None:
    """Print it: for a person the sentences, with notes on standard error."""
    if as_json:
        print_json("steered", [done])
        return
    for sentence in done.said:
        say(sentence)
    for sentence in done.notes:
        note(f"note: {sentence}")


def carried_out(handle: StudyHandle, live: Sequence[object]) -> Study:
    """The study once a coordinator has heard the wish, or as it stands a little later.

    Where no coordinator of ``live`` serves it, nothing is waited for.
    """
    until = time.monotonic() + CARRIED_OUT_S
    study = handle.study
    if not live:
        return study
    with contextlib.closing(handle.watch()) as watch:
        while presence.pending(study) and time.monotonic() < until:
            watch.wait(LOOK_S)
            study = handle.study
    return study


def waiting(study: Study, then: str, one: str) -> str:
    """``3 waiting trials stay``: what becomes of them is ``then``, of ``one`` that; or nothing."""
    count = study.counts.get(TrialState.WAITING, 0)
    return f"{counted(count, 'waiting trial')} {then if count > 1 else one}" if count else ""


def sentence(first: str, *more: str | None) -> str:
    """``first: a, b``, of those that say something."""
    told = [part for part in more if part]
    return f"{first}: {', '.join(told)}" if told else first
