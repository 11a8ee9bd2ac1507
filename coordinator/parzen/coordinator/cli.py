"""The command ``parzen coordinator``."""

from __future__ import annotations

import logging
import platform
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from parzen.shared.commandline import Seconds, log_options, names, store_options
from parzen.shared.home import StoreAddress

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
    "--exit-when-done", is_flag=True, help="Quit once no study that it serves is left unended."
)
@log_options
def coordinator(
    where: StoreAddress, studies: tuple[str, ...], lease_s: float, exit_when_done: bool
) -> None:
    """Propose trials for the active studies, take in results, and end studies at their limits.

    Any number of coordinators may run on one store: each study is led by one of them, and the
    others take over when it falls silent. SIGTERM and Ctrl-C stop it cleanly; nothing is lost if
    it is killed.
    """
    from parzen.coordinator.service import Coordinator  # noqa: PLC0415 - numpy is slow to import
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    with open_store(where, prepare=True) as store:
        for warning in store.warnings:
            log.warning("%s", warning)
        service = Coordinator(store, lease_s=lease_s, studies=studies)
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
