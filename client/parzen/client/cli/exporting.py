"""``parzen export``: a study's trials as a file, or in an Optuna storage."""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryFile

import click

from parzen.client.cli.arguments import study_argument
from parzen.client.cli.counting import counting
from parzen.client.cli.opening import reading
from parzen.client.cli.trials import conditions_option
from parzen.client.export import exporting
from parzen.client.export.destination import Destination, Format, destination
from parzen.client.export.source import Source
from parzen.client.export.spool import no_room
from parzen.client.handle import StudyHandle
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import TrialState
from parzen.shared.printing import json_option, note, on_terminal, print_json, say
from parzen.shared.visible import visible

PIECE = 1 << 20
"""How many bytes are written at once."""


@click.command()
@study_argument
@click.option(
    "--to",
    metavar="FILE|URL",
    help="A new file, or an Optuna storage: sqlite:///study.db, journal:study.log, or the address "
    "of a MySQL or PostgreSQL database.  [default: standard output]",
)
@click.option(
    "--format",
    "how",
    type=click.Choice([known.value for known in Format]),
    help="The format, where the name does not tell.  [default: by the name's ending; csv]",
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in TrialState]),
    help="Only trials in this state; may be given several times, for trials in any of them.",
)
@conditions_option
@click.option(
    "--name",
    "renamed",
    metavar="NAME",
    help="What the study is called in the Optuna storage, where it is to be another name.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Write over a file, or replace an earlier export in an Optuna storage.",
)
@json_option
@store_options
def export(
    *,
    where: StoreAddress,
    name: str,
    to: str | None,
    how: str | None,
    states: tuple[str, ...],
    conditions: tuple[str, ...],
    renamed: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Take the trials of STUDY away: to CSV, JSON lines, Parquet, or an Optuna storage.

    The format is told by the name: trials.csv, trials.jsonl, trials.parquet, sqlite:///study.db.
    A file appears when it is whole, and none is written over without --force. Without --to, CSV
    goes to standard output.

    CSV and Parquet have a row for each trial, with columns params.NAME, result/KEY and user/KEY;
    JSON lines hold everything. In an Optuna storage, all tools of Optuna open the study.
    docs/export.md says what each format holds and what is lost.
    """
    found = destination(to, None if how is None else Format(how))
    outward = found.path is None and found.storage is None
    if outward:
        _refuse_options(found, renamed, force=force, as_json=as_json)
    with reading(where) as client:
        handle = client.study(name)
        with counting(f"exporting {name}", _total(handle, states, conditions)) as tick:
            source = handle.source(states, conditions, tick)
            if outward:
                _print(source, found.format)
                return
            done = exporting.export(source, found, name=renamed, force=force)
    if as_json:
        print_json("exports", [done])
        return
    say(str(done))
    for sentence in done.notes:
        note(f"note: {sentence}")


def _refuse_options(found: Destination, renamed: str | None, *, force: bool, as_json: bool) -> None:
    given = {"--json": as_json, "--force": force, "--name": renamed is not None}
    for option in (option for option, is_given in given.items() if is_given):
        hint = "; --format jsonl writes the trials as JSON" if option == "--json" else ""
        raise InvalidInput(
            f"{option} is about a file or a storage, and the export goes to standard output: leave "
            f"it out, or name a file with --to{hint}"
        )
    if found.format is Format.PARQUET and on_terminal():
        raise InvalidInput(
            "Parquet is no text for a terminal: name a file with --to, or send it to a pipe"
        )


def _total(handle: StudyHandle, states: Sequence[str], conditions: Sequence[str]) -> int | None:
    """How many trials there will be, where that is known."""
    if conditions:
        return None
    counts = handle.record.counts
    return sum(n for state, n in counts.items() if not states or state.value in states)


def _print(source: Source, how: Format) -> None:
    if how is not Format.PARQUET:
        exporting.write_text(source, how, _show if on_terminal() else _send)
        return
    with TemporaryFile() as file:  # Parquet's end tells of its beginning
        try:
            exporting.write(source, how, file)
            file.seek(0)
        except OSError as error:
            raise no_room(error) from error
        while piece := file.read(PIECE):
            click.echo(piece, nl=False)


def _show(text: str) -> None:
    click.echo(visible(text.replace("\r\n", "\n")), nl=False)


def _send(text: str) -> None:
    click.echo(text.encode(), nl=False)  # as bytes, of which click takes no colours away
