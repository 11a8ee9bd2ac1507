"""``parzen show``: everything about one trial, or about one study."""

from __future__ import annotations

import click

from parzen.client.cli.arguments import study_argument
from parzen.client.cli.completing import trial_numbers
from parzen.client.cli.facts import print_facts
from parzen.client.cli.naming import parted
from parzen.client.cli.opening import reading
from parzen.client.cli.study_facts import study_facts
from parzen.client.cli.trial_facts import Whole, closing, trial_facts
from parzen.client.handle import StudyHandle
from parzen.client.invocation import Invocation, here
from parzen.client.ranges import condition, values
from parzen.shared.commandline import store_options
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.printing import Column, json_option, listing, print_json, say
from parzen.shared.records import Study
from parzen.shared.shape import plain

SPACE: tuple[Column[Dimension], ...] = (
    Column("parameter", lambda d: d.name),
    Column("values", values, wide=True),
    Column("takes part", condition, wide=True),
    Column("kind", lambda d: d.kind.value),
)


@click.command()
@study_argument
@click.argument(
    "trial_number",
    metavar="[NUMBER]",
    required=False,
    type=click.IntRange(min=0),
    shell_complete=trial_numbers,
)
@json_option
@store_options
def show(*, where: StoreAddress, name: str, trial_number: int | None, as_json: bool) -> None:
    """Show everything about trial NUMBER of STUDY, also written STUDY:NUMBER; or about STUDY.

    Of a trial: its parameters, result, attempts, measurements, attachments, the end of its output,
    and why it failed. Of a study: its space, terms, objective and course.
    """
    name, number = parted(name)
    if number is not None and trial_number is not None:
        raise InvalidInput(
            f"two trials are named, {number} and {trial_number}: give the number once"
        )
    number = trial_number if number is None else number
    with reading(where) as client:
        handle = client.study(name)
        if number is None:
            _show_study(handle.record, as_json=as_json)
        else:
            _show_trial(_whole(handle, number), here(where), as_json=as_json)


def _whole(handle: StudyHandle, number: int) -> Whole:
    trial = handle.trial(number)
    return Whole(
        study=handle.record,
        trial=trial,
        measurements=tuple(handle.measurements(number)),
        attachments=handle.attachment_sizes(number),
    )


def _show_trial(whole: Whole, call: Invocation, *, as_json: bool) -> None:
    if as_json:
        beside = {"measurements": whole.measurements, "attachments": whole.attachments}
        print_json("trials", [{**plain(whole.trial), **beside}])
        return
    print_facts(trial_facts(whole, call))
    for line in closing(whole.trial):
        say(line)


def _show_study(study: Study, *, as_json: bool) -> None:
    if as_json:
        print_json("studies", [study])
        return
    print_facts(study_facts(study))
    say()
    listing(study.dimensions, SPACE, kind="space", as_json=False, empty="It has no parameters.")
