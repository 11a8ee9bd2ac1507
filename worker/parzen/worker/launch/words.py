"""The words that a launched agent is called with: options of ``parzen worker``, checked here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from parzen.shared.errors import InvalidInput
from parzen.worker.cli import worker

OURS = ("--store", "--store-file", "--data-dir")
"""What a launcher hands on by itself, and not in words that others can read."""


def checked(words: Sequence[str]) -> tuple[str, ...]:
    """``words``, if ``parzen worker`` takes them.

    Raises:
        InvalidInput: it does not; a mistake is told here and not by each agent elsewhere.
    """
    told = [word for word in words if word.split("=", 1)[0] in OURS]
    if told:
        raise InvalidInput(
            f"{told[0].split('=', 1)[0]} stands among the words for the workers: give it to "
            "`parzen launch` itself, which hands it on where nobody else reads it"
        )
    try:
        params(words)
    except click.exceptions.Exit as error:
        raise InvalidInput("--help stands among the words for the workers: leave it out") from error
    except click.ClickException as error:
        raise InvalidInput(
            f"`parzen worker` does not take {' '.join(words)!r}: {error.format_message()}"
        ) from error
    return tuple(words)


def params(words: Sequence[str]) -> dict[str, Any]:
    """What ``words`` say to ``parzen worker``, by the names of its parameters.

    Raises:
        click.exceptions.Exit: they ask for its help.
        click.ClickException: it does not take them.
    """
    # its help has two names, as everywhere: a command keeps those of its first context
    usual = ["-h", "--help"]
    return worker.make_context("parzen worker", list(words), help_option_names=usual).params
