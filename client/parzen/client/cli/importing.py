"""``parzen import``: trials from elsewhere as earlier ones of a study."""

from __future__ import annotations

import sys

import click

from parzen.client import points
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.counting import counting
from parzen.client.cli.opening import reading
from parzen.client.cli.setting import pairs
from parzen.client.importing.choosing import STANDARD_INPUT, kinds
from parzen.shared.commandline import store_options
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, note, print_json, say


@click.command("import")
@study_argument
@click.argument("source")
@click.option(
    "--from",
    "how",
    type=click.Choice(kinds()),
    help="What SOURCE is, where its name does not tell.",
)
@click.option(
    "--name",
    "--study-name",
    "theirs",
    metavar="NAME",
    help="The study in the Optuna storage, or the experiment of Hyperopt's, where there are "
    "several.",
)
@click.option(
    "--value-column",
    metavar="COLUMN",
    help="The column of a CSV file that holds the value.  [default: value, else loss]",
)
@click.option(
    "--fill",
    "filled",
    metavar="PARAMETER=VALUE",
    multiple=True,
    help="The value of a parameter that the source does not have; may be given several times.",
)
@click.option(
    "--trust-pickle",
    is_flag=True,
    help="Unpickle SOURCE, which runs whatever code it names: only for files of your own.",
)
@click.option("--skip-invalid", is_flag=True, help="Leave out rows that do not fit, and go on.")
@click.option("--skip-known", is_flag=True, help="Leave out rows that the study has already.")
@click.option("--again", is_flag=True, help="Import rows once more that the study has already.")
@click.option("--keep-limits", is_flag=True, help="Leave max_trials as it is.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported, and write nothing.")
@json_option
@store_options
def import_(
    *,
    where: StoreAddress,
    name: str,
    source: str,
    how: str | None,
    theirs: str | None,
    value_column: str | None,
    filled: tuple[str, ...],
    trust_pickle: bool,
    skip_invalid: bool,
    skip_known: bool,
    again: bool,
    keep_limits: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take the trials of SOURCE over into STUDY, as earlier ones from which it learns.

    SOURCE is a CSV file, - for CSV on standard input, or an Optuna storage: sqlite:///study.db,
    journal:study.log, or the address of a MySQL or PostgreSQL database. Or it is a database of
    Hyperopt's, mongo://host:port/db/jobs or any MongoDB URI, of which nothing is changed; or, with
    --from hyperopt and --trust-pickle, a file with pickled Trials of Hyperopt's.

    CSV has a column for each parameter, called as it is or as exports call it, params.NAME; a
    column value or loss; and perhaps state, started_at, finished_at, duration_s, note, result/KEY
    and user/KEY. Parameters that take no part in a trial are left empty.

    Every row is looked at before anything is written: each must lie in the study's space. A study
    with max_trials has it raised by the number of trials imported.
    """
    with reading(where) as client:
        handle = client.study(name)
        fill = points.from_text(handle.record.dimensions, pairs(filled))
        given = sys.stdin.buffer if source == STANDARD_INPUT else None
        with counting(f"importing into {name}", None) as tick:
            done = handle.import_trials(
                source,
                format=how,
                name=theirs,
                value_column=value_column,
                trust_pickle=trust_pickle,
                fill=fill,
                skip_invalid=skip_invalid,
                skip_known=skip_known,
                again=again,
                keep_limits=keep_limits,
                dry_run=dry_run,
                standard_input=given,
                tick=tick,
            )
    if as_json:
        print_json("imports", [done])
        return
    say(str(done))
    for sentence in done.notes:
        note(f"note: {sentence}")
