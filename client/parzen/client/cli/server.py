"""``parzen up`` and ``parzen down``: the embedded MongoDB, and a store ready for studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parzen.client.cli.output import json_option, note, print_json, say
from parzen.client.invocation import here
from parzen.shared.commandline import Folder, store_options
from parzen.shared.errors import InvalidStore, StoreDenied
from parzen.shared.home import StoreAddress, home

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of the embedded server; by default the last one, or any that is free.",
)
@click.option(
    "--uri", "only_uri", is_flag=True,
    help="Print only the address, with its password, for scripts and other MongoDB tools.",
)  # fmt: skip
@json_option
@store_options
def up(where: StoreAddress, port: int | None, only_uri: bool, as_json: bool) -> None:
    """Start the embedded MongoDB and prepare the store.

    A server that runs already is used. It goes on running until `parzen down`. With --store, or
    PARZEN_STORE, nothing is started: that store is prepared. --json holds the password, too.
    """
    if where.store is not None:
        _prepare_theirs(where.store, port, only_uri=only_uri, as_json=as_json)
        return
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - `--help` needs no driver

    running = Embedded(where.home).up(port)
    _prepare(running.uri)
    if as_json:
        print_json("server", [running])
        return
    if only_uri:
        say(running.uri)
        return
    again = here(where)
    how = "started" if running.started else "running already"
    say(f"MongoDB    {how}, on 127.0.0.1:{running.port} (pid {running.pid})")
    say(f"data       {running.data_dir}")
    say(f"address    `{again.line('up', '--uri')}` prints it, with its password")
    say(f"stop it    `{again.line('down')}`")


@click.command()
@json_option
@click.option(
    "--data-dir",
    envvar="PARZEN_HOME",
    type=Folder(),
    help="Where parzen keeps its files on this machine [PARZEN_HOME].",
)
def down(data_dir: Path | None, as_json: bool) -> None:
    """Stop the embedded MongoDB; the data stay."""
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - `--help` needs no driver

    where = home(data_dir)
    stopped = Embedded(where).down()
    if as_json:
        print_json("server", [{"stopped": stopped, "data_dir": where / "mongo" / "data"}])
    elif stopped:
        say(f"MongoDB stopped; its data stay in {where / 'mongo' / 'data'}")
    else:
        say(f"no embedded MongoDB was running in {where}")


def _prepare(uri: str) -> str:
    """Set the store up, and say what is doubtful about it; its host, port and database."""
    from parzen.shared.mongo import connect  # noqa: PLC0415 - `--help` needs no driver

    with connect(uri, prepare=True) as store:
        for warning in store.warnings:
            note(f"parzen: {warning}")
        _sweep(store)
        return f"{store.where}/{store.db.name}"


def _sweep(store: MongoStore) -> None:
    """Delete what killed uploads left, where the user may; a store without it is as ready."""
    try:
        swept = store.sweep()
    except StoreDenied as error:
        note(f"parzen: what killed uploads may have left stays: {error}")
        return
    if swept:
        note(f"parzen: deleted what {swept} killed upload{'s' * (swept > 1)} left")


def _prepare_theirs(uri: str, port: int | None, *, only_uri: bool, as_json: bool) -> None:
    if port is not None:
        raise InvalidStore(
            "--port is the embedded server's, but --store (or PARZEN_STORE) names another store: "
            "leave one of them out"
        )
    place = _prepare(uri)
    if as_json:
        print_json("server", [{"uri": uri, "started": False}])
    elif only_uri:
        say(uri)
    else:
        say(f"the store at {place} is ready; nothing was started")
