"""What every command of every room has in common: where the store is, and how to log."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from parzen.shared import lifeline
from parzen.shared.home import StoreAddress, chosen
from parzen.shared.redaction import looks_like_address, redacted
from parzen.shared.visible import visible

Command = TypeVar("Command", bound=Callable[..., Any])

LONGEST_S = 7 * 86_400.0
"""No lease or wait is longer than a week: further dates do not fit every clock."""


class Seconds(click.FloatRange):
    """A length of time in seconds, from ``least`` to a week; "nan" and "inf" are refused."""

    def __init__(self, least: float) -> None:
        super().__init__(min=least, max=LONGEST_S)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """See click."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is no length of time: expected seconds", param, ctx)
        return seconds


class Folder(click.Path):
    """A directory; an empty name, which would mean the current one, and addresses are refused."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See click."""
        if value == "":
            self.fail("it is empty: name a directory, or leave the option out", param, ctx)
        if looks_like_address(str(value)):
            self.fail("it is an address, not a directory: give it with PARZEN_STORE", param, ctx)
        return super().convert(value, param, ctx)


def names(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """A callback for options that name things, several times or with commas; none is empty."""
    listed = tuple(name.strip() for words in given for name in words.split(","))
    if not all(name and name.isprintable() for name in listed):
        raise click.BadParameter(f"{', '.join(given)!r} holds an empty or unprintable name")
    return listed


@dataclass(frozen=True, slots=True)
class Named:
    """How a command's caller named the store; nobody has looked yet whether that makes sense."""

    store: str | None
    store_file: Path | None
    data_dir: Path | None

    def address(self) -> StoreAddress:
        """The store that is meant.

        Raises:
            InvalidInput: as :func:`parzen.shared.home.chosen`.
        """
        return chosen(self.store, self.store_file, self.data_dir)


def store_options(command: Command) -> Command:
    """Give a command ``--store``, ``--store-file`` and ``--data-dir``, received as ``where``."""

    @store_words
    @functools.wraps(command)
    def wrapped(*args: Any, named: Named, **kwargs: Any) -> Any:
        return command(*args, where=named.address(), **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators keep the callable's face


def store_words(command: Command) -> Command:
    """Give a command the options of :func:`store_options`, received as ``named``."""

    @click.option(
        "--store",
        metavar="URI",
        help="MongoDB URI of the store [PARZEN_STORE]; without it, the embedded server is used, "
        "and started where need be.",
    )
    @click.option(
        "--store-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A file that holds the URI, and that only you can read [PARZEN_STORE_FILE].",
    )
    @click.option(
        "--data-dir",
        envvar="PARZEN_HOME",
        type=Folder(),
        help="Where parzen keeps its files on this machine [PARZEN_HOME].",
    )
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        store: str | None,
        store_file: Path | None,
        data_dir: Path | None,
        **kwargs: Any,
    ) -> Any:
        return command(*args, named=Named(store, store_file, data_dir), **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators keep the callable's face


def wait_option(command: Command) -> Command:
    """Give a long-running command ``--wait-store``; it receives it as ``wait_s``."""
    return click.option(
        "--wait-store",
        "wait_s",
        type=Seconds(0),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait at the start for a store that does not answer, or that nobody has "
        "set up yet; once it was there, it is waited for without end.",
    )(command)


LINE = "%(asctime)s %(levelname)-7s %(name)s  %(message)s"


class Discreet(logging.Formatter):
    """Writes no passwords of addresses, whoever logs them, and commands no terminal.

    Tracebacks are included.
    """

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        return visible(redacted(super().format(record)))


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
        handler = logging.StreamHandler()
        handler.setFormatter(Discreet(LINE, datefmt="%H:%M:%S"))
        logging.basicConfig(level=log_level.upper(), handlers=[handler])
        logging.getLogger("pymongo").setLevel(logging.WARNING)
        lifeline.hold()
        lifeline.heed()
        return command(*args, **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators keep the callable's face
