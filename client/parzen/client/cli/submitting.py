"""``parzen submit``: put a study that a file declares into a store."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from parzen.client.cli.completing import files, study_names
from parzen.client.cli.enqueueing import from_file
from parzen.client.handle import StudyHandle
from parzen.client.invocation import Invocation, here
from parzen.client.loading import load
from parzen.shared.commandline import store_options
from parzen.shared.exits import INTERRUPTED
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, note, print_json, say


@click.command()
@click.argument("target", metavar="FILE:NAME", shell_complete=files)
@click.option("--name", help="Submit it under this name.")
@click.option("--max-trials", type=click.IntRange(min=1), help="End after so many trials.")
@click.option(
    "--max-consecutive-failures",
    type=click.IntRange(min=1),
    metavar="N",
    help="End it as failed after so many failed trials in a row [50, or what FILE says].",
)
@click.option(
    "--sign-key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Sign a new study with this private key of `parzen keygen`, for workers that trust it "
    "[PARZEN_SIGN_KEY, or PARZEN_SIGN_KEY_PEM with the key itself; PARZEN_SIGN_KEY_PASSWORD where "
    "it has a passphrase].",
)
@click.option(
    "--replace-objective",
    is_flag=True,
    help="Where the study stands already, run the objective of FILE from the next attempt on.",
)
@click.option(
    "--points",
    type=click.File("rb"),
    metavar="FILE",
    help="Points that a new study tries first, as `parzen enqueue --file` reads them.",
)
@click.option(
    "--warm-start",
    multiple=True,
    metavar="STUDY",
    shell_complete=study_names,
    help="Let a new study learn from the trials of this one too, as far as it turns out like it; "
    "may be given several times.",
)
@click.option("--wait", is_flag=True, help="Wait for its end, with progress.")
@json_option
@store_options
@click.pass_context
def submit(
    context: click.Context,
    /,
    *,
    where: StoreAddress,
    target: str,
    name: str | None,
    max_trials: int | None,
    max_consecutive_failures: int | None,
    sign_key: Path | None,
    replace_objective: bool,
    points: BinaryIO | None,
    warm_start: tuple[str, ...],
    wait: bool,
    as_json: bool,
) -> None:
    """Submit the study NAME that FILE declares, or go on with the one of that name.

    FILE:NAME is path/to/file.py:study or package.module:study; what it names is a Study, or a
    function without arguments that returns one. Modules beside the file travel with it.
    """
    study = load(target)
    if name is not None:
        study = study.renamed(name)
    limits = {"max_trials": max_trials, "max_consecutive_failures": max_consecutive_failures}
    study = study.limited(**{limit: n for limit, n in limits.items() if n is not None})
    given = [] if points is None else from_file(points, study.record)
    study = study.starting(points=given, warm_start=warm_start)
    with study.submit_to(where, sign_key, replace_objective=replace_objective) as handle:
        for remark in handle.remarks:
            note(f"note: {remark}")
        if as_json:
            print_json("studies", [handle.record])
        else:
            say(handle.name)
        if wait:
            try:
                handle.wait()
            except KeyboardInterrupt:
                _left_running(handle, here(where))
                context.exit(INTERRUPTED)
            return
        for sentence in handle.notices():
            note(f"note: {sentence}")
        note(f"look at it with `{here(where).line('status', handle.name)}`")


def _left_running(handle: StudyHandle, call: Invocation) -> None:
    note(f"study {handle.name!r} goes on in the cluster; only the waiting has ended")
    note(f"  watch it:  {call.line('status', handle.name)}")
    note(f"  end it:    {call.line('cancel', handle.name)}")
