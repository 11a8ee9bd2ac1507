"""The command ``parzen coordinator``."""

from __future__ import annotations

import logging
import platform
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from parzen.shared.commandline import Seconds, log_options, names, store_options, wait_option
from parzen.shared.home import StoreAddress
from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Endpoint, exposed, metrics_options

if TYPE_CHECKING:
    from parzen.coordinator.service import Coordinator

log = logging.getLogger("parzen.coordinator")


@click.command()
@store_options
@click.option(
    "--studies",
    multiple=True,
    callback=names,
    metavar="NAME",
    help="Serve only this study; may be given several times, or as a list with commas.",
)
@click.option(
    "--lease",
    "lease_s",
    type=Seconds(1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long this coordinator may be silent before another one takes over.",
)
@click.option(
    "--quarantine-after",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="Keep a worker from a study after N failures in a row while others succeed; 0 for never.",
)
@click.option(
    "--quarantine-for",
    "quarantine_s",
    type=Seconds(1),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="For how long at first; doubled each time that it fails again.",
)
@click.option(
    "--exit-when-done", is_flag=True, help="Quit once no study that it serves is left unended."
)
@metrics_options
@wait_option
@log_options
def coordinator(
    *,
    where: StoreAddress,
    studies: tuple[str, ...],
    lease_s: float,
    quarantine_after: int,
    quarantine_s: float,
    exit_when_done: bool,
    metrics: Endpoint,
    wait_s: float,
) -> None:
    """Propose trials for the active studies, take in results, and end studies at their limits.

    Any number of coordinators may run on one store: each study is led by one of them, and the
    others take over when it falls silent. SIGTERM and Ctrl-C stop it cleanly; nothing is lost if
    it is killed.
    """
    from parzen.coordinator.metering import metered  # noqa: PLC0415 - as the next
    from parzen.coordinator.quarantine import Rules  # noqa: PLC0415 - as the next
    from parzen.coordinator.service import Coordinator  # noqa: PLC0415 - numpy is slow to import
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    with (
        exposed(metrics, table.COORDINATOR) as exposure,
        open_store(where, prepare=True, wait_s=wait_s) as store,
    ):
        if exposure is not None:
            exposure.hear(lambda: store.hearing)
        for warning in (*store.warnings, *store.strangers(studies)):
            log.warning("%s", warning)
        rules = Rules(after=quarantine_after, first_s=quarantine_s)
        service = Coordinator(
            store, lease_s=lease_s, studies=studies, rules=rules, meter=metered(exposure)
        )
        log.info(
            "coordinator %s serves %s on %s (Python %s)",
            service.name,
            ", ".join(studies) or "all studies",
            where.shown,
            platform.python_version(),
        )
        with _stopped_by_signals(service):
            service.run(until_done=exit_when_done)
        log.info("coordinator %s has stopped", service.name)


@contextmanager
def _stopped_by_signals(service: Coordinator) -> Iterator[None]:
    def stop(number: int, _frame: Any) -> None:
        service.stop(f"{signal.Signals(number).name} received")

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
