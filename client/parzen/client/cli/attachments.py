"""``parzen attachments``: what a trial kept in the store, as files."""

from __future__ import annotations

from pathlib import Path

import click

from parzen.client.cli.arguments import study_argument, trial_argument
from parzen.client.cli.opening import reading
from parzen.shared.commandline import store_options
from parzen.shared.home import StoreAddress
from parzen.shared.printing import Column, json_option, listing

COLUMNS: tuple[Column[dict[str, str | None]], ...] = (
    Column("name", lambda item: item["name"] or ""),
    Column("file", lambda item: item["file"] or ""),
)


@click.command()
@study_argument
@trial_argument
@click.argument("only", metavar="[ATTACHMENT]...", nargs=-1)
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write them as files below this folder; no file is written over.",
)
@json_option
@store_options
def attachments(
    *,
    where: StoreAddress,
    name: str,
    trial_number: int,
    only: tuple[str, ...],
    save: Path | None,
    as_json: bool,
) -> None:
    """List what trial NUMBER of STUDY attached, or save it; all, or those named."""
    found: list[dict[str, str | None]]
    with reading(where) as client:
        handle = client.study(name)
        if save is not None:
            saved = handle.save_attachments(trial_number, save, only)
            found = [{"name": key, "file": str(path)} for key, path in saved.items()]
        else:
            held = handle.attachments(trial_number)
            for unknown in [key for key in only if key not in held]:
                handle.attachment(trial_number, unknown)  # refused, with those that there are
            found = [{"name": key, "file": None} for key in held if not only or key in only]
    listing(
        found,
        COLUMNS,
        kind="attachments",
        as_json=as_json,
        empty=f"trial {trial_number} of study {name!r} has no attachments",
    )
