"""The command ``parzen launch local``."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone

import click
import psutil

from parzen.shared.commandline import store_options
from parzen.shared.errors import EmbeddedError, InvalidInput, NotFound, StoreError
from parzen.shared.home import StoreAddress
from parzen.shared.printing import field, json_option, listing, note, say
from parzen.shared.records import Worker
from parzen.worker.launch.asked import for_a_list
from parzen.worker.launch.local import register, spawning
from parzen.worker.launch.local.register import Started
from parzen.worker.launch.words import checked

ALL = "all"

PATIENCE_S = 60.0
"""How long agents that were asked to quit are waited for."""

LOOK_S = 0.1

COLUMNS = [
    field("pid", right=True),
    *map(field, ("since", "busy")),
    field("log", folds=True),
    field("store", folds=True),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An agent of this machine, and what the store knows of it: ``busy`` is "running/slots"."""

    pid: int
    since: str
    store: str
    log: str
    words: tuple[str, ...]
    worker: str | None = None
    busy: str | None = None


@click.command()
@click.option(
    "-n", "--agents", type=click.IntRange(min=1, max=1024), default=1, show_default=True,
    metavar="N", help="How many to start; one agent runs several trials with -- --slots N.",
)  # fmt: skip
@click.option("--list", "show", is_flag=True, help="List those of this data directory that run.")
@click.option(
    "--stop", "ends", multiple=True, metavar="PID|all",
    help="Ask an agent to give its trials back and quit; a second time, to give them back at once. "
    "May be given several times.",
)  # fmt: skip
@click.option("--drain", is_flag=True, help="With --stop: finish what runs first.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@json_option
@store_options
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- WORKER OPTIONS]")
def local(
    *,
    where: StoreAddress,
    agents: int,
    show: bool,
    ends: tuple[str, ...],
    drain: bool,
    dry_run: bool,
    as_json: bool,
    words: tuple[str, ...],
) -> None:
    """Start agents on this machine that go on when the terminal closes, list them, stop them.

    What each says goes into a file of its own, in agents/ below the data directory. What follows --
    are options of `parzen worker`, such as -- --studies first --slots 2.
    """
    listed = for_a_list(show=show, as_json=as_json, beside={"--stop": ends, "--dry-run": dry_run})
    if drain and not ends:
        raise InvalidInput("--drain says how to --stop: name the agents, such as --stop all")
    if listed:
        _list(where, as_json=as_json)
    elif ends:
        _stop(where, ends, signal.SIGUSR1 if drain else signal.SIGTERM, dry_run=dry_run)
    else:
        _start(where, agents, checked(words), dry_run=dry_run)


def _start(where: StoreAddress, agents: int, words: Sequence[str], *, dry_run: bool) -> None:
    if dry_run:
        for _ in range(agents):
            say(spawning.line(where, words, agents))
        say(f"# in the background, with a log for each in {register.folder(where.home)}")
        return
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    with open_store(where) as store:  # first: without it nothing is started
        register.tidy(where.home)
        started = []
        for _ in range(agents):
            started.append(spawning.spawn(where, words, agents))
            say(f"started agent {started[-1].popen.pid}, which says what it does in")
            say(f"  {started[-1].log}")
        spawning.await_all(started, store.queue.workers)
        seen = {worker.pid: worker for worker in store.queue.workers()}
    quitters = [str(one.popen.pid) for one in started if one.popen.poll() == 0]
    if quitters:
        note(f"note: {', '.join(quitters)} found nothing to do, and has quit")
    say(f"the store has seen {'it' if agents == 1 else 'them all'}: {where.shown}")
    mine = [seen[one.popen.pid] for one in started if one.popen.pid in seen]
    _tell_gpus(mine)


def _tell_gpus(mine: Sequence[Worker]) -> None:
    """Say who has which GPUs, where somebody has some: the first to come takes them all."""
    if not any(worker.devices for worker in mine):
        return
    for worker in mine:
        held = ", ".join(f"{device.index} {device.name}" for device in worker.devices)
        say(f"agent {worker.pid} hands out the GPUs {held}" if held else _none(worker))
    if not all(worker.devices for worker in mine):
        note(
            "note: one agent serves all GPUs of a machine; to divide them, give each its number of "
            "slots, as in `-- --slots 2`"
        )


def _none(worker: Worker) -> str:
    return f"agent {worker.pid} hands out no GPU: others have them"


def _list(where: StoreAddress, *, as_json: bool) -> None:
    found = register.running(where.home)
    here = [one for one in found if one.store == where.shown]  # others have stores of their own
    live = {worker.pid: worker for worker in (_live(where) if here else ())}
    shown = [_running(one, live.get(one.pid) if one in here else None) for one in found]
    empty = f"No agents of `parzen launch local` run in {where.home}."
    listing(shown, COLUMNS, kind="local_agents", as_json=as_json, empty=empty)


def _running(started: Started, worker: Worker | None) -> Running:
    since = datetime.fromtimestamp(started.created, tz=timezone.utc).astimezone()
    return Running(
        pid=started.pid,
        since=f"{since:%Y-%m-%d %H:%M}",
        store=started.store,
        log=started.log,
        words=started.words,
        worker=None if worker is None else worker.id,
        busy=None if worker is None else f"{worker.busy}/{worker.slots}",
    )


def _live(where: StoreAddress) -> list[Worker]:
    """The workers of this machine that the store has seen, where it can be asked."""
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    try:
        with open_store(where) as store:
            host = socket.gethostname()
            return [worker for worker in store.queue.workers() if worker.host == host]
    except (StoreError, EmbeddedError) as error:
        note(f"note: this is only what this machine knows: {error}")
        return []


def _stop(
    where: StoreAddress, pids: tuple[str, ...], number: signal.Signals, *, dry_run: bool
) -> None:
    """Send ``number`` to the agents that are meant, and wait for those that are to quit at once.

    Raises:
        NotFound: one of them is none of ours, or runs no more.
    """
    found = {str(one.pid): one for one in register.running(where.home)}
    unknown = [pid for pid in pids if pid not in (ALL, *found)]
    if unknown:
        raise NotFound(
            f"no agent {unknown[0]} of `parzen launch local` runs in {where.home}: see --list"
        )
    meant = [one for pid, one in found.items() if ALL in pids or pid in pids]
    if not meant:
        say(f"No agents of `parzen launch local` run in {where.home}.")
    asked = []
    for one in meant:
        process = one.process
        if dry_run:
            say(f"kill -{number.name.removeprefix('SIG')} {one.pid}")
        elif process is not None:
            with suppress(psutil.NoSuchProcess):  # it has just ended by itself
                process.send_signal(number)
                asked.append(one)
                say(f"asked agent {one.pid} to {_wish(number)}")
    if number is signal.SIGTERM:
        for one in _outlasting(asked):
            note(f"note: agent {one.pid} still gives its trials back, as {one.log} tells")
    if not dry_run:
        register.tidy(where.home)


def _outlasting(asked: Sequence[Started]) -> Sequence[Started]:
    """Those that still run after a while; zombies, which nobody may ever collect, do not."""
    deadline = time.monotonic() + PATIENCE_S
    while (left := [one for one in asked if one.process]) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return left


def _wish(number: signal.Signals) -> str:
    if number is signal.SIGTERM:
        return "give its trials back and quit"
    return "finish what runs and quit"
