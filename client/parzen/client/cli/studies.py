"""``parzen studies``: the studies of a store."""

from __future__ import annotations

import click

from parzen.client.cli.opening import reading
from parzen.client.progress import finished
from parzen.client.wording import moment
from parzen.shared.commandline import store_options
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.printing import Column, json_option, listing
from parzen.shared.records import Study


def _tally(state: TrialState) -> Column[Study]:
    return Column(state.value, lambda study: str(study.counts.get(state, 0)), right=True)


def _progress(study: Study) -> str:
    most = study.limits.max_trials
    return f"{finished(study)}/{most}" if most is not None else str(finished(study))


def _cancelled(study: Study) -> str:
    return str(study.counts.get(TrialState.CANCELLED) or "")  # where there are none, no column


NAME_LEAST, OWNER_LEAST = 12, 8
"""How much of these is shown at least: beside them a terminal of 80 columns has room for a date."""

COLUMNS: tuple[Column[Study], ...] = (
    Column("name", lambda study: study.name, named=True, least=NAME_LEAST),
    Column("status", lambda study: study.status.value),
    Column("done", _progress, right=True),
    _tally(TrialState.RUNNING),
    _tally(TrialState.FAILED),
    Column("owner", lambda study: study.owner or "", named=True, least=OWNER_LEAST),
    Column("created", lambda study: moment(study.created_at)),
    Column("cancelled", _cancelled, right=True),
    Column("note", lambda study: study.note or "", wide=True),
    Column("sampler", lambda study: study.sampler.name, rare=True),
    Column("tags", lambda study: " ".join(study.tags), wide=True, rare=True),
)


@click.command()
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in StudyStatus]),
    help="Only studies that stand so; may be given several times, for any of them.",
)
@click.option("--owner", help="Only studies of this owner.")
@click.option(
    "--tag", "tags", multiple=True, help="Only studies with this tag; with all, given several."
)
@json_option
@store_options
def studies(
    *,
    where: StoreAddress,
    statuses: tuple[str, ...],
    owner: str | None,
    tags: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the studies, newest first.

    To a pipe go, tab-separated: name status done running failed owner created cancelled
    note sampler tags.
    """
    with reading(where) as client:
        stored = [handle.record for handle in client.studies()]
    found = [
        study
        for study in stored
        if (not statuses or study.status.value in statuses)
        and (owner is None or study.owner == owner)
        and set(tags) <= set(study.tags)
    ]
    empty = "There are no such studies." if stored else "There are no studies yet."
    listing(found, COLUMNS, kind="studies", as_json=as_json, empty=empty)
