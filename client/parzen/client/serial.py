"""A whole search in the caller's own process, one trial after another."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from parzen.client import notebook, terms
from parzen.client.optimizer import Optimizer
from parzen.client.wording import number as shown
from parzen.shared.records import SamplerSpec, Trial
from parzen.shared.signatures import takes_trial
from parzen.worker.context import About, LocalTrial, TrialFailed, TrialPruned, device


def minimize(
    objective: Callable[..., Any],
    space: object,
    max_trials: int,
    *,
    seed: int = 0,
    sampler: str | SamplerSpec | Callable[..., Any] = "auto",
    direction: str = "minimize",
    progress: bool = False,
    catch: tuple[type[Exception], ...] = (),
    **options: Any,
) -> Optimizer:
    """Search ``space`` for the best of what ``objective`` returns; no database, no other process.

    A finite space may end the search before ``max_trials``.

    Args:
        objective: takes the parameters in the shape that was declared, and the trial if it has a
            second argument; returns a number, or a dict with "loss" ("value" where the direction
            is maximize). ``raise trial.pruned()`` and ``raise trial.failed(...)`` end a trial
            without a loss.
        space: the search space.
        max_trials: how many trials to run.
        seed: any integer; the same one gives the same search.
        sampler: what proposes: a name that `parzen samplers` lists, such as "auto"; a SamplerSpec
            with options and perhaps the seed; or a function
            ``choose(seen, rng)`` of your own, see `docs/samplers.md`.
        direction: "minimize" or "maximize".
        progress: show how it goes, on standard error, in a notebook below the cell.
        catch: exceptions that fail their trial; any other ends the search.
        options: the sampler's own.

    Returns:
        What was found, with the ``best`` trial, or None where all failed, and all ``trials``.

    Raises:
        InvalidInput: an argument is wrong, or the objective returned no finite number.
    """
    count = int(terms.whole("max_trials", max_trials, least=0))
    with_trial = takes_trial(objective)
    optimizer = Optimizer(space, sampler, seed, direction, **options)
    with _showing(count, progress) as show, tempfile.TemporaryDirectory("parzen") as directory:
        for _ in range(count):
            asked = optimizer.ask()
            if not asked:
                break
            _run(optimizer, asked[0], objective, Path(directory) if with_trial else None, catch)
            show(optimizer)
    return optimizer


def _run(
    optimizer: Optimizer,
    trial: Trial,
    objective: Callable[..., Any],
    directory: Path | None,
    catch: tuple[type[Exception], ...],
) -> None:
    """Run one trial; ``directory``, where the objective takes the trial, holds its own."""
    extra = () if directory is None else (_context(trial, directory),)
    try:
        returned = objective(optimizer.space.build(trial.params), *extra)
        optimizer.tell(trial.number, returned)
    except TrialPruned:
        optimizer.tell(trial.number, state="pruned")
    except TrialFailed:
        optimizer.tell(trial.number, state="failed")
    except catch:
        optimizer.tell(trial.number, state="failed")


def _context(trial: Trial, directory: Path) -> LocalTrial:
    workdir = directory / str(trial.number)
    workdir.mkdir()
    return LocalTrial(
        About(
            number=trial.number,
            attempt=1,
            params=trial.params,
            workdir=workdir,
            device=device(),
        )
    )


@contextlib.contextmanager
def _showing(count: int, progress: bool) -> Iterator[Callable[[Optimizer], None]]:
    """A bar on standard error or in a notebook, and what moves it on by one trial."""
    if not progress:
        yield lambda _: None
        return
    if notebook.inside():
        yield notebook.Counter(count).show
        return
    from rich.console import Console  # noqa: PLC0415 - only where something is shown
    from rich.progress import Progress  # noqa: PLC0415 - the same

    with Progress(console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task("no result yet", total=count)

        def show(optimizer: Optimizer) -> None:
            best = optimizer.best
            found = "no result yet" if best is None else f"best {shown(best.value)}"
            bar.update(task, advance=1, description=found)

        yield show
