"""The command ``parzen worker``."""

from __future__ import annotations

import logging
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parzen.shared.commandline import (
    Command,
    Seconds,
    log_options,
    names,
    store_options,
    wait_option,
)
from parzen.shared.home import StoreAddress
from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Endpoint, Exposure, exposed, metrics_options

if TYPE_CHECKING:
    from parzen.shared.mongo import MongoStore
    from parzen.worker.options import Options

log = logging.getLogger("parzen.worker")


TRUST = "PARZEN_TRUST"


class KeyPath(click.Path):
    """A path that is not empty: an empty one would mean the current folder."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """See click."""
        if not value:
            self.fail("an empty path names no key", param, ctx)
        return super().convert(value, param, ctx)


def _refuse_empty(
    _ctx: click.Context, _option: click.Parameter, given: tuple[Path, ...]
) -> tuple[Path, ...]:
    """An empty variable is a mistake: without it, everything would be trusted."""
    if not given and os.environ.get(TRUST) == "":
        raise click.BadParameter(f"{TRUST} is set and empty: name a key or a folder, or unset it")
    return given


def trust_option(command: Command) -> Command:
    """Give a command that runs objectives ``--trust``; it receives paths."""
    return click.option(
        "--trust",
        type=KeyPath(path_type=Path),
        multiple=True,
        envvar=TRUST,
        callback=_refuse_empty,
        metavar="PATH",
        help="Run only what was signed for its study by this public key, a .pub file of `parzen "
        "keygen`, or by one in this folder of them; may be given several times. Read once, at the "
        "start [PARZEN_TRUST: paths with colons between].",
    )(command)


@click.command()
@store_options
@click.option(
    "--slots",
    type=click.IntRange(min=1, max=1024),
    metavar="N",
    help="How many trials to run at a time  [default: one for each GPU, and one "
    "for trials that require none]",
)
@click.option(
    "--gpus",
    multiple=True,
    envvar="PARZEN_GPUS",
    callback=names,
    metavar="LIST",
    help="Hand out these GPUs alone, by place or id, such as 0,2 or GPU-5d3f or MIG-…; none for "
    "none; inherit lets every trial see what this process itself sees  [default: all that "
    "CUDA_VISIBLE_DEVICES, Slurm or the container leave] [PARZEN_GPUS].",
)
@click.option(
    "--slots-per-gpu",
    type=click.IntRange(min=1, max=64),
    default=1,
    show_default=True,
    metavar="N",
    help="How many trials may share a GPU.",
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
    "--claim-for",
    "claim_for_s",
    type=Seconds(0),
    metavar="SECONDS",
    help="Claim trials for this long only; then finish what runs, and quit.",
)
@click.option(
    "--max-consecutive-failures",
    type=click.IntRange(min=1),
    metavar="N",
    help="Quit with exit code 1 when N attempts in a row have failed here, of whatever studies.",
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
@trust_option
@click.option(
    "--no-pickle",
    is_flag=True,
    help="Unpickle nothing and use none of the files that travel: run only objectives given as "
    "'package.module:function' of packages installed here, never of Python's standard library.",
)
@click.option(
    "--allow-entry",
    "allow_entries",
    multiple=True,
    callback=names,
    metavar="MODULE",
    help="With --no-pickle, call only functions defined in this module or below it, such as "
    "mylab.objectives; may be given several times. Without it, a study may call any function of "
    "any installed package with any parameters.",
)
@click.option(
    "--allow-image",
    "allow_images",
    multiple=True,
    callback=names,
    metavar="PATTERN",
    help="Run trials in containers only of images whose name fits this, a pattern as shells have "
    "them; may be given several times. Without it all images are run, or with --trust or "
    "--no-pickle none: an image is code that nobody has signed.",
)
@click.option(
    "--log-limit",
    "log_limit",
    type=click.IntRange(min=1, max=1 << 20),
    default=256,
    show_default=True,
    metavar="MIB",
    help="How much of what one attempt prints is kept in its file: its beginning and its end.",
)
@click.option(
    "--ship-logs-limit",
    "ship_logs",
    type=click.IntRange(min=0, max=1 << 10),
    default=16,
    show_default=True,
    metavar="MIB",
    help="How much of that is kept in the store, where `parzen logs` finds it from anywhere: its "
    "beginning and its end; with 0 only the last 4 KiB.",
)
@click.option("--name", metavar="NAME", help="Part of this worker's id  [default: the host's name]")
@metrics_options
@wait_option
@log_options
def worker(
    *,
    where: StoreAddress,
    slots: int | None,
    gpus: tuple[str, ...],
    slots_per_gpu: int,
    studies: tuple[str, ...],
    labels: tuple[str, ...],
    max_trials: int | None,
    idle_timeout_s: float | None,
    claim_for_s: float | None,
    max_consecutive_failures: int | None,
    workdir: Path | None,
    lease_s: float,
    grace_s: float,
    trust: tuple[Path, ...],
    no_pickle: bool,
    allow_entries: tuple[str, ...],
    allow_images: tuple[str, ...],
    log_limit: int,
    ship_logs: int,
    name: str | None,
    metrics: Endpoint,
    wait_s: float,
) -> None:
    """Claim trials, run them in processes of their own, and report what became of them.

    Any number of workers may run on one store. SIGTERM and Ctrl-C ask running trials to save
    themselves, give them back after the grace, and quit; a second one gives them back at once.
    SIGUSR1 finishes what runs, then quits. What trials print is kept in files below the work
    directory, its end with the trial, and the rest in the store, too, where it goes when the trial
    has ended, or while somebody follows it with `parzen logs --follow`.

    An objective is code that whoever may write to the store can make a worker run; --trust and
    --no-pickle decide whose, and which.
    """
    from parzen.worker.options import Options  # noqa: PLC0415 - only where it runs

    options = Options(
        slots=slots,
        gpus=gpus,
        slots_per_gpu=slots_per_gpu,
        studies=studies,
        labels=labels,
        home=where.home,
        workdir=workdir,
        lease_s=lease_s,
        grace_s=grace_s,
        max_trials=max_trials,
        idle_timeout_s=idle_timeout_s,
        claim_for_s=claim_for_s,
        max_consecutive_failures=max_consecutive_failures,
        name=name,
        alone=True,
        log_limit_bytes=log_limit << 20,
        ship_logs_bytes=ship_logs << 20,
        trust=trust,
        no_pickle=no_pickle,
        allow_entries=allow_entries,
        allow_images=allow_images,
    )
    with exposed(metrics, table.AGENT) as exposure:
        code = serve(where, options, wait_s, exposure=exposure)
    sys.exit(code)


def serve(
    where: StoreAddress,
    options: Options,
    wait_s: float,
    needless: Callable[[MongoStore], str | None] = lambda _: None,
    exposure: Exposure | None = None,
) -> int:
    """Open the store and work there until the agent quits; the exit code.

    Args:
        where: the store.
        options: how to work; ``home`` is that of ``where``.
        wait_s: how many seconds to wait for a store that is not there yet.
        needless: looks at the store, and says where there is no need to begin; that is logged then.
        exposure: what its metrics are told to, where somebody asked for them.

    Raises:
        InvalidInput: the options protect nothing, or cannot be kept.
        StoreError: the store cannot be opened, or refused the agent at the start.
    """
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import
    from parzen.worker import slurm  # noqa: PLC0415 - only where it runs
    from parzen.worker.agent import Agent  # noqa: PLC0415 - as above
    from parzen.worker.metering import metered  # noqa: PLC0415 - as above
    from parzen.worker.trust import policy  # noqa: PLC0415 - as above

    _name_paths_whole()
    allowed = policy(options)  # before anything is started or connected to
    with open_store(where, wait_s=wait_s) as store:
        if reason := needless(store):
            log.info("%s", reason)
            return 0
        for warning in (*store.warnings, *store.strangers(options.studies)):
            log.warning("%s", warning)
        if exposure is not None:
            exposure.hear(lambda: store.hearing)
        agent = Agent(store, options, metered(exposure))
        slots = agent.worker.slots
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
        log.info("it runs objectives that are %s", allowed)
        if (given := slurm.allocation()) is not None:
            log.info("%s", slurm.describe(given, slurm.time_left_s()))
        if agent.worker.devices:
            log.info("it hands out the GPUs %s; studies that require none see none", agent.gpus)
        if options.no_pickle and not (options.allow_entries or options.trust):
            log.warning(
                "a study may call any function of any installed package, with any parameters: "
                "narrow that with --allow-entry MODULE, or ask for signatures with --trust"
            )
        code = agent.run()
        log.info("worker %s has quit", agent.worker.id)
    return code


def _name_paths_whole() -> None:
    """Let ``PYTHONPATH`` mean the same in children, who work in other directories."""
    paths = os.environ.get("PYTHONPATH", "")
    if paths:
        whole = [str(Path(path).absolute()) for path in paths.split(os.pathsep)]
        os.environ["PYTHONPATH"] = os.pathsep.join(whole)
