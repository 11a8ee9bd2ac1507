"""Everything that is said of one trial to a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from parzen.client.cli.facts import LABEL, Fact
from parzen.client.curve import labelled, pen
from parzen.client.invocation import Invocation
from parzen.client.ranges import values
from parzen.client.wording import counted, duration, moment, number
from parzen.coordinator import memos
from parzen.shared.lifecycle import TrialState
from parzen.shared.printing import on_terminal, terminal_width
from parzen.shared.records import (
    STAGES,
    Attempt,
    DeviceUse,
    Direction,
    Failure,
    Measurement,
    Proposed,
    Study,
    Trial,
)
from parzen.shared.shape import plain

CURVE_WIDTH, CURVE_HEIGHT = 60, 4
"""The largest curve of measurements, in letters."""

TAIL_LINES = 8
"""How many lines of a trial's output are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A trial, its study, and all that lies elsewhere; ``attachments`` are sizes in bytes."""

    study: Study
    trial: Trial
    measurements: Sequence[Measurement]
    attachments: Mapping[str, int]


def trial_facts(whole: Whole, call: Invocation) -> Iterator[Fact]:
    """All but the text of its output and its traceback."""
    trial = whole.trial
    yield f"{trial.study}:{trial.number}", _state(trial)
    if trial.value is not None:
        yield "value", repr(trial.value)
    if trial.loss is not None and whole.study.direction is Direction.MAXIMIZE:
        yield "loss", repr(trial.loss)
    yield from _several("parameters", _parameters(whole))
    yield from _several("result", _assigned(trial.result))
    yield from _several("user data", _assigned(trial.user))
    if trial.note:
        yield "note", trial.note
    if trial.enqueued_by:
        yield "enqueued by", trial.enqueued_by
    if trial.proposed is not None:
        yield "proposed", _proposed(trial.proposed)
    yield from _times(trial)
    for attempt in trial.attempts:
        yield f"attempt {attempt.n}", _went(attempt)
        yield from (("", text) for text in _about(attempt))
    yield from _measured(whole.measurements)
    sizes = [f"{name}  {counted(size, 'byte')}" for name, size in whole.attachments.items()]
    yield from _several("attachments", sizes)
    if trial.attempts:
        more = call.line("logs", trial.study, str(trial.number))
        yield "output", f"`{more}` prints it{'; its end:' if _tail(trial) else ''}"


def closing(trial: Trial) -> Iterator[str]:
    """The end of its output and the last traceback, line by line as they are."""
    yield from _tail(trial)
    error = trial.attempts[-1].error if trial.attempts else None
    if error is not None and error.traceback:
        yield ""
        yield from error.traceback.rstrip().splitlines()


def _tail(trial: Trial) -> list[str]:
    log = trial.attempts[-1].log_tail if trial.attempts else None
    return [f"  {line}" for line in (log or "").splitlines()[-TAIL_LINES:]]


def _state(trial: Trial) -> str:
    said = trial.state.value
    if trial.state is TrialState.WAITING and trial.due_at is not None:
        return f"{said}, rests until {moment(trial.due_at)}"
    if trial.claim is not None:
        return f"{said}, its lease runs to {moment(trial.claim.expires_at)}"
    return said


def _several(label: str, texts: Sequence[str]) -> Iterator[Fact]:
    yield from zip([label, *[""] * len(texts)], texts, strict=False)


def _parameters(whole: Whole) -> list[str]:
    ranges = {d.name: values(d) for d in whole.study.dimensions}
    told = _assigned(whole.trial.params)
    room = max(map(len, told), default=0)
    names = whole.trial.params
    return [f"{text:<{room}}  of {ranges.get(n, '?')}" for text, n in zip(told, names, strict=True)]


def _assigned(found: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in found.items()]


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def _proposed(how: Proposed) -> str:
    return (
        f"by {_proposer(how)}, knowing {counted(how.seen, 'finished trial')} and {how.pending} "
        f"pending, in {number(how.seconds, 2)} s"
    )


def _proposer(how: Proposed) -> str:
    """The study's sampler, and which of those that it asks proposed where its memo tells."""
    memo = memos.readable(how.memo) or {}
    part = memo.get("sampler", memo.get(memos.BY))
    if part == STAGES and "stage" in memo:
        return f"stage {memo['stage']!r} of {how.sampler}"
    return how.sampler if part in (None, how.sampler) else f"{part} for {how.sampler}"


def _times(trial: Trial) -> Iterator[Fact]:
    if trial.waiting_since is not None:
        yield "waited from", moment(trial.waiting_since)
    if trial.started_at is not None:
        yield "started", moment(trial.started_at)
    if trial.finished_at is not None:
        took = f", after {duration(trial.duration_s)}" if trial.duration_s is not None else ""
        yield "finished", f"{moment(trial.finished_at)}{took}"


def _went(attempt: Attempt) -> str:
    said = attempt.outcome or "running"
    if attempt.started_at is not None and attempt.ended_at is not None:
        ran = (attempt.ended_at - attempt.started_at) / timedelta(seconds=1)
        said += f" after {duration(ran)}"
    return f"{said}, from {moment(attempt.started_at)}" if attempt.started_at else said


def _about(attempt: Attempt) -> Iterator[str]:
    device = f", device {attempt.device}" if attempt.device and not attempt.devices else ""
    yield f"worker {attempt.worker} on {attempt.host}{device}"
    yield from map(_used, attempt.devices)
    if attempt.error is not None:
        yield _failed(attempt.error)
    if attempt.workdir:
        yield f"in {attempt.workdir}"
    if attempt.bundle:
        yield f"objective {attempt.bundle[:12]}"


def _used(use: DeviceUse) -> str:
    said = [f"{use.name}, {use.uuid}"]
    if use.peak_gb is not None:
        said.append(f"at most {use.peak_gb:.1f} GB in use")
    if use.utilisation is not None:
        said.append(f"computing for {use.utilisation:.0%} of the time")
    return ", ".join(said)


def _failed(error: Failure) -> str:
    said = f"{error.kind.value}: {error.type + ': ' if error.type else ''}{error.message}"
    if error.exit_code is not None:
        said += f", exit code {error.exit_code}"
    return f"{said}, signal {error.signal}" if error.signal else said


def _measured(found: Sequence[Measurement]) -> Iterator[Fact]:
    if not found:
        return
    first, last = found[0], found[-1]
    steps = f"step {first.step}" if first is last else f"steps {first.step} to {last.step}"
    yield "measured", f"{len(found):,} at {steps}, the last {number(last.value)}"
    if on_terminal() and first is not last:
        width = min(CURVE_WIDTH, terminal_width() - LABEL)
        by = pen(sys.stdout.encoding)
        for row in labelled([one.value for one in found], width, CURVE_HEIGHT, by):
            yield "", row
