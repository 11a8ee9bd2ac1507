"""What a user's own functions are asked during a search, and that they answer as they should."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from parzen.hyperopt.documents import Doc
from parzen.shared.plain import shown


def proposals(
    algo: Callable[..., Any], new_ids: Sequence[Any], domain: Any, trials: Any, seed: int
) -> list[Doc]:
    """The trials that an algorithm proposes; none where it has no more.

    Raises:
        TypeError: it returned something else than documents.
    """
    found = algo(new_ids, domain, trials, seed)
    if found is None:
        return []
    if not isinstance(found, (list, tuple)):
        raise TypeError(
            f"the algorithm returned {shown(found)}: expected a list of documents, as "
            "trials.new_trial_docs gives it"
        )
    return list(found)


def whether_to_stop(
    early_stop_fn: Callable[..., Any], trials: Any, args: Sequence[Any]
) -> tuple[bool, Sequence[Any]]:
    """Whether a search is to stop, and what the function is called with the next time.

    Raises:
        TypeError: it returned something else than (stop, arguments).
    """
    found = early_stop_fn(trials, *args)
    if not isinstance(found, (list, tuple)) or len(found) != 2:  # noqa: PLR2004 - a pair
        raise TypeError(
            f"early_stop_fn returned {shown(found)}: expected (whether to stop, a list of what it "
            "is called with the next time, behind the trials)"
        )
    more = () if found[1] is None else found[1]
    if not isinstance(more, (list, tuple)):
        raise TypeError(
            f"early_stop_fn returned {shown(found)}: expected a list as its second part, of what "
            "it is called with the next time, behind the trials"
        )
    return bool(found[0]), list(more)
