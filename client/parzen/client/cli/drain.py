"""``parzen drain``: let workers finish, or give back, what they run, and quit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TypeAlias

import click

from parzen.client import nodes
from parzen.client.cli.opening import reading
from parzen.client.connection import Client
from parzen.client.wording import counted
from parzen.shared.commandline import Seconds, store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, note, print_json, say
from parzen.shared.records import Order, Worker
from parzen.shared.store import LIVE_S

LOOK_S = 0.5
"""How often to look who is still there."""

Left: TypeAlias = Sequence[tuple[Worker, float]]
"""Workers that have not quit, and for how many seconds each is silent."""


@click.command()
@click.argument("names", metavar="[NODE]...", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Every live worker of the store.")
@click.option(
    "--give-back",
    is_flag=True,
    help="Do not wait for running trials to finish: they save themselves within the worker's "
    "--grace and go back into the queue, which costs them nothing.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait until the workers have quit.")
@click.option(
    "--timeout",
    "timeout_s",
    type=Seconds(0),
    metavar="SECONDS",
    help="How long to wait; then the exit code is 1, and the workers go on as they were asked. So "
    "it is where those that are left have gone silent.",
)
@json_option
@store_options
def drain(
    *,
    where: StoreAddress,
    names: tuple[str, ...],
    everybody: bool,
    give_back: bool,
    no_wait: bool,
    timeout_s: float | None,
    as_json: bool,
) -> int:
    """Let the workers of a NODE take no more trials, finish what they run, and quit.

    NODE is a host, a worker's id or the beginning of one, as `parzen workers` shows them; where
    none is called so, or all have quit already, the exit code is 3. A worker hears of it within
    five seconds. Whoever starts workers there again, such as a service manager,
    Kubernetes or Docker, may do so: take the node out there first.
    """
    if bool(names) == everybody:
        raise InvalidInput(
            "which workers is not clear: name hosts or workers, or give --all for every one"
        )
    order = Order.STOP if give_back else Order.DRAIN
    with reading(where) as client:
        live = client.workers()
        meant = nodes.named(live, names or sorted({w.host for w in live if w.slots}))
        if not meant and not as_json:
            say("No worker is alive.")
        asked = client.drain([worker.id for worker in meant], give_back=give_back)
        if not as_json:
            for worker in asked:
                say(f"{worker.id} is asked to {_asked(order, worker)}")
        left = [] if no_wait else _wait(client, asked, timeout_s)
    if as_json:
        print_json("workers", asked)
    _say_left(left)
    return 1 if left else 0


def _asked(order: Order, worker: Worker) -> str:
    runs = counted(len(worker.runs), "trial") if worker.runs else "nothing"
    if order is Order.STOP:
        return f"give back what it runs ({runs}), and quit"
    return f"finish what it runs ({runs}), and quit"


def _wait(client: Client, asked: Sequence[Worker], timeout_s: float | None) -> Left:
    """Wait until they have quit; who is left when the time is over, or when none is heard of."""
    until = None if timeout_s is None else time.monotonic() + timeout_s
    meant = [worker.id for worker in asked]
    told: dict[str, int] = {}
    while left := client.still_there(meant):
        for worker, _ in left:
            if told.get(worker.id) not in (None, len(worker.runs)):
                note(f"{worker.id} runs {counted(len(worker.runs), 'trial')}")
            told[worker.id] = len(worker.runs)
        heard = any(silent_s < LIVE_S for _, silent_s in left)
        if not heard or (until is not None and time.monotonic() > until):
            return left
        time.sleep(LOOK_S)
    return []


def _say_left(left: Left) -> None:
    heard = [worker.id for worker, silent_s in left if silent_s < LIVE_S]
    if heard:
        note(f"{counted(len(heard), 'worker')} still there: {', '.join(heard)}")
    for worker, silent_s in left:
        if silent_s >= LIVE_S:
            note(
                f"{worker.id} is silent for {silent_s:.0f} s and has not said that it quits: if it "
                "lives, it drains when it is heard again; its trials go back when their leases end"
            )
