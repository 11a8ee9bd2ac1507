"""The command ``parzen launch kubernetes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from parzen.shared.commandline import Named, names, store_words
from parzen.shared.errors import InvalidInput
from parzen.shared.private import read_private
from parzen.worker.cli import worker
from parzen.worker.launch.kubernetes import accounts, mongo, reach, secrets
from parzen.worker.launch.kubernetes.agents import GROUP, agents
from parzen.worker.launch.kubernetes.kubectl import DELETED, KINDS, kubectl
from parzen.worker.launch.kubernetes.manifests import as_yaml, manifests
from parzen.worker.launch.kubernetes.pods import PART, Document
from parzen.worker.launch.kubernetes.reach import reachable
from parzen.worker.launch.kubernetes.values import Mongodb, Values
from parzen.worker.launch.words import checked

DEFAULTS = Values()
OURS = ("--metrics-port", "--metrics-address")
IDLE_S = 600
APPLY = ("apply", "--server-side", "--force-conflicts", "--field-manager", "parzen", "-f", "-")
"""By the server, which keeps no copy of Secrets in an annotation, as kubectl itself would."""

MINE = ",".join(f"{key}={value}" for key, value in PART.items())
"""The labels of all that is parzen's."""


def _pairs(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE, several times."""
    for pair in given:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r} is no KEY=VALUE")
    return {key: value for key, _, value in (pair.partition("=") for pair in given)}


@click.command(context_settings={"show_default": True})
@store_words
@click.option("--namespace", default=DEFAULTS.namespace, help="Where all of it goes.")
@click.option("--create-namespace", is_flag=True, help="Make the namespace, too.")
@click.option("--image", default=DEFAULTS.image, help="With parzen and what objectives import.")
@click.option("--pull-secret", metavar="NAME", help="The Secret with which images are pulled.")
@click.option("--name", default=DEFAULTS.name, help="Of this group of agents.")
@click.option("--agents", type=click.IntRange(0), default=DEFAULTS.agents, help="How many.")
@click.option(
    "--job/--deployment",
    default=False,
    help="Agents that end when there is nothing more to do (--idle-timeout, 600 seconds where the "
    "words for the workers name no other), or that are always there.",
)
@click.option(
    "--gpus-per-agent",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="An agent has a slot for each, and one for trials that require none.",
)
@click.option(
    "--gpu-resource",
    default=DEFAULTS.gpu_resource,
    metavar="RESOURCE",
    help="What the cluster calls them: amd.com/gpu, nvidia.com/mig-1g.5gb, …",
)
@click.option("--runtime-class", metavar="NAME", help="Such as nvidia, where nodes need one.")
@click.option("--cpus", default=DEFAULTS.cpus, metavar="AMOUNT", help="Of each agent.")
@click.option("--memory", default=DEFAULTS.memory, metavar="AMOUNT", help="Of each agent.")
@click.option("--shm", default=DEFAULTS.shm, metavar="AMOUNT", help="Of that, for /dev/shm.")
@click.option(
    "--node-selector", multiple=True, callback=_pairs, metavar="KEY=VALUE", help="For agents."
)
@click.option(
    "--toleration", "tolerations", multiple=True, metavar="KEY[=VALUE][:EFFECT]", help="For agents."
)
@click.option(
    "--work-claim",
    metavar="NAME",
    help="A volume claim (ReadWriteMany) that all agents share, so that a trial goes on from its "
    "checkpoint elsewhere; without it the directories of trials go with the pod.",
)
@click.option("--work-size", default=DEFAULTS.work_size, metavar="AMOUNT", help="Without a claim.")
@click.option(
    "--allow-egress",
    multiple=True,
    callback=names,
    metavar="CIDR",
    help="A network that objectives may reach, such as 0.0.0.0/0; by default only the store.",
)
@click.option(
    "--coordinators", type=click.IntRange(0), default=DEFAULTS.coordinators, help="How many."
)
@click.option("--only-agents", is_flag=True, help="One more group; the rest stands already.")
@click.option(
    "--mongodb",
    type=click.Choice([kind.value for kind in Mongodb]),
    default=Mongodb.EXTERNAL.value,
    help="Whether MongoDB is made, too, or is the store that is named.",
)
@click.option("--mongodb-image", default=DEFAULTS.mongodb_image, help="Where it is made.")
@click.option(
    "--mongodb-port",
    "mongodb_ports",
    type=click.IntRange(1, 65535),
    multiple=True,
    help="Where an external one may be reached  [default: the address's, or 27017]",
)
@click.option(
    "--mongodb-storage",
    default=DEFAULTS.mongodb_storage,
    metavar="AMOUNT",
    help="Of each of its three members.",
)
@click.option("--storage-class", metavar="NAME", help="For MongoDB's volumes.")
@click.option(
    "--store-secret",
    metavar="NAME",
    help="A Secret that stands already, with the keys coordinator.uri and worker.uri; else one is "
    f"made, {DEFAULTS.store_secret}, of the store that is named here.",
)
@click.option(
    "--coordinator-store-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with the coordinator's own address, of a user with other rights than the agents'.",
)
@click.option(
    "--monitoring-namespace",
    default=DEFAULTS.monitoring_namespace,
    metavar="NAME",
    help="From where metrics may be read.",
)
@click.option("--dry-run", is_flag=True, help="Print the manifests, and change nothing.")
@click.option("--show-secrets", is_flag=True, help="With --dry-run: passwords, too.")
@click.option("--list", "listing", is_flag=True, help="Show what stands, and do nothing else.")
@click.option(
    "--delete",
    "deleting",
    is_flag=True,
    help="Take it all away, but volumes, Secrets and the namespace.",
)
@click.argument("words", nargs=-1, metavar="[-- WORKER OPTIONS]")
def kubernetes(
    named: Named,
    words: tuple[str, ...],
    *,
    create_namespace: bool,
    only_agents: bool,
    store_secret: str | None,
    coordinator_store_file: Path | None,
    dry_run: bool,
    show_secrets: bool,
    listing: bool,
    deleting: bool,
    **chosen: Any,
) -> None:
    """Start coordinators and workers on Kubernetes, and MongoDB where there is none.

    It writes manifests and hands them to `kubectl apply`; with --dry-run it prints them. Options
    of `parzen worker` follow after --, such as -- --studies first --idle-timeout 600.
    """
    namespace, group = chosen["namespace"], chosen["name"] if only_agents else None
    if listing or deleting:
        _managed(namespace, group, deleting=deleting, dry_run=dry_run)
        return
    chosen["mongodb"] = Mongodb(chosen["mongodb"])
    if store_secret is not None:
        chosen["store_secret"] = store_secret
    if only_agents and chosen["allow_egress"]:
        raise InvalidInput(
            "--allow-egress holds for all groups of agents: give it without --only-agents, once"
        )
    making: Sequence[Making] = ()
    if not only_agents:
        making, chosen["mongodb_ports"] = _store(
            named, store_secret, coordinator_store_file, chosen
        )
    values = _values(words, chosen)
    rest = [agents(values)] if only_agents else manifests(values)
    first = [accounts.namespace(values)] if create_namespace else []
    own = [document for make in making for document in make(values)]
    if dry_run:
        told = (as_yaml(first), _shown(own, show_secrets=show_secrets), as_yaml(rest))
        click.echo("".join(told), nl=False)
        return
    if own and values.mongodb is Mongodb.IN_CLUSTER and _stands(namespace):
        own = []  # the passwords belong to what is in the volumes
    click.echo(kubectl(namespace, APPLY, as_yaml([*first, *own, *rest])), nl=False)


def _shown(own: Sequence[Document], *, show_secrets: bool) -> str:
    """Secrets as they may be printed: hidden ones as a comment, lest that be applied for them."""
    if not own:
        return ""
    if show_secrets:
        return as_yaml(own)
    hidden = as_yaml([secrets.hidden(one) for one in own])
    lines = ["Secrets, which --show-secrets prints:", *hidden.splitlines()]
    return "".join(f"# {line}\n" for line in lines)


def _managed(namespace: str, group: str | None, *, deleting: bool, dry_run: bool) -> None:
    """Show, or take away, what stands: all of it, or one group of agents."""
    verb, kinds = ("delete", DELETED) if deleting else ("get", KINDS)
    which = MINE if group is None else f"{MINE},{GROUP}={group}"
    words = [verb, kinds, "--selector", which]
    if dry_run:
        click.echo(" ".join(["kubectl", "--namespace", namespace, *words]))
    else:
        click.echo(kubectl(namespace, words), nl=False)


def _values(words: Sequence[str], chosen: Mapping[str, Any]) -> Values:
    """What was chosen, with the words for the workers as they are to be."""
    words = checked(words)
    ours = [word for word in words if word.split("=", 1)[0] in OURS]
    if ours:
        raise InvalidInput(
            f"{ours[0]} stands among the words for the workers: the manifests say it already"
        )
    more: list[str] = []
    if not _says(words, "--grace"):
        more += ["--grace", f"{DEFAULTS.grace_s:g}"]
    if chosen["job"] and not _says(words, "--idle-timeout"):
        more += ["--idle-timeout", str(IDLE_S)]
    whole = (*more, *words)
    grace_s = worker.make_context("parzen worker", list(whole)).params["grace_s"]
    return Values(words=whole, grace_s=grace_s, **chosen)


def _says(words: Sequence[str], option: str) -> bool:
    return any(word.split("=", 1)[0] == option for word in words)


Making: TypeAlias = Callable[[Values], Sequence[Document]]


def _store(
    named: Named, secret: str | None, coordinators: Path | None, chosen: Mapping[str, Any]
) -> tuple[Sequence[Making], tuple[int, ...]]:
    """What makes the Secrets that are to be made, and the ports on which the store is reached."""
    ports = chosen["mongodb_ports"]
    if chosen["mongodb"] is Mongodb.IN_CLUSTER:
        if secret or named.store or named.store_file or coordinators:
            raise InvalidInput(
                "--mongodb in-cluster makes the store and its Secrets, and another one is named, "
                "too: leave one of them out"
            )
        drawn = secrets.passwords()
        return [lambda values: secrets.of_members(values, drawn)], DEFAULTS.mongodb_ports
    if secret is not None:
        if named.store or named.store_file or coordinators:
            raise InvalidInput(
                "--store-secret names a Secret that stands already, and a store is named, too: "
                "leave one of them out"
            )
        return [], ports or DEFAULTS.mongodb_ports
    uri = named.address().store
    if uri is None:
        raise InvalidInput(
            "no store is named, and the embedded server is for this machine only: name one with "
            "PARZEN_STORE or --store-file, a Secret that holds the addresses with --store-secret, "
            "or have MongoDB made with --mongodb in-cluster"
        )
    leader = uri
    if coordinators is not None:
        leader = read_private(coordinators, "the coordinator's store file").strip()
    for address in (leader, uri):
        reachable(address)
    found = tuple(sorted({*reach.ports(leader), *reach.ports(uri)}))
    return [lambda values: secrets.of_store(values, leader, uri)], ports or found


def _stands(namespace: str) -> bool:
    """Whether MongoDB was given its passwords before."""
    words = ["get", "secret", mongo.SECRET, "--ignore-not-found", "--output", "name"]
    return bool(kubectl(namespace, words).strip())
