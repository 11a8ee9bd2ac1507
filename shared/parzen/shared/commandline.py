"""What every command of every room has in common: where the store is, and how to log."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from parzen.shared.home import StoreAddress

Command = TypeVar("Command", bound=Callable[..., Any])


def store_options(command: Command) -> Command:
    """Give a command ``--store`` and ``--data-dir``; it receives them as ``where``."""

    @click.option(
        "--store",
        envvar="PARZEN_STORE",
        metavar="URI",
        help="MongoDB URI of the store [PARZEN_STORE]; without it, the embedded server is used, "
        "and started where need be.",
    )
    @click.option(
        "--data-dir",
        envvar="PARZEN_HOME",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where parzen keeps its files on this machine [PARZEN_HOME].",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, store: str | None, data_dir: Path | None, **kwargs: Any) -> Any:
        return command(*args, where=StoreAddress(store=store, data_dir=data_dir), **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators keep the callable's face


def log_options(command: Command) -> Command:
    """Give a long-running command ``--log-level``, and set logging up before it starts."""

    @click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help="How much to say on standard error.",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, log_level: str, **kwargs: Any) -> Any:
        logging.basicConfig(
            level=log_level.upper(),
            format="%(asctime)s %(levelname)-7s %(name)s  %(message)s",
            datefmt="%H:%M:%S",
        )
        logging.getLogger("pymongo").setLevel(logging.WARNING)
        return command(*args, **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators keep the callable's face
