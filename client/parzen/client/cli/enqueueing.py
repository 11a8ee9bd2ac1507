"""``parzen enqueue``: points that are to be tried before all others."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, TextIO

import click

from parzen.client import points
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.opening import reading
from parzen.client.cli.output import json_option
from parzen.client.cli.setting import pairs
from parzen.client.cli.steered import Steered, tell
from parzen.client.wording import assignment, counted, numbers
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput, InvalidParams
from parzen.shared.home import StoreAddress
from parzen.shared.plain import shown
from parzen.shared.records import Study, Trial

SHOWN = 20
"""How many points are told one by one."""


@click.command()
@study_argument
@click.argument("words", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option(
    "--file",
    "source",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Many points: a JSON list of objects, JSON lines, or CSV with the parameters' names in "
    "its first line; - reads standard input.",
)
@click.option(
    "--user",
    metavar="JSON",
    help="An object that is kept with each trial; the objective finds it as trial.user.",
)
@json_option
@store_options
def enqueue(
    *,
    where: StoreAddress,
    name: str,
    words: tuple[str, ...],
    source: TextIO | None,
    user: str | None,
    as_json: bool,
) -> None:
    """Have points of STUDY tried before all that wait.

    One is given as PARAMETER=VALUE words, such as lr=0.01 opt=sgd opt/sgd/momentum=0.9; parameters
    that are left out are drawn at random. They count as trials of max_trials.
    """
    if bool(words) == (source is not None):
        raise InvalidInput(
            "which points is not clear: give one as PARAMETER=VALUE words, or a file with --file"
        )
    kept = None if user is None else _object(user, "--user")
    with reading(where) as client:
        handle = client.study(name)
        study = handle.record
        if source is None:
            given: list[Mapping[str, Any]] = [points.from_text(study.dimensions, pairs(words))]
        else:
            given = read(source.read(), study)
        trials = handle.enqueue(given, user=kept)
        said = _told(study, given, trials)
        done = Steered(
            study=study, said=said, trials=[t.number for t in trials], notes=handle.notices()
        )
    tell(done, as_json=as_json)


def read(text: str, study: Study) -> list[Mapping[str, Any]]:
    """The points that a file holds: a JSON list, JSON lines, or CSV.

    Raises:
        InvalidInput: it holds something else; the sentence names the line.
        InvalidParams: a text of the CSV is no value of its parameter.
    """
    start = text.lstrip()[:1]
    if start == "[":
        found = _json(text, "the file")
        return [_point(item, f"point {n}") for n, item in enumerate(found, start=1)]
    if start == "{":
        lines = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
        return [_point(_json(line, f"line {n}"), f"line {n}") for n, line in lines]
    return _table(text, study)


def _table(text: str, study: Study) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    rows = csv.DictReader(StringIO(text), restkey="")
    for row in rows:
        if "" in row:
            raise InvalidInput(
                f"line {rows.line_num} of the file has more cells than its first line: name "
                "each column"
            )
        given = {name.strip(): cell.strip() for name, cell in row.items() if cell and cell.strip()}
        try:
            found.append(points.from_text(study.dimensions, given))
        except InvalidParams as error:
            raise InvalidParams(f"line {rows.line_num} of the file: {error}") from error
    if not found:
        raise InvalidInput("the file holds no points: write a JSON list, JSON lines or CSV")
    return found


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{what} cannot be read as JSON: {error}") from None


def _point(item: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise InvalidInput(f"{what} is {shown(item)}: expected an object {{parameter: value}}")
    return item


def _object(text: str, what: str) -> Mapping[str, Any]:
    return _point(_json(text, what), what)


def _told(study: Study, given: Sequence[Mapping[str, Any]], trials: Sequence[Trial]) -> list[str]:
    if len(trials) > SHOWN:
        told = numbers([trial.number for trial in trials])
        return [f"{counted(len(trials), 'point')} of study {study.name!r} are tried next: {told}"]
    said = []
    for point, trial in zip(given, trials, strict=True):
        chance = points.drawn(point, trial.params)
        at_random = f" (drawn at random: {', '.join(chance)})" if chance else ""
        said.append(f"trial {trial.number} is tried next: {assignment(trial.params)}{at_random}")
    return said
