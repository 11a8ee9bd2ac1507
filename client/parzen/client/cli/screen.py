"""A study as it goes, as lines of styled text that fit a terminal: pure functions of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parzen.client.cli.facts import cut, wrapped
from parzen.client.cli.report import Report
from parzen.client.cli.status import curve_rows, failures, lacking, manned
from parzen.client.curve import BRAILLE, Pen
from parzen.client.progress import SEPARATOR, finished
from parzen.client.wording import assignment, clock, counted, number, rate
from parzen.shared.lifecycle import TrialState

Spans = list[tuple[str, str]]
"""One line: pieces of text, each with its style."""

HIGHEST, LOWEST = 8, 3
"""How many lines a curve has; where there is no room for the least, there is none."""

WIDEST = 100
"""How wide a curve or a bar is at most."""


def line(found: Report) -> str:
    """Everything in one plain line, for a log."""
    best = "no result yet"
    if found.best is not None:
        best = f"best {number(found.best.value)} (#{found.best.number})"
    parts = [found.study.status.value, *_tallies(found), best, *_pace(found), manned(found)]
    failed = f"; failed {failures(found)}" if found.failures else ""
    return f"{found.study.name}: {', '.join(parts)}{failed}"


def drawn(found: Report, width: int, height: int, pen: Pen) -> list[Spans]:
    """The picture, in at most ``height`` lines of ``width`` columns as far as the curve yields."""
    above, below = list(_above(found, width, pen)), list(_below(found, width))
    room = min(HIGHEST, height - len(above) - len(below))
    rows = curve_rows(found, min(WIDEST, width), room, pen) if room >= LOWEST else []
    return [*above, *([(row, "cyan")] for row in rows), *below]


def _above(found: Report, width: int, pen: Pen) -> Iterator[Spans]:
    study = found.study
    yield [(study.name, "bold"), (f"  {study.status.value}", "")]
    yield from ([(part, "dim")] for part in wrapped(study.status_reason or "", width) if part)
    most = study.limits.max_trials
    if most:
        yield _bar(min(1.0, finished(study) / most), min(WIDEST, width), pen)
    yield from _flow(_tallies(found), width)
    if found.best is None:
        yield [("best  none yet", "dim")]
    else:
        best = found.best
        told = f"best  {number(best.value)}  #{best.number}  {assignment(best.params)}"
        yield [(cut(told, width), "green")]


def _below(found: Report, width: int) -> Iterator[Spans]:
    if not found.study.status.ended:
        coordinators = counted(len(found.coordinators), "coordinator")
        yield from _flow([*_pace(found), manned(found), coordinators], width)
    else:
        yield from _flow(_pace(found), width)
    if found.failures:
        yield from ([(part, "red")] for part in wrapped(f"failed {failures(found)}", width))
    for sentence in found.shorter:
        yield from ([(part, "yellow")] for part in wrapped(sentence, width))
    for sentence in lacking(found):
        yield from ([(part, "yellow")] for part in wrapped(f"note: {sentence}", width))


def _bar(share: float, width: int, pen: Pen) -> Spans:
    told = f" {share:.0%}"
    room = max(1, width - len(told))
    full = int(share * room)
    ink, rest = "━─" if pen is BRAILLE else "=-"
    return [(ink * full, "cyan"), (rest * (room - full), "dim"), (told, "")]


def _tallies(found: Report) -> list[str]:
    study = found.study
    done, most = finished(study), study.limits.max_trials
    states = [TrialState.RUNNING, TrialState.WAITING, TrialState.FAILED, TrialState.CANCELLED]
    counts = [f"{study.counts[s]} {s.value}" for s in states if study.counts.get(s)]
    return [f"{done} done" if most is None else f"{done}/{most} done", *counts]


def _pace(found: Report) -> list[str]:
    ended = found.study.status.ended
    said = [] if found.rate is None or ended else [rate(found.rate)]
    if found.running_s is not None:
        said.append(f"{'took' if ended else 'active for'} {clock(found.running_s)}")
    if found.left_s is not None:
        said.append(f"about {clock(found.left_s)} left")
    return said


def _flow(pieces: Sequence[str], width: int) -> Iterator[Spans]:
    """The pieces with separators, on as many lines as they need."""
    told = ""
    for piece in pieces:
        longer = f"{told}{SEPARATOR}{piece}" if told else piece
        if told and len(longer) > width:
            yield [(told, "")]
            told = piece
        else:
            told = longer
    if told:
        yield [(told, "")]
