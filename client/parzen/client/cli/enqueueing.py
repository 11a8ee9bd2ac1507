"""``parzen enqueue``: points that are to be tried before all others."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, BinaryIO

import click

from parzen.client import points
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.opening import reading
from parzen.client.cli.setting import pairs
from parzen.client.cli.steered import Steered, tell
from parzen.client.wording import assignment, counted, numbers
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput, InvalidParams
from parzen.shared.home import StoreAddress
from parzen.shared.plain import shown
from parzen.shared.printing import json_option
from parzen.shared.records import Study, Trial

SHOWN = 20
"""How many points are told one by one."""


@click.command()
@study_argument
@click.argument("words", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option(
    "--file",
    "source",
    type=click.File("rb"),
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
    source: BinaryIO | None,
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
    kept = None if user is None else _object(_json(user, "--user"), "--user", "a JSON object")
    with reading(where) as client:
        handle = client.study(name)
        study = handle.record
        if source is None:
            given: list[Mapping[str, Any]] = [points.from_text(study.dimensions, pairs(words))]
        else:
            given = from_file(source, study)
        trials = handle.enqueue(given, user=kept)
        said = _told(study, given, trials)
        if len(trials) < len(given):
            missing = counted(len(given) - len(trials), "point")
            said.append(f"{missing} found no room any more: others added trials at this moment")
        done = Steered(
            study=study, said=said, trials=[t.number for t in trials], notes=handle.notices()
        )
    tell(done, as_json=as_json)


def from_file(source: BinaryIO, study: Study) -> list[Mapping[str, Any]]:
    """The points of an open file, see :func:`read`.

    Raises:
        InvalidInput: it is no text, or holds something else.
        InvalidParams: a text of a CSV is no value of its parameter.
    """
    return read(_text(source.read()), study)


def read(text: str, study: Study) -> list[Mapping[str, Any]]:
    """The points that a file holds: a JSON list, JSON lines, or CSV.

    Raises:
        InvalidInput: it holds something else; the sentence names the line.
        InvalidParams: a text of the CSV is no value of its parameter.
    """
    start = text.lstrip()[:1]
    if start == "[":
        found = _json(text, "the file")
        points_given = [_point(item, f"point {n}") for n, item in enumerate(found, start=1)]
    elif start == "{":
        lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
        points_given = [_point(_json(line, f"line {n}"), f"line {n}") for n, line in lines]
    else:
        points_given = _table(text, study)
    if not points_given:
        raise InvalidInput("the file holds no points: write a JSON list, JSON lines or CSV")
    return points_given


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"the file is no text in UTF-8 (byte {error.start}): save it as UTF-8"
        ) from None


def _table(text: str, study: Study) -> list[Mapping[str, Any]]:
    rows = csv.DictReader(StringIO(text, newline=""), restkey="")
    try:
        _refuse_twice(rows.fieldnames or ())
        return [_row(row, rows.line_num, study) for row in rows]
    except csv.Error as error:
        raise InvalidInput(f"line {rows.line_num} of the file cannot be read: {error}") from None


def _row(row: Mapping[str, Any], line: int, study: Study) -> Mapping[str, Any]:
    if "" in row:
        raise InvalidInput(
            f"line {line} of the file has more cells than its first line: name each column"
        )
    given = {name.strip(): cell.strip() for name, cell in row.items() if cell and cell.strip()}
    try:
        return points.from_text(study.dimensions, given)
    except InvalidParams as error:
        raise InvalidParams(f"line {line} of the file: {error}") from error


def _refuse_twice(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(f"the file names {shown(name)} twice: name it once")
        seen.add(name)


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise InvalidInput(f"{what} is nested too deeply: write flat points") from None
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{what} cannot be read as JSON: {error}") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    _refuse_twice(name for name, _ in pairs)
    return dict(pairs)


def _no_number(word: str) -> Any:
    raise InvalidInput(f"{word} is no number that can be tried: write a finite one")


def _point(item: Any, what: str) -> Mapping[str, Any]:
    return _object(item, what, "an object {parameter: value}")


def _object(item: Any, what: str, expected: str) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise InvalidInput(f"{what} is {shown(item)}: expected {expected}")
    return item


def _told(study: Study, given: Sequence[Mapping[str, Any]], trials: Sequence[Trial]) -> list[str]:
    if len(trials) > SHOWN:
        told = numbers([trial.number for trial in trials])
        return [f"{counted(len(trials), 'point')} of study {study.name!r} are tried next: {told}"]
    said = []
    for point, trial in zip(given, trials, strict=False):
        chance = points.drawn(point, trial.params)
        at_random = f" (drawn at random: {', '.join(chance)})" if chance else ""
        said.append(f"trial {trial.number} is tried next: {assignment(trial.params)}{at_random}")
    return said
