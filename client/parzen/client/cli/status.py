"""``parzen status``: where a study stands, once or live."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

import click

from parzen.client import presence
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.facts import LABEL, Fact, print_facts
from parzen.client.cli.opening import reading
from parzen.client.cli.report import Report, report
from parzen.client.curve import Pen, held, labelled, pen
from parzen.client.invocation import here
from parzen.client.progress import finished, settled
from parzen.client.wording import clock, counted, moment, number, rate, scalar
from parzen.shared.commandline import Seconds, store_options
from parzen.shared.course import LATEST
from parzen.shared.exits import INTERRUPTED
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.printing import json_option, on_terminal, print_json, terminal_width
from parzen.shared.records import Limits, Study

CURVE_WIDTH, CURVE_HEIGHT = 60, 5
"""The largest curve, in letters."""

PARAMS = 20
"""How many parameters of the best trial are told."""


@click.command()
@study_argument
@click.option("--watch", "live", is_flag=True, help="Go on showing it until the study has ended.")
@click.option(
    "--interval",
    type=Seconds(0.2),
    metavar="SECONDS",
    help="Look again after so long at the earliest.  [default: 1 on a terminal, otherwise 5]",
)
@json_option
@store_options
@click.pass_context
def status(
    context: click.Context,
    /,
    *,
    where: StoreAddress,
    name: str,
    live: bool,
    interval: float | None,
    as_json: bool,
) -> None:
    """Show where STUDY stands, who works on it, what it lacks and what would shorten it.

    With --watch a terminal is redrawn in place; elsewhere each look is a line, with --json an
    object. It ends with the study, or by Ctrl-C, with exit code 130, which leaves the study alone.
    """
    with reading(where) as client:
        handle = client.study(name)
        if not live:
            found = report(handle, client.workers(), here(where))
        else:
            from parzen.client.cli.watch import watch  # noqa: PLC0415 - only where it is wanted

            try:
                watch(handle, client.workers, here(where), interval, as_json=as_json)
            except KeyboardInterrupt:
                context.exit(INTERRUPTED)
            return
    if as_json:
        print_json("status", [found])
    else:
        print_facts(facts(found))


def facts(found: Report) -> Iterator[Fact]:
    """Everything that is said of a study to a person."""
    study = found.study
    reason = f": {study.status_reason}" if study.status_reason else ""
    yield study.name, f"{study.status.value}{reason}"
    if presence.pending(study):
        yield "asked for", f"{study.wish.want.value}, which no coordinator has carried out yet"
    yield "trials", _counts(study)
    yield "limits", limits(study)
    if study.proposing and not study.status.ended:
        yield "proposing", study.proposing
    yield from _best(found)
    if not study.status.ended:
        yield "rate", _speed(found)
        yield "workers", manned(found)
        yield "coordinator", ", ".join(found.coordinators) or "none alive"
    if found.failures:
        yield "failures", failures(found)
    if found.last_failure is not None:
        yield "last failure", found.last_failure
    if study.note:
        yield "note", study.note
    yield "created", f"{moment(study.created_at)} by {study.owner or 'somebody'}"
    unable = () if presence.ended(study) else presence.by_reason(found.quarantined.items())
    yield from (("cannot run", sentence) for sentence in unable)
    yield from (("to shorten", sentence) for sentence in found.shorter)
    for sentence in lacking(found):
        yield "lacks", sentence


def lacking(found: Report) -> list[str]:
    """What the study lacks, but for reasons that were said of each worker."""
    reasons = tuple(found.quarantined.values())
    return [sentence for sentence in found.lacks if not sentence.endswith(reasons)]


def _best(found: Report) -> Iterator[Fact]:
    if found.best is None:
        return
    yield "best", f"{number(found.best.value)}  (trial {found.best.number})"
    for name, value in islice(found.best.params.items(), PARAMS):
        yield "", f"{name} = {scalar(value)}"
    if len(found.best.params) > PARAMS:
        more = counted(len(found.best.params) - PARAMS, "parameter")
        yield "", f"and {more} more: `parzen best {found.study.name}` shows all"
    if on_terminal():
        width = min(CURVE_WIDTH, terminal_width() - LABEL)
        rows = curve_rows(found, width, CURVE_HEIGHT, pen(sys.stdout.encoding))
        yield from zip(["best so far", *[""] * len(rows)], rows, strict=False)


def curve_rows(found: Report, width: int, height: int, by: Pen) -> list[str]:
    """The best value so far over the trials' numbers, or nothing before it improved."""
    way = found.study.direction
    steps = [(one.number, way.loss(one.loss)) for one in found.improvements]
    if len(steps) < 2:  # noqa: PLR2004 - a line without a step tells nothing
        return []
    last = max(steps[-1][0], settled(found.study) - 1)
    return labelled(held(steps, last, 2 * width), width, height, by)


def failures(found: Report) -> str:
    """Failed attempts by kind."""
    kinds = ", ".join(f"{count} {kind.value}" for kind, count in found.failures.items())
    many = sum(found.study.counts.values()) > LATEST
    some = f" (at the last {LATEST:,} trials)" if many else ""
    return f"{counted(sum(found.failures.values()), 'attempt')}{some}: {kinds}"


def manned(found: Report) -> str:
    """The workers, and how many of their slots have a trial."""
    said = presence.manned(len(found.workers), len(found.quarantined))
    if not found.workers:
        return said
    return f"{said}, {found.busy} of {counted(found.slots, 'slot')} busy"


def _speed(found: Report) -> str:
    if not found.workers:
        return "no worker runs it now"
    if found.study.status is StudyStatus.PAUSED:
        return "paused, so nothing new is started"
    if found.rate is None:
        return "too few trials ended lately to tell"
    rest = "" if found.left_s is None else f", about {clock(found.left_s)} left"
    return f"{rate(found.rate)}{rest}"


def _counts(study: Study) -> str:
    said = [f"{study.counts[s]} {s.value}" for s in TrialState if study.counts.get(s)]
    most = study.limits.max_trials
    of = f" of {most}" if most is not None else ""
    return f"{finished(study)}{of} done" + (f" ({', '.join(said)})" if said else "")


def limits(study: Study) -> str:
    """The limits in force, in words."""
    terms: Limits = study.limits
    said = []
    if terms.max_trials is not None:
        said.append(counted(terms.max_trials, "trial"))
    if terms.timeout_s is not None:
        said.append(f"{clock(terms.timeout_s)} of time")
    if terms.target_loss is not None:
        said.append(f"a value of {number(study.direction.loss(terms.target_loss))}")
    if terms.patience is not None:
        said.append(f"{counted(terms.patience, 'trial')} without improvement")
    return ", ".join(said) or "none"
