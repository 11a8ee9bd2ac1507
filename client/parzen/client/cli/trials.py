"""``parzen trials`` and ``best``: the trials of one study."""

from __future__ import annotations

from collections.abc import Sequence

import click

from parzen.client import presence
from parzen.client.cli import columns
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.opening import reading
from parzen.client.handle import StudyHandle
from parzen.client.invocation import here
from parzen.client.wording import counted, number, scalar
from parzen.shared.commandline import store_options
from parzen.shared.errors import NotFound
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import TrialState
from parzen.shared.printing import (
    Column,
    fits,
    json_option,
    listing,
    note,
    on_terminal,
    say,
)
from parzen.shared.records import Study, Trial

SCREEN = 50
"""How many trials a person is shown who did not say how many."""


def _names(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",")) if text else ()


conditions_option = click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Only trials that meet this, such as state=failed or 'lr<0.01'; may be given several "
    "times, for trials that meet all.",
)

columns_option = click.option(
    "--columns",
    "names",
    callback=_names,
    metavar="FIELD,…",
    help="Show these fields, such as number,loss,lr,result/acc; --json holds all in any case.",
)


@click.command()
@study_argument
@conditions_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in TrialState]),
    help="Only trials in this state; may be given several times, for trials in any of them.",
)
@click.option(
    "--sort",
    default="-number",
    show_default=True,
    metavar="FIELD",
    help="Sort by this field; a minus before it sorts down. Trials that lack it come last.",
)
@columns_option
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"At most so many, 0 for all.  [default: {SCREEN} on a terminal, otherwise all]",
)
@json_option
@store_options
def trials(
    *,
    where: StoreAddress,
    name: str,
    conditions: tuple[str, ...],
    states: tuple[str, ...],
    sort: str,
    names: tuple[str, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """List the trials of STUDY, newest first.

    A FIELD is a parameter by its name, such as lr or opt/sgd/momentum; result/KEY, user/KEY; or
    number, state, loss, value, duration, started, finished, attempt, worker, host, kind (of
    failure), error, enqueued_by, note. A parameter that is called as a field is: params/NAME.

    A CONDITION is FIELD, one of = != < <= > >= ~, and a value. ~ finds a piece of text. none stands
    for no value. Durations may be written as 90s or 1h30m; times as 2026-01-31T12:00, or as ages:
    finished<2h is less than two hours ago. Quote conditions, for the shell takes < and > for
    itself.

    \b
    To a pipe go, without --columns, tab-separated and with every digit:
      number state value loss duration_s failures PARAMETER…
    """  # noqa: D301 - click wants the character itself
    if limit is None:
        limit = SCREEN if on_terminal() and not as_json else 0
    with reading(where) as client:
        handle = client.study(name)
        study = handle.record
        found = handle.trials(
            states=[TrialState(state) for state in states],
            where=conditions,
            sort=sort,
            limit=limit + 1 if limit else None,  # one more tells whether there are more
            slim=not as_json and columns.slim(study, names),
        )
    shown = found[:limit] if limit else found
    _list(study, shown, names, as_json=as_json, empty=f"study {name!r} has no such trials yet")
    if len(shown) < len(found) and not as_json:
        note(f"{_of_how_many(study, limit, conditions, states)}; --limit 0 lists all")


def _of_how_many(study: Study, limit: int, conditions: Sequence[str], states: Sequence[str]) -> str:
    if conditions:
        return f"the first {counted(limit, 'trial')}"
    total = sum(n for state, n in study.counts.items() if not states or state.value in states)
    return f"{limit} of {counted(total, 'trial')}"


def _list(
    study: Study, trials: Sequence[Trial], names: Sequence[str], *, as_json: bool, empty: str
) -> None:
    """List trials with the fields of these ``names``, or with those that are usual."""
    if on_terminal():
        chosen = columns.columns(study, names or columns.PEOPLE, exact=False)
        chosen += [] if names else _parameters(study, trials, chosen)
    else:
        usual = (*columns.PIPES, columns.PARAMETERS)
        chosen = columns.columns(study, names or usual, exact=True)
    listing(trials, chosen, kind="trials", as_json=as_json, empty=empty)


def _parameters(
    study: Study, trials: Sequence[Trial], beside: Sequence[Column[Trial]]
) -> list[Column[Trial]]:
    """A column for each parameter where there is room for all of them, otherwise one for all."""
    each = list(columns.parameters(study, exact=False))
    if fits(trials, [*beside, *each]):
        return each
    return columns.columns(study, [columns.PARAMETERS], exact=False)


@click.command()
@study_argument
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=1, show_default=True, help="How many."
)
@columns_option
@json_option
@store_options
def best(
    *, where: StoreAddress, name: str, count: int, names: tuple[str, ...], as_json: bool
) -> None:
    """Show the best trials of STUDY, the best first.

    `parzen trials --help` tells which FIELDs there are.
    """
    with reading(where) as client:
        handle = client.study(name)
        complete = (TrialState.COMPLETE,)
        slim = not as_json and columns.slim(handle.record, names)
        found = handle.trials(states=complete, sort="loss", limit=count, slim=slim)
        if not found:
            raise NotFound(_none_complete(handle, where))
    if count == 1 and not names and on_terminal() and not as_json:
        _show(found[0])
    else:
        _list(handle.record, found, names, as_json=as_json, empty="")


def _none_complete(handle: StudyHandle, where: StoreAddress) -> str:
    study = handle.record
    if not presence.ended(study):
        return f"study {study.name!r} has no complete trial yet: wait for one"
    why = handle.last_failure()
    if why is None:
        why = f"`{here(where).line('status', study.name)}` shows more"
    return f"study {study.name!r} is {study.status.value}, without one complete trial: {why}"


def _show(trial: Trial) -> None:
    say(f"{number(trial.value)}  (trial {trial.number})")
    for name, value in trial.params.items():
        say(f"  {name} = {scalar(value)}")
