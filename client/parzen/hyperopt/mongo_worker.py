"""The command ``parzen-mongo-worker``: the options of Hyperopt's worker, on parzen's agent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parzen.client import cli
from parzen.client.cli.streams import endure, leave, stand_in
from parzen.client.wording import counted
from parzen.hyperopt import addresses
from parzen.shared.commandline import Folder, Seconds, log_options, wait_option
from parzen.shared.exits import listed
from parzen.shared.home import StoreAddress, chosen
from parzen.shared.redaction import holds_secret
from parzen.worker.cli import serve, trust_option

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore

log = logging.getLogger("parzen.worker")

NAME = "parzen-mongo-worker"

ADDRESS = "localhost/hyperopt"
"""The database where nobody names another."""


class Length(Seconds):
    """A length of time in seconds, however long; more than 0 where it is ``positive``."""

    def __init__(self, *, positive: bool = False) -> None:
        super().__init__(0)
        self.max, self.min_open = None, positive


@click.command(
    epilog=f"\b\nExit codes:\n{listed()}\n",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--mongo",
    metavar="HOST[:PORT]/DB",
    help="The database; mongo://host:port/db/jobs and any MongoDB URI are taken, too. An address "
    "with a password is better kept in PARZEN_STORE, or in a file that PARZEN_STORE_FILE names: "
    "arguments can be read by every user of a machine.  [default: the environment's, else "
    f"{ADDRESS}]",
)
@click.option(
    "--exp-key",
    metavar="KEY",
    help="Serve only the experiment with this key.  [default: all in the database]",
)
@click.option(
    "--max-jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Quit after having run N trials.",
)
@click.option(
    "--reserve-timeout",
    type=Length(),
    default=120.0,
    show_default=True,
    metavar="T",
    help="Quit when there was nothing to run for T seconds; 0 is never.",
)
@click.option(
    "--last-job-timeout",
    type=Length(),
    metavar="T",
    help="Begin no more trials when T seconds have passed; finish what runs, and quit.",
)
@click.option(
    "--max-consecutive-failures",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    metavar="N",
    help="Quit with exit code 1 when N trials in a row have failed here. A trial that returned the "
    "status 'fail' did not fail in that sense.",
)
@click.option(
    "--max-jobs-in-db",
    type=click.IntRange(min=0),
    metavar="N",
    help="Do not begin where the database holds N trials or more, of whatever experiments. That "
    "is looked at once, at the start: max_evals limits an experiment exactly.",
)
@click.option(
    "--workdir",
    type=Folder(),
    metavar="DIR",
    help="Where trials have their directories and their output.  [default: work/ below parzen's "
    "data directory]",
)
@click.option(
    "--poll-interval",
    type=Length(positive=True),
    expose_value=False,
    metavar="N",
    help="Taken, and of no effect: a replica set tells of new trials by itself, and a standalone "
    "server is asked at the worker's own pace.",
)
@click.option(
    "--no-subprocesses",
    is_flag=True,
    expose_value=False,
    help="Taken, and of no effect: trials run in a process of their own that stays warm, so what "
    "it has loaded is there for the next one, and it is replaced after one that crashed.",
)
@click.option(
    "--slots",
    type=click.IntRange(min=1, max=1024),
    default=1,
    show_default=True,
    metavar="N",
    help="How many trials to run at a time.",
)
@trust_option
@wait_option
@log_options
@click.pass_context
def command(
    context: click.Context,
    *,
    mongo: str | None,
    exp_key: str | None,
    max_jobs: int | None,
    reserve_timeout: float,
    last_job_timeout: float | None,
    max_consecutive_failures: int,
    max_jobs_in_db: int | None,
    workdir: Path | None,
    slots: int,
    trust: tuple[Path, ...],
    wait_s: float,
) -> None:
    """Run the trials of fmin(…, trials=MongoTrials(…)), with the options of Hyperopt's worker.

    Any number of workers may run on one database, started before fmin or after it. `parzen worker`
    does the same, and has more options.

    What differs from Hyperopt's: a trial whose worker was killed, or lost the network, is run again
    by another one. A replica set tells of new trials, so nobody has to ask. Each trial has a
    directory of its own below --workdir, where what it prints is kept, too.

    SIGTERM, SIGHUP and Ctrl-C give running trials back within 20 seconds, for another worker to
    run, and quit; a second one gives them back at once. SIGUSR1 finishes what runs, then quits.
    """
    from parzen.worker.options import (  # noqa: PLC0415 - only where it runs
        INHERITED,
        Options,
    )

    where = _store(mongo)
    options = Options(
        slots=slots,
        gpus=INHERITED,
        studies=() if exp_key is None else (addresses.study(exp_key),),
        home=where.home,
        workdir=workdir,
        max_trials=max_jobs,
        idle_timeout_s=reserve_timeout or None,
        claim_for_s=last_job_timeout,
        max_consecutive_failures=max_consecutive_failures,
        alone=True,
        trust=trust,
    )
    context.exit(serve(where, options, wait_s, _full(max_jobs_in_db)))


def _store(mongo: str | None) -> StoreAddress:
    if mongo is None:
        found = chosen()
        return found if found.store is not None else StoreAddress(store=addresses.store(ADDRESS))
    uri = addresses.store(mongo)
    if holds_secret(uri):
        log.warning(
            "the password in --mongo can be read by every user of this machine: keep the address "
            "in PARZEN_STORE, or in a file that PARZEN_STORE_FILE names"
        )
    return StoreAddress(store=uri)


def _full(limit: int | None) -> Callable[[MongoStore], str | None]:
    """What says that a store holds ``limit`` trials already."""

    def look(store: MongoStore) -> str | None:
        if limit is None:
            return None
        held = sum(store.catalog.created(study) for study in store.catalog.all_studies())
        if held < limit:
            return None
        return (
            f"the database holds {counted(held, 'trial')}, and --max-jobs-in-db is {limit:,}: "
            "nothing is run"
        )

    return look


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: every ParzenError is one line on standard error."""
    stand_in()
    endure()
    leave(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    return cli.run(arguments, command, NAME)
