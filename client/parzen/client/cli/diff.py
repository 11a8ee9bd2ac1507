"""``parzen diff``: what tells two studies, or two trials, apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from parzen.client.cli.columns import exactly, shortly
from parzen.client.cli.completing import study_names
from parzen.client.cli.facts import print_facts
from parzen.client.cli.naming import parted
from parzen.client.cli.opening import reading
from parzen.client.connection import Client
from parzen.client.diff import Difference, compared, of_study, of_trial
from parzen.client.wording import counted
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import TrialState
from parzen.shared.printing import (
    Column,
    json_option,
    listing,
    note,
    on_terminal,
    say,
    terminal_width,
)

LEAST = 16
"""How many columns of a terminal each side takes at least."""


@click.command()
@click.argument("a", metavar="A", shell_complete=study_names)
@click.argument("b", metavar="B", shell_complete=study_names)
@click.option("--all", "everything", is_flag=True, help="Show what agrees, too.")
@json_option
@store_options
def diff(*, where: StoreAddress, a: str, b: str, everything: bool, as_json: bool) -> None:
    """Tell two studies apart, or two trials: A and B are both STUDY, or both STUDY:NUMBER.

    The exit code is 0 whether they differ or not. To a pipe go, tab-separated: field A B.
    """
    if (parted(a)[1] is None) != (parted(b)[1] is None):
        raise InvalidInput(
            f"{a!r} and {b!r} are not of one kind: compare two studies, or two trials as "
            "STUDY:NUMBER"
        )
    with reading(where) as client:
        found = compared(_facts(client, a), _facts(client, b))
    shown = found if everything else [one for one in found if not one.same]
    columns = [
        Column[Difference]("field", lambda one: one.field),
        Column[Difference](a, _side(lambda one: one.a), wide=True),
        Column[Difference](b, _side(lambda one: one.b), wide=True),
    ]
    if on_terminal() and not as_json and _narrow(shown):
        _stacked(shown, columns)
    else:
        listing(shown, columns, kind="diff", as_json=as_json, empty=f"{a} and {b} do not differ.")
    agreeing = len(found) - len(shown)
    if agreeing and not as_json:
        note(f"{counted(agreeing, 'field')} agree{'s' if agreeing == 1 else ''}; --all shows all")


def _facts(client: Client, text: str) -> dict[str, Any]:
    name, number = parted(text)
    handle = client.study(name)
    if number is not None:
        return of_trial(handle.trial(number))
    complete = handle.trials(states=(TrialState.COMPLETE,), sort="loss", limit=1)
    return of_study(handle.record, complete[0] if complete else None)


def _narrow(shown: Sequence[Difference]) -> bool:
    """Whether the terminal has no room for both sides beside the fields."""
    longest = max((len(one.field) for one in shown), default=0)
    return longest + 2 * LEAST > terminal_width()


def _stacked(shown: Sequence[Difference], columns: Sequence[Column[Difference]]) -> None:
    """A line for each field, and one for each side below it."""
    field, *sides = columns
    room = max(len(side.name) for side in sides) + 4
    for one in shown:
        say(field.text(one))
        print_facts([(f"  {side.name}", side.text(one)) for side in sides], label=room)


def _side(which: Callable[[Difference], Any]) -> Callable[[Difference], str]:
    """How a value of one side is written: short on a terminal, unless both then look alike."""

    def text(one: Difference) -> str:
        short = shortly(one.field)
        alike = short(one.a) == short(one.b) and not one.same
        return exactly(which(one)) if alike or not on_terminal() else short(which(one))

    return text
