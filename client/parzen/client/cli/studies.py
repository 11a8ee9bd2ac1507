"""``parzen studies``, ``status`` and ``cancel``: the studies of a store."""

from __future__ import annotations

import click

from parzen.client import presence
from parzen.client.cli.opening import reading
from parzen.client.cli.output import Column, json_option, listing, note, print_json, say
from parzen.client.cli.report import report
from parzen.client.progress import finished
from parzen.client.wording import moment
from parzen.shared.commandline import store_options
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study


def _tally(state: TrialState) -> Column[Study]:
    return Column(state.value, lambda study: str(study.counts.get(state, 0)), right=True)


def _progress(study: Study) -> str:
    most = study.limits.max_trials
    return f"{finished(study)}/{most}" if most is not None else str(finished(study))


COLUMNS: tuple[Column[Study], ...] = (
    Column("name", lambda study: study.name),
    Column("status", lambda study: study.status.value),
    Column("done", _progress, right=True),
    _tally(TrialState.RUNNING),
    _tally(TrialState.FAILED),
    Column("sampler", lambda study: study.sampler.name),
    Column("created", lambda study: moment(study.created_at)),
    Column("owner", lambda study: study.owner or "", wide=True),
)


@click.command()
@json_option
@store_options
def studies(where: StoreAddress, as_json: bool) -> None:
    """List the studies, newest first."""
    with reading(where) as client:
        found = [handle.record for handle in client.studies()]
    listing(found, COLUMNS, kind="studies", as_json=as_json, empty="There are no studies yet.")


@click.command()
@click.argument("name")
@json_option
@store_options
def status(where: StoreAddress, name: str, as_json: bool) -> None:
    """Show where the study NAME stands, who works on it, and what it lacks."""
    with reading(where) as client:
        found = report(client.study(name), client.workers())
    if as_json:
        print_json("status", [found])
    else:
        found.print()


@click.command()
@click.argument("name")
@store_options
def cancel(where: StoreAddress, name: str) -> None:
    """End the study NAME: waiting trials are cancelled, running ones stopped."""
    with reading(where) as client:
        handle = client.study(name)
        if presence.ended(handle.record):
            say(f"study {name!r} had ended already: {handle.record.status.value}")
            return
        waiting = handle.cancel().notices()
        carried_out = "no coordinator runs now" if waiting else "its coordinator carries it out"
        say(f"study {name!r} is to end; {carried_out}")
        for sentence in waiting:
            note(f"note: {sentence}")
