"""The study that ``parzen demo`` runs, under which name, and what is said of its outcome."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from parzen.client import demo_objective, presence
from parzen.client.invocation import Invocation
from parzen.client.study import Study
from parzen.client.submission import differences, existing
from parzen.client.wording import number, scalar
from parzen.shared.records import Study as Record
from parzen.shared.records import Trial
from parzen.shared.store import Catalog

FIRST = 10
"""How many trials are spread evenly over the space before the sampler learns from them."""
SEED = 5
"""One of those whose first trials are neither lucky nor unlucky."""


def declared(name: str, trials: int) -> Study:
    """The demo's study."""
    return Study(
        name,
        space=demo_objective.SPACE,
        objective=demo_objective.accuracy,
        setup=demo_objective.load,
        direction="maximize",
        max_trials=trials,
        seed=SEED,
        trial_timeout_s=60.0,
        tags=["demo"],
    )


def vacant(catalog: Catalog, study: Study) -> tuple[str, Record | None, list[tuple[str, str]]]:
    """The name to run under, the unfinished study of that name to go on with, and why no other.

    A finished demo is kept, and the next is called ``demo-2`` and so on; the last item holds each
    name that was passed over, with what it is.
    """
    passed: list[tuple[str, str]] = []
    while True:
        name = f"{study.name}-{len(passed) + 1}" if passed else study.name
        stored = existing(catalog, name)
        if stored is None:
            return name, None, passed
        same = not differences(study.record.dimensions, stored.dimensions)
        if same and not presence.ended(stored):
            return name, stored, passed
        passed.append((name, stored.status.value if same else "taken by another study"))


def opening(name: str, stored: Record | None, passed: Sequence[tuple[str, str]], size: str) -> str:
    """The first line of a demo, from what :func:`vacant` found."""
    doing = f"going on with study {name!r}" if stored else f"study {name!r}"
    return f"{doing}{f', because {_taken(passed)}' if passed else ''}: {size}"


def _taken(passed: Sequence[tuple[str, str]]) -> str:
    """In words what the names are, however many they are."""
    names = [name for name, _ in passed]
    what = " or ".join(dict.fromkeys(what for _, what in passed))
    if len(names) == 1:
        return f"{names[0]} is {what}"
    return f"{names[0]} {'and' if len(names) == 2 else 'to'} {names[-1]} are {what}"  # noqa: PLR2004 - between two lies none


def outcome(trials: Sequence[Trial]) -> Iterator[str]:
    """What came out, line by line: the best, and how much better it is than the first trials.

    ``trials`` are those that have a value, by number.
    """
    best = max(trials, key=lambda trial: trial.value or 0.0)
    yield f"Best accuracy {number(best.value)} (trial {best.number}) with"
    for name, value in best.params.items():
        yield f"  {name} = {scalar(value)}"
    first = [t.value for t in trials if t.number < FIRST and t.value is not None]
    if first and best.value is not None and len(trials) > len(first):
        yield from improvement(first, best.value)


def improvement(first: Sequence[float], best: float) -> Iterator[str]:
    """How ``best`` compares with the ``first`` accuracies, in errors."""
    start, middle = max(first), statistics.median(first)
    yield (
        f"The first {len(first)} trials, spread over the space: best {number(start)}, "
        f"median {number(middle)}"
    )
    if best <= start:
        yield "No later trial was better"
        return
    fewer = (best - start) / (1 - start)
    yield f"Errors since then: {1 - start:.2%} -> {1 - best:.2%}, {fewer:.0%} fewer"


def query(name: str) -> str:
    """Python that asks MongoDB itself for the best trials of the study ``name``."""
    return (
        "from parzen.client import connect; "
        f'found = connect().db.jobs.find({{"study": "{name}", "state": "complete"}}, '
        '{"_id": 0, "number": 1, "value": 1, "params": 1}).sort("loss").limit(5); '
        'print(*found, sep="\\n")'
    )


def further(name: str, call: Invocation, lies: str) -> list[str]:
    """Three lines that tell how to look further; ``lies`` says where the data lie."""
    return [
        f"All trials:    {call.line('trials', name, '--sort', 'loss')}",
        f"Ask MongoDB:   {call.python(query(name))}",
        f"The data lie:  {lies}",
    ]
