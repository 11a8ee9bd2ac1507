"""The command ``parzen worker``."""

from __future__ import annotations

import logging
import platform
import sys
from pathlib import Path

import click

from parzen.shared.commandline import Seconds, log_options, names, store_options
from parzen.shared.home import StoreAddress

log = logging.getLogger("parzen.worker")


@click.command()
@store_options
@click.option(
    "--slots",
    type=click.IntRange(min=1, max=1024),
    default=1,
    show_default=True,
    metavar="N",
    help="How many trials to run at a time.",
)
@click.option(
    "--studies",
    multiple=True,
    callback=names,
    metavar="NAME",
    help="Serve only this study; may be given several times, or as a list with commas.",
)
@click.option(
    "--labels",
    multiple=True,
    callback=names,
    metavar="LABEL",
    help="What this machine offers; studies that require other labels are left alone.",
)
@click.option(
    "--max-trials",
    type=click.IntRange(min=1),
    metavar="N",
    help="Quit after having run N attempts.",
)
@click.option(
    "--idle-timeout",
    "idle_timeout_s",
    type=Seconds(0),
    metavar="SECONDS",
    help="Quit when nothing could be claimed for this long.",
)
@click.option(
    "--workdir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where trials have their directories and their output  [default: work/ below the data "
    "directory]",
)
@click.option(
    "--lease",
    "lease_s",
    type=Seconds(2),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a trial stays claimed while this worker is silent; running trials are ended "
    "when the store does not answer for that long.",
)
@click.option(
    "--grace",
    "grace_s",
    type=Seconds(0),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a trial that must stop has to save itself.",
)
@click.option("--name", metavar="NAME", help="Part of this worker's id  [default: the host's name]")
@log_options
def worker(
    *,
    where: StoreAddress,
    slots: int,
    studies: tuple[str, ...],
    labels: tuple[str, ...],
    max_trials: int | None,
    idle_timeout_s: float | None,
    workdir: Path | None,
    lease_s: float,
    grace_s: float,
    name: str | None,
) -> None:
    """Claim trials, run them in processes of their own, and report what became of them.

    Any number of workers may run on one store. SIGTERM and Ctrl-C ask running trials to save
    themselves, give them back after the grace, and quit; a second one gives them back at once.
    SIGUSR1 finishes what runs, then quits. What trials print is kept in files below the work
    directory, and its end with the trial.
    """
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import
    from parzen.worker.agent import Agent  # noqa: PLC0415 - as above
    from parzen.worker.options import Options  # noqa: PLC0415 - as above

    options = Options(
        slots=slots,
        studies=studies,
        labels=labels,
        home=where.home,
        workdir=workdir,
        lease_s=lease_s,
        grace_s=grace_s,
        max_trials=max_trials,
        idle_timeout_s=idle_timeout_s,
        name=name,
        alone=True,
    )
    with open_store(where) as store:
        for warning in store.warnings:
            log.warning("%s", warning)
        agent = Agent(store, options)
        log.info(
            "worker %s with %d slot%s serves %s on %s, in %s (Python %s)",
            agent.worker.id,
            slots,
            "" if slots == 1 else "s",
            ", ".join(options.studies) or "all studies",
            where.shown,
            agent.workdirs.root,
            platform.python_version(),
        )
        code = agent.run()
        log.info("worker %s has quit", agent.worker.id)
    sys.exit(code)
