"""The command ``parzen launch slurm``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from parzen.shared.commandline import Folder, store_options
from parzen.shared.errors import NotFound, StoreError
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, listing, note, say
from parzen.shared.records import Worker
from parzen.worker.launch.asked import for_a_list
from parzen.worker.launch.slurm import commands, launching, showing
from parzen.worker.launch.slurm.commands import Task

ALL = "all"

NAMED = 3
"""Of how many tasks that failed the logs are named."""

NONE = "No agents of `parzen launch slurm` wait or run."


@click.command()
@click.option(
    "--nodes", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="How many nodes to ask for: each is a job of its own in one array, with one agent.",
)  # fmt: skip
@click.option(
    "--gpus-per-node", metavar="[TYPE:]N",
    help="How many GPUs of each node; its agent has them all.",
)  # fmt: skip
@click.option(
    "--cpus-per-node", type=click.IntRange(min=1), metavar="N",
    help="How many cores of each node; without it, whatever the partition gives to one task.",
)  # fmt: skip
@click.option("--mem", metavar="SIZE", help="How much memory of each node, such as 64G; 0 for all.")
@click.option(
    "--time", "time_limit", metavar="TIME",
    help="For how long, as sbatch has it: minutes, minutes:seconds, hours:minutes:seconds, "
    "days-hours or days-hours:minutes:seconds.",
)  # fmt: skip
@click.option("--partition", metavar="NAME", help="Where to queue.")
@click.option("--account", metavar="NAME", help="Whom to charge.")
@click.option("--qos", metavar="NAME", help="With which quality of service.")
@click.option("--constraint", metavar="FEATURES", help="Which features nodes must have.")
@click.option("--job-name", default="parzen", show_default=True, metavar="NAME")
@click.option("--comment", metavar="TEXT", help="A comment for the accounts, beside parzen's own.")
@click.option(
    "--array-limit", type=click.IntRange(min=1), metavar="N",
    help="Run N of the jobs at a time at most.",
)  # fmt: skip
@click.option(
    "--sbatch", "more", multiple=True, metavar="--OPTION=VALUE",
    help="One more option of sbatch, such as --sbatch=--exclusive; may be given several times.",
)  # fmt: skip
@click.option(
    "--python", metavar="PATH",
    help="The Python on the nodes that has parzen  [default: this one, or what --activate puts in "
    "its place]",
)  # fmt: skip
@click.option(
    "--activate", multiple=True, metavar="LINE",
    help="A line of shell to run first, such as 'module load cuda' or '. ~/venv/bin/activate'; may "
    "be given several times.",
)  # fmt: skip
@click.option(
    "--requeue/--no-requeue", default=True, show_default=True,
    help="Whether a job whose time is over, or whose node was taken away, queues again.",
)  # fmt: skip
@click.option(
    "--warning", "warning_s", type=click.IntRange(min=1, max=65_535), metavar="SECONDS",
    help="How long before its time is over an agent gives its trials back  [default: the workers' "
    "--grace and 60 more]",
)  # fmt: skip
@click.option(
    "--output", type=Folder(), metavar="DIR",
    help="Where logs go, as NAME-ARRAY_TASK.log  [default: slurm/logs below the data directory]",
)  # fmt: skip
@click.option("--list", "show", is_flag=True,
    help="List the agents that wait or run, and those that failed lately.",
)  # fmt: skip
@click.option(
    "--cancel", "ends", multiple=True, metavar="JOB|all",
    help="Cancel an array (1234), a job of one (1234_2), or all; only what this command submitted. "
    "May be given several times.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show the script and the command; change nothing.")
@json_option
@store_options
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- WORKER OPTIONS]")
def slurm(
    *,
    where: StoreAddress,
    show: bool,
    ends: tuple[str, ...],
    as_json: bool,
    dry_run: bool,
    **asked: Any,
) -> None:
    """Submit agents to Slurm as an array of jobs, list them, cancel them.

    Each job is one node with one agent that takes all its GPUs. An agent that finds nothing to do
    quits after 10 minutes, unless --idle-timeout says otherwise. When its time is nearly over, its
    trials save themselves and go back to the queue, which costs no attempt, and the job queues
    again.

    What follows -- are options of `parzen worker`, such as -- --studies first --slots 8. The data
    directory must lie in a home that the nodes share.
    """
    if for_a_list(show=show, as_json=as_json, beside={"--cancel": ends, "--dry-run": dry_run}):
        _list(where, as_json=as_json)
    elif ends:
        _cancel(ends, dry_run=dry_run)
    else:
        launching.launch(where, dry_run=dry_run, **asked)


def _list(where: StoreAddress, *, as_json: bool) -> None:
    tasks = [task for task in commands.known() if task.failed or not task.over]
    agents = showing.joined(tasks, _live(where))
    listing(agents, showing.COLUMNS, kind="slurm_agents", as_json=as_json, empty=NONE)
    _tell_failed([task for task in tasks if task.failed])


def _tell_failed(failed: Sequence[Task]) -> None:
    """Say where the logs of the last ones are: they hold why."""
    for task in failed[-NAMED:]:
        log = commands.log_of(task)
        note(f"note: {task.task} ended as {task.state}{'' if log is None else f': see {log}'}")
    if len(failed) > NAMED:
        note(f"note: {len(failed) - NAMED} more failed before")


def _live(where: StoreAddress) -> list[Worker]:
    """The workers that the store has seen, where one is named and can be asked."""
    if where.store is None:
        note("note: no store is named, so this is only what Slurm knows")
        return []
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    try:
        with open_store(where) as store:
            return list(store.queue.workers())
    except StoreError as error:
        note(f"note: this is only what Slurm knows: {error}")
        return []


def _cancel(jobs: tuple[str, ...], *, dry_run: bool) -> None:
    """Cancel what was named, if it is ours.

    Raises:
        NotFound: one of them is not.
    """
    tasks = [task.task for task in commands.tasks()]
    arrays = list(dict.fromkeys(task.split("_", 1)[0] for task in tasks))
    unknown = [job for job in jobs if job not in (ALL, *arrays, *tasks)]
    if unknown:
        raise NotFound(
            f"no job {unknown[0]} of `parzen launch slurm` waits or runs: see --list for those "
            "that do, and use scancel for others"
        )
    named = arrays if ALL in jobs else list(dict.fromkeys(jobs))
    if not named:
        say(NONE)
        return
    if dry_run:
        say(f"scancel {' '.join(named)}")
        return
    commands.cancel(named)
    say(f"cancelled {', '.join(named)}: agents that run give their trials back, then end")
