"""What a shell is told when a word is to be completed: names of studies, numbers of trials.

The contract of completion is another than that of commands: whatever stands in the way, such as a
store that does not answer, there is silence and no word, since a shell shows what is said amid the
line that somebody is typing. The same line, run as a command, says what is wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    add_completion_class,
    split_arg_string,
)

from parzen.shared.errors import ParzenError
from parzen.shared.exits import INTERRUPTED
from parzen.shared.home import chosen

if TYPE_CHECKING:
    from parzen.shared.mongo.hints import Glance, StudyHint, TrialHint

Hint = TypeVar("Hint")

PATIENCE_S = 1.0
"""How long the store may take in all, while somebody waits with a finger on the key."""

BREAKS = frozenset(":=@")
"""At these bash divides words (COMP_WORDBREAKS); addresses and ``name=value`` are full of them."""


def study_names(
    context: click.Context, _parameter: click.Parameter, start: str
) -> list[CompletionItem]:
    """The studies whose names begin with ``start``, newest first."""
    from parzen.client.terms import NAME  # noqa: PLC0415 - not to declare an argument

    # the shell types a name into the line: one that was put into the database by hand may command
    hints = _glanced(context, lambda store: store.studies(start))
    return [
        CompletionItem(hint.name, help=_of_study(hint))
        for hint in hints
        if NAME.fullmatch(hint.name)
    ]


def trial_numbers(
    context: click.Context, _parameter: click.Parameter, start: str
) -> list[CompletionItem]:
    """The trials of the study on the line whose numbers begin with ``start``, newest first."""
    study = context.params.get("name")
    if not isinstance(study, str):
        return []
    hints = _glanced(context, lambda store: store.trials(study, start))
    return [CompletionItem(str(hint.number), help=_of_trial(hint)) for hint in hints]


def files(_context: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Whatever files the shell finds that begin with ``start``."""
    return [CompletionItem(start, type="file")]


def _glanced(context: click.Context, ask: Callable[[Glance], list[Hint]]) -> list[Hint]:
    """What the store answers that the line or the environment names; nothing where it does not."""
    from parzen.shared.mongo.hints import glance  # noqa: PLC0415 - the driver is slow to import

    given = context.params
    folder = given.get("data_dir")
    try:
        where = chosen(given.get("store"), given.get("store_file"), folder and Path(folder))
        with glance(where, PATIENCE_S) as store:
            return ask(store) if store else []
    except (ParzenError, OSError):
        return []  # silence is the contract here, see above


def _of_study(hint: StudyHint) -> str:
    done = f"{hint.done}" if hint.of is None else f"{hint.done}/{hint.of}"
    return f"{hint.status.value}, {done} done"


def _of_trial(hint: TrialHint) -> str:
    from parzen.client.wording import number  # noqa: PLC0415 - as above

    return " ".join(filter(None, [hint.state.value, number(hint.value)]))


def answer(program: click.Command) -> NoReturn:
    """Tell the shell what its script asks, by way of the environment, and end this process."""
    code: object = INTERRUPTED
    with suppress(KeyboardInterrupt):
        try:
            program.main(prog_name="parzen")
        except SystemExit as end:
            code = end.code
        except Exception:  # noqa: BLE001 - a traceback would land in the line that is being typed
            code = 1
    sys.stdout.flush()
    # the driver's threads would be waited for, which doubles the time that a key takes
    os._exit(code if isinstance(code, int) else 0)


class Bash(BashComplete):
    """Completion for bash, which hands over words that it divided where no command sees them so."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words before the one to complete, and what stands of that one."""
        last = int(os.environ["COMP_CWORD"])
        words = os.environ["COMP_WORDS"].split("\n")[: last + 1]
        if len(words) <= last:
            words.append("")
        *before, start = ["".join(split_arg_string(word)) for word in whole_words(words)]
        return before[1:], start


class Fish(FishComplete):
    """Completion for fish, whose script ends a help text at its first comma."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """One line for fish, with other signs for commas."""
        told = item.help and item.help.replace(",", ";")
        return super().format_completion(CompletionItem(item.value, item.type, told))


def whole_words(words: Sequence[str]) -> list[str]:
    """``words`` with those put together again that bash divided at BREAKS."""
    whole = list(words[:1])
    for before, word in pairwise(words):
        # an empty word stands after a space, so it is one of its own
        if word and before and (BREAKS.issuperset(word) or BREAKS.issuperset(before)):
            whole[-1] += word
        else:
            whole.append(word)
    return whole


add_completion_class(Bash)
add_completion_class(Fish)
