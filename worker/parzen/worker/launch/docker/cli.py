"""The command ``parzen launch docker``."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from parzen.shared.commandline import Named, store_words
from parzen.shared.errors import InvalidInput, ParzenError
from parzen.shared.printing import field, json_option, listing, note, say
from parzen.worker.launch import reach
from parzen.worker.launch.asked import for_a_list
from parzen.worker.launch.words import checked, params

if TYPE_CHECKING:
    from parzen.shared.records import Worker
    from parzen.worker.launch.docker.agents import Agent
    from parzen.worker.launch.docker.hosts import Host
    from parzen.worker.launch.docker.plan import Plan

COLUMNS = [*map(field, ("host", "name", "state", "worker", "doing")), field("store", folds=True)]


@click.command("docker")
@click.option(
    "--image",
    metavar="IMAGE",
    default=lambda: f"parzen:{importlib.metadata.version('parzen')}",
    help="What agents run: an image made by, or FROM one made by, deploy/Dockerfile  [default: "
    "parzen:VERSION, which docker-compose.yml builds]",
)
@click.option(
    "--host",
    "addresses",
    multiple=True,
    metavar="URL",
    help="A Docker engine, ssh://gpu1 or tcp://gpu2:2376; may be given several times. Without one "
    "the engine that `docker` itself speaks to.",
)
@click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="NAME",
    help="A context of `docker context ls`; may be given several times.",
)
@click.option(
    "-n",
    "--agents",
    "count",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="How many agents on each host; rather one with more --slots.",
)
@click.option(
    "--gpus",
    "devices",
    default="auto",
    show_default=True,
    metavar="WHICH",
    help="all, none, or the GPUs 0,2 of each host; auto is all where the engine has NVIDIA's "
    "runtime.",
)
@click.option("--network", metavar="NAME", help="The engine's network, such as host.")
@click.option(
    "--name",
    default="parzen",
    show_default=True,
    metavar="NAME",
    help="How containers' names begin; agents of one name on a host share a work volume.",
)
@click.option(
    "--trials-in-containers",
    "socket",
    is_flag=True,
    help="Let agents run studies with an image: they are given the engine's socket, by which they "
    "are as good as root on the host.",
)
@click.option("--list", "as_list", is_flag=True, help="Show the agents that were launched.")
@click.option(
    "--stop",
    "stopped",
    multiple=True,
    metavar="ID",
    help="Stop the agent of that name, or all; its trials are given back. May be given several "
    "times.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing, and print what would be done.")
@json_option
@store_words
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- WORKER OPTIONS]")
def docker(
    *,
    named: Named,
    image: str,
    addresses: tuple[str, ...],
    contexts: tuple[str, ...],
    count: int,
    devices: str,
    network: str | None,
    name: str,
    socket: bool,
    as_list: bool,
    stopped: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    words: tuple[str, ...],
) -> None:
    """Start workers as containers on Docker hosts; what follows -- is for `parzen worker`.

    \b
    parzen launch docker --host ssh://gpu1 --host ssh://gpu2 -- --slots 4
    parzen launch docker --host ssh://gpu1 --list
    parzen launch docker --host ssh://gpu1 --stop all

    Each agent is started again when its host is. The store's address travels in a file inside the
    container, for the agent alone. A host that does not answer is named, the others go on, and the
    exit code is 1.
    """  # noqa: D301 - click's mark for lines that stay as they are
    from parzen.worker.launch.docker.hosts import hosts  # noqa: PLC0415 - only where it runs
    from parzen.worker.launch.docker.plan import checked_name  # noqa: PLC0415 - as above

    listed = for_a_list(
        show=as_list, as_json=as_json, beside={"--stop": stopped, "--dry-run": dry_run}
    )
    given = click.get_current_context().get_parameter_source("name")
    chosen = None if given is click.core.ParameterSource.DEFAULT else checked_name(name)
    every = hosts(addresses, contexts)
    if listed:
        sys.exit(_list(every, chosen, named, as_json=as_json))
    if stopped:
        sys.exit(_stop(every, chosen, stopped, dry_run=dry_run))
    plan = _plan(named, words, image=image, network=network, name=name, devices=devices)
    sys.exit(_start(every, dataclasses.replace(plan, socket=socket), count, dry_run=dry_run))


def _plan(named: Named, words: Sequence[str], *, devices: str, **fields: Any) -> Plan:
    from parzen.worker.launch.docker.plan import Plan, checked_name, wanted_gpus  # noqa: PLC0415

    where = named.address()
    if where.store is None:
        raise InvalidInput(
            "workers in containers need a store that they can reach, and the embedded server is "
            "for processes of this machine only: name a MongoDB with PARZEN_STORE, "
            "PARZEN_STORE_FILE or --store-file"
        )
    checked_name(fields["name"])
    options = params(checked(words))
    return Plan(
        words=tuple(words),
        options=options,
        store=where.store,
        shown=where.shown,
        devices=wanted_gpus(devices),
        **fields,
    )


def _start(every: Sequence[Host], plan: Plan, count: int, *, dry_run: bool) -> int:
    from parzen.worker.launch.docker import agents  # noqa: PLC0415 - as above
    from parzen.worker.launch.docker.hosts import on_each  # noqa: PLC0415 - as above
    from parzen.worker.launch.docker.plan import apart, told  # noqa: PLC0415 - as above

    who = apart([host.where.address for host in every], plan.network)
    if who is not None:
        reach.warn(plan.shown, who)
    if dry_run:
        for host in every:
            for _ in range(count):
                for line in told(plan, agents.fresh_name(plan), host.where.address):
                    say(line)
        return 0
    answers = on_each(every, lambda host, client: agents.start(client, host, plan, count))
    for answer in answers:
        for agent in answer.done or ():
            say(f"{answer.host.name}: {agent} is started")
    return _faults((answer.host, answer.fault) for answer in answers)


def _list(every: Sequence[Host], name: str | None, named: Named, *, as_json: bool) -> int:
    from parzen.worker.launch.docker import agents  # noqa: PLC0415 - as above
    from parzen.worker.launch.docker.hosts import on_each  # noqa: PLC0415 - as above

    answers = on_each(every, lambda host, client: agents.found(client, host, name))
    there = [agent for answer in answers for agent in answer.done or ()]
    known = _known(named) if there else {}
    rows = [_with_worker(agent, known) for agent in there]
    if as_json or any(answer.fault is None for answer in answers):  # else nothing is known
        empty = "No agent was launched there."
        listing(rows, COLUMNS, kind="docker_agents", as_json=as_json, empty=empty)
    return _faults((answer.host, answer.fault) for answer in answers)


def _known(given: Named) -> dict[str, Worker]:
    """The live workers of the store by what agents are called; none where no store is named."""
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    where = given.address()
    if where.store is None:
        note("what they do the store knows: name it with PARZEN_STORE or PARZEN_STORE_FILE")
        return {}
    try:
        with open_store(where) as store:
            live = store.queue.workers()
            named = {worker.id.partition(":")[0]: worker for worker in live}
            return {**{worker.host: worker for worker in live}, **named}
    except ParzenError as error:
        note(f"what they do cannot be told: {error}")
        return {}


def _with_worker(agent: Agent, known: dict[str, Worker]) -> Agent:
    worker = known.get(agent.name)
    if worker is None:
        return agent
    return dataclasses.replace(
        agent, worker=worker.id, doing=f"{worker.busy} of {worker.slots} slots busy"
    )


def _stop(
    every: Sequence[Host], name: str | None, wanted: tuple[str, ...], *, dry_run: bool
) -> int:
    from parzen.worker.launch.docker import agents  # noqa: PLC0415 - as above
    from parzen.worker.launch.docker.hosts import on_each  # noqa: PLC0415 - as above

    def stop(host: Host, client: Any) -> tuple[list[str], list[str]]:
        those = [
            agent
            for agent in agents.found(client, host, name)
            if "all" in wanted or agent.name in wanted
        ]
        names = [agent.name for agent in those]
        return names, names if dry_run else agents.stop(client, those)

    answers = on_each(every, stop)
    met = set()
    for answer in answers:
        names, _ = answer.done or ([], [])
        met |= set(names)
        for agent in names:
            said = "would be stopped and removed" if dry_run else "has given its trials back"
            say(f"{answer.host.name}: {agent} {said}")
    code = _faults((answer.host, answer.fault) for answer in answers)
    missing = [agent for agent in wanted if agent != "all" and agent not in met]
    for agent in missing:
        note(f"no agent {agent} was launched there: --list shows those that were")
    if "all" in wanted and not met and not code:
        note("no agent was launched there")
    return 1 if missing else code


def _faults(told: Any) -> int:
    """Say what went wrong on which host; the exit code."""
    faults = [(host, fault) for host, fault in told if fault is not None]
    for host, fault in faults:
        note(f"{host.name}: {fault}")
    return 1 if faults else 0
