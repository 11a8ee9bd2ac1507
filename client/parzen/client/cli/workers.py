"""``parzen workers``: the live processes of a store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click

from parzen.client import presence
from parzen.client.cli.opening import reading
from parzen.client.cli.output import Column, json_option, listing
from parzen.client.wording import moment
from parzen.shared.commandline import store_options
from parzen.shared.home import StoreAddress
from parzen.shared.records import Study, Worker

COLUMNS: tuple[Column[Worker], ...] = (
    Column("id", lambda w: w.id),
    Column("role", lambda w: w.role),
    Column("host", lambda w: w.host),
    Column("pid", lambda w: str(w.pid), right=True),
    Column("busy", lambda w: f"{w.busy}/{w.slots}" if w.slots else "", right=True),
    Column("seen", lambda w: moment(w.seen_at)),
    Column("studies", lambda w: " ".join(w.studies) or "all", wide=True),
    Column("labels", lambda w: " ".join(w.labels), wide=True),
)


@click.command()
@json_option
@store_options
def workers(where: StoreAddress, as_json: bool) -> None:
    """List the live workers and coordinators."""
    with reading(where) as client:
        found = list(client.workers())
        going = [handle.record for handle in client.studies()]
    columns = (*COLUMNS, Column[Worker]("cannot run", partial(_kept_from, going), wide=True))
    listing(
        found, columns, kind="workers", as_json=as_json, empty="No worker or coordinator is alive."
    )


def _kept_from(going: Sequence[Study], worker: Worker) -> str:
    """Why it cannot run some studies: by its own finding, or since their leader set it aside."""
    aside = [
        f"{study.name}: {why}"
        for study in going
        if not study.status.ended and (why := presence.set_aside(worker, study))
    ]
    return "; ".join([*worker.quarantined.values(), *aside])
