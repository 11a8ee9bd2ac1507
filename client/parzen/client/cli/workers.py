"""``parzen workers``: the live processes of a store."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import datetime

import click
import psutil

from parzen.client import presence
from parzen.client.cli.opening import reading
from parzen.client.invocation import here
from parzen.client.nodes import Line, lines
from parzen.client.wording import ago, moment
from parzen.shared.commandline import store_options
from parzen.shared.errors import NotFound
from parzen.shared.home import StoreAddress
from parzen.shared.printing import Column, json_option, listing, on_terminal, print_json
from parzen.shared.records import Study, Worker
from parzen.shared.store import LIVE_S

DELETED = "a deleted study"

GPU_LEAST, NAME_LEAST = 10, 14
"""How much of a GPU's and of a worker's name is shown at least: a terminal of 80 columns has room
for what runs where, and how it fares."""


def columns(stored: Sequence[Study], now: datetime | None) -> tuple[Column[Line], ...]:
    """What is said of each line, the most telling first; to a person how long ago, by ``now``."""

    def seen(line: Line) -> str:
        return moment(line.worker.seen_at) if now is None else ago(line.worker.seen_at, now)

    return (
        Column("id", lambda line: line.worker.id, named=True, least=NAME_LEAST),
        Column("gpu", lambda line: line.gpu, wide=True, least=GPU_LEAST),
        Column("runs", lambda line: line.running, named=True, least=NAME_LEAST),
        Column("use", lambda line: line.utilisation, right=True),
        Column("seen", seen, right=now is not None),
        Column("state", lambda line: line.state, wide=True),
        Column("busy", lambda line: _busy(line.worker), right=True),
        Column("memory", lambda line: line.memory, right=True),
        Column("role", lambda line: line.worker.role, rare=True),
        Column("cannot run", lambda line: _kept_from(stored, line.worker), wide=True),
        Column("host", lambda line: line.worker.host, named=True, rare=True),
        Column("pid", lambda line: str(line.worker.pid), right=True, rare=True),
        Column(
            "studies", lambda line: " ".join(line.worker.studies) or "all", wide=True, rare=True
        ),
        Column("labels", lambda line: " ".join(line.worker.labels), wide=True, rare=True),
        Column(
            "gpu id", lambda line: line.device.uuid if line.device else "", wide=True, rare=True
        ),
    )


@click.command()
@click.option(
    "--here",
    "only_here",
    is_flag=True,
    help="Only those of this machine (or container), by its host name and process ids; where there "
    "is none, the exit code is 3: a health check.",
)
@json_option
@store_options
def workers(where: StoreAddress, only_here: bool, as_json: bool) -> None:
    """List the live workers and coordinators, with their GPUs and the trials that run there.

    A worker has a line for each of its GPUs, and says every five seconds how it fares: `use` is how
    much of a second the GPU computed, `memory` what is in use there, whoever uses it, `seen` when
    it said so. A terminal shows as many columns as it has room for; a pipe gets all.
    """
    with reading(where) as client:
        found, now = list(client.workers()), client.server_clock()
        stored = [handle.record for handle in client.studies()]
    if only_here:
        found = _of_this_machine(found, where)
    if as_json:
        print_json("workers", found)
        return
    shown = columns(stored, now if on_terminal() else None)
    empty = "No worker or coordinator is alive."
    listing(list(lines(found)), shown, kind="workers", as_json=False, empty=empty)


def _busy(worker: Worker) -> str:
    return f"{worker.busy}/{worker.slots}" if worker.slots else ""


def _of_this_machine(live: Sequence[Worker], where: StoreAddress) -> list[Worker]:
    """Those of ``live`` that run here.

    Raises:
        NotFound: the store has seen none of them.
    """
    host = socket.gethostname()
    found = [worker for worker in live if worker.host == host and psutil.pid_exists(worker.pid)]
    if not found:
        raise NotFound(
            f"the store has seen no worker or coordinator of this machine, {host!r}, in the last "
            f"{LIVE_S:g} s: read what it logged, or see all with `{here(where).line('workers')}`"
        )
    return found


def _kept_from(stored: Sequence[Study], worker: Worker) -> str:
    """Which studies it cannot run, and why: by its own finding, or since their leader says so."""
    names = {study.uid: study.name for study in stored}
    unfit = [(names.get(uid, DELETED), why) for uid, why in worker.quarantined.items()]
    aside = [
        (study.name, why)
        for study in stored
        if not study.status.ended and (why := presence.set_aside(worker, study))
    ]
    return "; ".join(presence.by_reason([*unfit, *aside]))
