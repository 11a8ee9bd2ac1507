"""``parzen up`` and ``parzen down``: the embedded MongoDB, and a store ready for studies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parzen.client.invocation import here
from parzen.client.presence import COORDINATOR, ended
from parzen.client.wording import counted
from parzen.shared.commandline import Folder, store_options
from parzen.shared.errors import (
    EmbeddedError,
    InvalidInput,
    InvalidStore,
    StoreDenied,
    StoreError,
)
from parzen.shared.home import StoreAddress, chosen
from parzen.shared.printing import json_option, note, print_json, say
from parzen.shared.records import Worker
from parzen.shared.redaction import shown

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore
    from parzen.shared.mongo.embedded import Embedded, Running

ASKING_S = 3.0
"""How long a server that is to stop may take to say whom it serves, in seconds."""

NAMED = 5
"""How many studies are named that cannot move on; the others are counted."""


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

    A server that runs already is used. It goes on running until `parzen down`. Where --store, or
    PARZEN_STORE, names another store, nothing is started: that one is prepared. --json holds the
    password, too.
    """
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - `--help` needs no driver

    embedded = Embedded(where.home)
    if where.store is None:
        running = embedded.up(port)
    elif (own := embedded.port_in(where.store)) is not None:
        running = _up_as_named(embedded, own, port)
    else:
        _prepare_theirs(where.store, port, only_uri=only_uri, as_json=as_json)
        return
    _prepare(where.store or running.uri)
    if as_json:
        print_json("server", [running])
        return
    if only_uri:
        say(running.uri)
        return
    again = here(StoreAddress(data_dir=where.data_dir))  # `down` takes nothing else
    how = "started" if running.started else "running already"
    say(f"MongoDB    {how}, on 127.0.0.1:{running.port} (pid {running.pid})")
    say(f"data       {running.data_dir}")
    say(f"address    {shown(running.uri)}")
    say("use it     every command does, where no store is named; for other programs and shells:")
    say(f'           `export PARZEN_STORE="$({again.line("up", "--uri")})"`, with its password')
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
    """Stop the embedded MongoDB; the data stay.

    A store that PARZEN_STORE or PARZEN_STORE_FILE names is left alone.
    """
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - `--help` needs no driver

    address = StoreAddress(data_dir=data_dir)
    embedded, data = Embedded(address.home), address.home / "mongo" / "data"
    served = _served(embedded)
    stopped = embedded.down()
    if as_json:
        told = {"port": served.port, "connected": len(served.live), "studies": served.studies}
        print_json("server", [{"stopped": stopped, "data_dir": data, **told}])
    elif stopped:
        place = "" if served.port is None else f" on 127.0.0.1:{served.port}"
        say(f"MongoDB{place} stopped; its data stay in {data}")
    else:
        say(f"no embedded MongoDB was running in {address.home}")
    for sentence in served.sentences(here(address).line("up")) if stopped else ():
        note(f"note: {sentence}")
    if (other := _other(embedded)) is not None:
        note(
            f"note: {other} is left as it is: the environment names that store, and `parzen up` "
            "starts the embedded one only where it names none"
        )


def _other(embedded: Embedded) -> str | None:
    """The store that the environment names, for people, where it is another than ``embedded``."""
    try:
        named = chosen()
    except InvalidInput as error:
        return f"the store that the environment names ({error})"
    if named.store is None or embedded.port_in(named.store) is not None:
        return None
    return named.shown


@dataclass(frozen=True, kw_only=True)
class _Served:
    """Whom a server serves: processes that are alive, and studies that are not over, by name."""

    port: int | None = None
    live: Sequence[Worker] = ()
    studies: Sequence[str] = ()

    def sentences(self, again: str) -> Iterator[str]:
        """What its end means for them; ``again`` is the command that starts it."""
        workers = [process for process in self.live if process.role != COORDINATOR]
        some = {"worker": len(workers), "coordinator": len(self.live) - len(workers)}
        who = " and ".join(counted(count, noun) for noun, count in some.items() if count)
        if self.live:
            yield f"connected were {who}: they wait, and go on once `{again}` has started it again"
        if any(worker.busy for worker in workers):
            lease_s = min(worker.lease_s for worker in workers)
            yield (
                f"trials that run go on for up to {lease_s:g} s without it; then they are ended, "
                "and run again later"
            )
        if self.studies:
            names = ", ".join(map(repr, self.studies[:NAMED]))
            more = f" and {len(self.studies) - NAMED} more" if len(self.studies) > NAMED else ""
            yield f"until then {names}{more} cannot move on"


def _served(embedded: Embedded) -> _Served:
    """Whom the server serves just now; what cannot be told keeps nobody from stopping it."""
    from parzen.shared.mongo import connect  # noqa: PLC0415 - `--help` needs no driver

    running = embedded.running()
    if running is None:
        return _Served()
    try:
        with connect(running.uri, timeout_s=ASKING_S) as store:
            going = [s.name for s in store.catalog.all_studies() if not ended(s)]
            return _Served(port=running.port, live=store.catalog.workers(), studies=going)
    except StoreError as error:
        note(f"note: who uses it cannot be told: {error}")
        return _Served(port=running.port)


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


def _up_as_named(embedded: Embedded, named: int, port: int | None) -> Running:
    """Start the server on the port by which its user calls it; ``port`` is what --port says."""
    if port not in (None, named):
        raise InvalidStore(
            f"--port is {port}, but --store (or PARZEN_STORE) names the embedded server on port "
            f"{named}: leave one of them out"
        )
    from parzen.shared.mongo.embedded import PortTaken  # noqa: PLC0415 - `--help` needs no driver

    try:
        return embedded.up(named)
    except PortTaken as error:
        raise EmbeddedError(
            f"--store (or PARZEN_STORE) names the embedded server on port {named}, which another "
            "program has taken: end that, or leave the store out, so that another port is chosen"
        ) from error


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
