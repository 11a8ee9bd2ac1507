"""``parzen trials``, ``best`` and ``logs``: the trials of one study."""

from __future__ import annotations

from io import StringIO
from typing import TextIO

import click

from parzen.client import presence
from parzen.client.cli.opening import reading
from parzen.client.cli.output import (
    Column,
    json_option,
    listing,
    note,
    on_terminal,
    print_json,
    say,
)
from parzen.client.cli.output_file import whole_output
from parzen.client.handle import StudyHandle
from parzen.client.invocation import here
from parzen.client.wording import assignment, counted, duration, number, scalar
from parzen.shared.commandline import store_options
from parzen.shared.errors import NotFound
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study, Trial
from parzen.shared.visible import visible_output

KEYS = ("number", "loss", "started_at", "finished_at")
SORTS = [sign + key for key in KEYS for sign in ("", "-")]
SCREEN = 50
"""How many trials a person is shown who did not say how many."""

PIECE = 1 << 16
"""How many characters of an output are held at once."""


def for_people() -> list[Column[Trial]]:
    """Columns for a terminal: rounded, with the parameters in one."""
    return [
        Column("number", lambda t: str(t.number), right=True),
        Column("state", lambda t: t.state.value),
        Column("value", lambda t: number(t.value), right=True),
        Column("took", lambda t: duration(t.duration_s), right=True),
        Column("failures", _failures),
        Column("parameters", lambda t: assignment(t.params), wide=True),
    ]


def for_pipes(study: Study) -> list[Column[Trial]]:
    """Columns for a program: every digit, seconds, and a column for each parameter."""
    return [
        Column("number", lambda t: str(t.number)),
        Column("state", lambda t: t.state.value),
        Column("value", lambda t: _exact(t.value)),
        Column("loss", lambda t: _exact(t.loss)),
        Column("duration_s", lambda t: _exact(t.duration_s)),
        Column("failures", _failures),
        *(_parameter(dimension.name) for dimension in study.dimensions),
    ]


def _exact(value: float | None) -> str:
    return "" if value is None else repr(value)


def _failures(trial: Trial) -> str:
    return " ".join(kind.value for kind, count in trial.failures.items() if count)


def _parameter(name: str) -> Column[Trial]:
    return Column(name, lambda t: str(t.params[name]) if name in t.params else "")


def _list(study: Study, trials: list[Trial], *, as_json: bool, empty: str) -> None:
    columns = for_people() if on_terminal() else for_pipes(study)
    listing(trials, columns, kind="trials", as_json=as_json, empty=empty)


@click.command()
@click.argument("name")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in TrialState]),
    help="Only trials in this state; may be given several times.",
)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="-number",
    show_default=True,
    metavar="KEY",
    help="number, loss (best first), started_at or finished_at; a minus before it sorts down.",
)
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
    states: tuple[str, ...],
    sort: str,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the trials of the study NAME, newest first."""
    if limit is None:
        limit = SCREEN if on_terminal() and not as_json else 0
    wanted = [TrialState(state) for state in states]
    with reading(where) as client:
        handle = client.study(name)
        study = handle.record
        found = handle.trials(states=wanted, sort=sort, limit=limit or None, slim=not as_json)
    _list(study, found, as_json=as_json, empty=f"study {name!r} has no such trials yet")
    total = sum(n for state, n in study.counts.items() if not wanted or state in wanted)
    if not as_json and limit and limit == len(found) < total:
        note(f"{limit} of {counted(total, 'trial')}; --limit 0 lists all")


@click.command()
@click.argument("name")
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=1, show_default=True, help="How many."
)
@json_option
@store_options
def best(where: StoreAddress, name: str, count: int, as_json: bool) -> None:
    """Show the best trials of the study NAME, the best first."""
    with reading(where) as client:
        handle = client.study(name)
        complete = (TrialState.COMPLETE,)
        found = handle.trials(states=complete, sort="loss", limit=count, slim=not as_json)
        if not found:
            raise NotFound(_none_complete(handle, where))
    if count == 1 and on_terminal() and not as_json:
        _show(found[0])
    else:
        _list(handle.record, found, as_json=as_json, empty="")


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


@click.command()
@click.argument("name")
@click.argument("trial_number", metavar="NUMBER", type=click.IntRange(min=0))
@json_option
@store_options
def logs(where: StoreAddress, name: str, trial_number: int, as_json: bool) -> None:
    """Print what the objective wrote in the last attempt at trial NUMBER of the study NAME.

    The whole output is printed where its file lies on this machine, otherwise its end, which is
    kept in the store. Elsewhere than on a terminal it is printed as it is.
    """
    with reading(where) as client:
        trial = client.study(name).trial(trial_number)
    if as_json:
        print_json("trials", [trial])
        return
    if not trial.attempts:
        raise NotFound(f"trial {trial_number} of study {name!r} has not been tried yet")
    _print_output(trial)
    error = trial.attempts[-1].error
    if error is not None:
        note(error.traceback or error.message)


def _print_output(trial: Trial) -> None:
    attempt, lies = trial.attempts[-1], None
    try:
        file = whole_output(trial)
    except OSError as error:
        file, lies = None, f"cannot be read ({error.strerror}: {error.filename})"
    if file is None:
        file = StringIO(attempt.log_tail)
        if attempt.log_tail or lies:
            end = "; this is its end" if attempt.log_tail else ""
            note(f"note: the whole output {lies or f'lies on {attempt.host}'}{end}")
    with file:
        wrote = _print_text(file)
    if not (wrote or lies):
        note(f"note: trial {trial.number} wrote nothing")


def _print_text(file: TextIO) -> bool:
    """Print a text of any length, and a line's end after it; whether there was any."""
    last = ""
    while piece := file.read(PIECE) + file.readline(PIECE):  # no colour is cut but in long lines
        click.echo(visible_output(piece) if on_terminal() else piece, nl=False)
        last = piece
    if last and not last.endswith("\n"):
        click.echo()
    return bool(last)
