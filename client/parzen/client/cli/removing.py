"""``parzen delete``: a study with all that belongs to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from parzen.client.cli.completing import study_names
from parzen.client.cli.opening import reading
from parzen.client.handle import StudyHandle
from parzen.client.steering import stopping
from parzen.client.wording import counted, number
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, note, print_json, say

THINGS = {
    "jobs": "trial",
    "measurements": "measurement",
    "attachments": "attachment",
    "logs": "piece of output",
}


@click.command()
@click.argument("names", metavar="STUDY...", nargs=-1, required=True, shell_complete=study_names)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_options
def delete(*, where: StoreAddress, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Delete each STUDY with its trials, results, outputs and attachments.

    Trials that run are stopped within seconds, and lost. There is no way back: `parzen export`
    keeps what you want to keep.
    """
    with reading(where) as client:
        handles = [client.study(name) for name in dict.fromkeys(names)]  # all, before any is gone
        if not yes:
            _ask(handles, as_json=as_json)
        items = []
        for handle in handles:
            stopped = stopping(handle.running())
            gone = handle.delete()
            items.append({"study": handle.name, "deleted": gone})
            if not as_json:
                told = [_counted(gone.get(key, 0), noun) for key, noun in THINGS.items()]
                said = ", ".join(part for part in told if part) or "it had no trials"
                stops = "" if stopped.startswith("no ") else f"; {stopped}"
                say(f"study {handle.name!r} is deleted: {said}{stops}")
    if as_json:
        print_json("deleted", items)


def _ask(handles: Sequence[StudyHandle], *, as_json: bool) -> None:
    """Show what would go, and ask; who cannot be asked is told what to give.

    Raises:
        InvalidInput: nobody is there to ask.
        click.Abort: the answer was no.
    """
    if as_json or not sys.stdin.isatty():
        raise InvalidInput(
            f"deleting {', '.join(repr(h.name) for h in handles)} is for good: give --yes where "
            "nobody can be asked"
        )
    for handle in handles:
        study, best = handle.record, handle.best
        trials = counted(sum(study.counts.values()), "trial")
        found = "" if best is None else f", best {number(best.value)}"
        note(f"{study.name}: {study.status.value}, {trials}{found}; {stopping(handle.running())}")
    what = counted(len(handles), "study")
    click.confirm(f"Delete {what} for good?", abort=True, err=True)


def _counted(count: int, noun: str) -> str:
    return counted(count, noun) if count else ""
