"""``parzen logs``: what a trial printed, and what it prints."""

from __future__ import annotations

from collections.abc import Iterator

import click

from parzen.client.cli.arguments import study_argument, trial_argument
from parzen.client.cli.opening import reading
from parzen.client.cli.pieces import ForPeople, JsonDocument, JsonLines, Printer, Raw
from parzen.client.logs import About, Event, Said
from parzen.shared.commandline import store_options
from parzen.shared.exits import INTERRUPTED
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, note, on_terminal


@click.command()
@study_argument
@trial_argument
@click.option("-f", "--follow", is_flag=True, help="Go on as it is printed, to the trial's end.")
@click.option(
    "--tail",
    "lines",
    type=click.IntRange(min=0),
    metavar="N",
    help="Begin with the last N lines of what there is.",
)
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    metavar="N",
    help="What the Nth attempt printed  [default: the last one]",
)
@json_option
@store_options
def logs(
    *,
    where: StoreAddress,
    name: str,
    trial_number: int,
    follow: bool,
    lines: int | None,
    attempt: int | None,
    as_json: bool,
) -> None:
    """Print what trial NUMBER of STUDY printed, from wherever it ran.

    It is read from its file where that lies on this machine, otherwise from the store, to which
    the worker ships it when an attempt has ended; of a very long one the beginning and the end.
    In pipes and files it is printed byte by byte as it was written.

    With --follow, what is there is followed by what comes, through further attempts, until the
    trial is over; a trial that waits for a worker is waited for. What is beside the output, such
    as how the trial ended, goes to standard error.

    With --json the items are pieces of the output, {"number", "attempt", "offset", "text"}, where
    offset counts bytes; with --follow each is an object of its own, on a line of its own.
    """
    with reading(where) as client:
        events = client.study(name).output(trial_number, attempt=attempt, follow=follow, tail=lines)
        try:
            _print(events, _printer(trial_number, as_json=as_json, follow=follow))
        except KeyboardInterrupt:
            if not follow:
                raise
            click.get_current_context().exit(INTERRUPTED)


def _printer(number: int, *, as_json: bool, follow: bool) -> Printer:
    if as_json:
        return JsonLines(number) if follow else JsonDocument(number)
    return ForPeople() if on_terminal() else Raw()


def _print(events: Iterator[Event], printer: Printer) -> None:
    for event in events:
        if isinstance(event, Said):
            printer.say(event)
            continue
        printer.pause()
        note(event.text if event.about is About.ERROR else f"note: {event.text}")
    printer.end()
