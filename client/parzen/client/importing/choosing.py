"""Which source is meant by what its user wrote, and opening it.

A new kind of source is one file and one line in ``KINDS``: a function ``(study, words, *, …)`` that
gives a context manager around a :class:`~parzen.client.importing.rows.Source`. Its keyword-only
arguments are the options that it takes.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from parzen.client.importing.rows import Source
from parzen.client.optuna_storage import DATABASES, named
from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown
from parzen.shared.records import Study
from parzen.shared.redaction import redacted

Opener: TypeAlias = Callable[..., AbstractContextManager[Source]]

KINDS: Mapping[str, str] = {
    "csv": "parzen.client.importing.from_csv:open_source",
    "hyperopt": "parzen.hyperopt.importing:open_source",
    "optuna": "parzen.client.importing.from_optuna:open_source",
}
"""What trials can be imported from; each is loaded when it is asked for."""

MONGO = ("mongo://", "mongodb://", "mongodb+srv://")
"""Addresses that only Hyperopt's trials have."""

STANDARD_INPUT = "-"


def kinds() -> Sequence[str]:
    """What trials can be imported from, by name."""
    return sorted(KINDS)


def kind(words: str, given: str | None = None) -> str:
    """What ``words`` name: the kind ``given``, or the one that they tell.

    Raises:
        InvalidInput: they do not tell it, or there is no such kind.
    """
    if given is not None:
        if given not in KINDS:
            raise InvalidInput(
                f"there is no format {shown(given)}: expected one of {', '.join(kinds())}"
            )
        return given
    ending = Path(words).suffix.lower()
    if words.startswith(MONGO):
        return "hyperopt"
    if named(words) or ending in DATABASES:
        return "optuna"
    if ending == ".csv" or words == STANDARD_INPUT:
        return "csv"
    raise InvalidInput(
        f"what {shown(redacted(words))} holds cannot be told from its name: expected a file that "
        "ends in .csv, an Optuna storage as sqlite:///study.db or journal:study.log, or an "
        "address mongo://host/db/jobs of Hyperopt's; or say --from (in Python format=)"
    )


@contextmanager
def opened(study: Study, words: str, given: str | None = None, **options: Any) -> Iterator[Source]:
    """The source that ``words`` name, open for the block.

    Args:
        study: the study that the trials are for.
        words: a file, a storage or an address.
        given: what it is, where its name does not tell.
        options: those of the kind; None and False say nothing.

    Raises:
        NotFound: there is no such file, storage or study.
        InvalidInput: it cannot be read, does not fit the study, or takes no such option.
    """
    found = kind(words, given)
    open_source = _loaded(found)
    said = {name: value for name, value in options.items() if value not in (None, False)}
    _refuse_idle(found, open_source, said)
    with open_source(study, words, **said) as source:
        yield source


def _loaded(found: str) -> Opener:
    module, _, attribute = KINDS[found].partition(":")
    loaded: Opener = getattr(importlib.import_module(module), attribute)
    return loaded


def _refuse_idle(found: str, open_source: Opener, said: Mapping[str, Any]) -> None:
    parameters = inspect.signature(open_source).parameters.values()
    taken = {p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
    for option in sorted(said.keys() - taken):
        flag = f"--{option.replace('_', '-')} (in Python {option}=)"
        what = "standard input" if option == "standard_input" else flag
        raise InvalidInput(
            f"{what} means nothing where the source is of the kind {found!r}: leave it out"
        )
