"""``parzen demo``: a real study on real data, with everything on this machine."""

from __future__ import annotations

import importlib.util
import sys

import click

from parzen.shared.commandline import store_options
from parzen.shared.errors import ParzenError
from parzen.shared.exits import INTERRUPTED
from parzen.shared.home import StoreAddress
from parzen.shared.printing import note, say


@click.command()
@click.option(
    "--trials", type=click.IntRange(min=1), default=64, show_default=True, help="How many trials."
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Worker processes."
)
@click.option("--name", default="demo", show_default=True, help="The study's name.")
@store_options
@click.pass_context
def demo(
    context: click.Context, /, *, where: StoreAddress, trials: int, workers: int, name: str
) -> None:
    """Tune real models on this machine: handwritten digits, in a minute.

    Starts the embedded MongoDB, a coordinator and workers, shows how the study goes, and leaves
    the data behind. Ctrl-C stops it; the same command goes on.
    """
    require_sklearn()
    from parzen.client import demo as running  # noqa: PLC0415 - scikit-learn was not there before
    from parzen.client.invocation import here  # noqa: PLC0415 - as above
    from parzen.client.local import run_here  # noqa: PLC0415 - as above
    from parzen.client.submission import put  # noqa: PLC0415 - as above
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - as above

    study = running.declared(name, trials)
    if where.store is None:
        note(f"MongoDB: the embedded server in {where.home}")
    with open_store(where, prepare=True) as store:
        chosen, stored, passed = running.vacant(store.catalog, study)
        size = f"{trials} trials, {workers} worker processes, 1 coordinator"
        note(running.opening(chosen, stored, passed, size))
        handle = put(study.renamed(chosen), store, where)
        try:
            run_here(handle, where, workers=workers)
        except KeyboardInterrupt:
            note(f"stopped; `{here(where).line(*_again(context))}` goes on where this stopped")
            context.exit(INTERRUPTED)
        finished = handle.trials(states=("complete",), slim=True)
    say()
    for line in running.outcome(finished):
        say(line)
    say()
    for line in running.further(chosen, here(where), _lies(where)):
        say(line)


def require_sklearn() -> None:
    """See that the demo's extra is installed.

    Raises:
        ParzenError: it is not.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise ParzenError(
            "the demo needs scikit-learn: install it with "
            f"`{sys.executable} -m pip install 'parzen[demo]'`"
        )


def _again(context: click.Context) -> list[str]:
    """The words with which the same demo is called again."""
    words = ["demo"]
    for key in ("trials", "workers", "name"):
        if context.get_parameter_source(key) is click.core.ParameterSource.COMMANDLINE:
            words += [f"--{key}", str(context.params[key])]
    return words


def _lies(where: StoreAddress) -> str:
    from parzen.client.invocation import here  # noqa: PLC0415 - only at the end

    if where.store is not None:
        return "in the database that you named"
    return f"{where.home}  (`{here(where).line('down')}` stops the server, the data stay)"
