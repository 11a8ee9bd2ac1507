"""The command ``parzen``: a table of commands, each imported when it is called.

``parzen --help`` reads only this table, so it imports neither the database's driver nor numpy.
"""

from __future__ import annotations

import difflib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from parzen.client.cli.hiding import hide_address
from parzen.client.cli.streams import (
    abandon_output,
    endure,
    leave,
    output_fault,
    reader_left,
    stand_in,
)
from parzen.shared.errors import ParzenError
from parzen.shared.exits import INTERRUPTED, listed
from parzen.shared.redaction import redacted
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("parzen.client.cli.demo:demo", "Tune real models on this machine, in a minute."),
    "up": ("parzen.client.cli.server:up", "Start the embedded MongoDB and prepare the store."),
    "down": ("parzen.client.cli.server:down", "Stop the embedded MongoDB; the data stay."),
    "doctor": (
        "parzen.client.cli.doctor:doctor",
        "Look at everything that parzen needs, and say what to do.",
    ),
    "gc": ("parzen.client.cli.gc:gc", "Show, then delete what killed processes left."),
    "coordinator": ("parzen.coordinator.cli:coordinator", "Propose trials for active studies."),
    "worker": ("parzen.worker.cli:worker", "Claim trials on this node and run them."),
    "launch": (
        "parzen.worker.launch.cli:launch",
        "Start workers: here, with Docker, Slurm or Kubernetes.",
    ),
    "submit": (
        "parzen.client.cli.submitting:submit",
        "Put a study in the store, or go on with it.",
    ),
    "studies": ("parzen.client.cli.studies:studies", "List the studies, newest first."),
    "samplers": ("parzen.client.cli.samplers:samplers", "List who can propose, with options."),
    "status": ("parzen.client.cli.status:status", "Show where a study stands, and what it lacks."),
    "trials": ("parzen.client.cli.trials:trials", "List a study's trials."),
    "best": ("parzen.client.cli.trials:best", "Show a study's best trials."),
    "show": ("parzen.client.cli.show:show", "Show all about a trial, or about a study."),
    "diff": ("parzen.client.cli.diff:diff", "Tell two studies, or two trials, apart."),
    "logs": ("parzen.client.cli.logs:logs", "Print what a trial printed, and what it prints."),
    "attachments": (
        "parzen.client.cli.attachments:attachments",
        "List or save what a trial attached.",
    ),
    "enqueue": ("parzen.client.cli.enqueueing:enqueue", "Have points tried before all others."),
    "pause": ("parzen.client.cli.course:pause", "Start no more trials of a study."),
    "resume": ("parzen.client.cli.course:resume", "Let a study go on."),
    "retry": ("parzen.client.cli.course:retry", "Try failed trials again."),
    "set": ("parzen.client.cli.setting:set_", "Change limits and settings of a live study."),
    "note": ("parzen.client.cli.setting:note", "Write a note on a study or a trial."),
    "cancel": ("parzen.client.cli.course:cancel", "End a study and stop its trials."),
    "clone": ("parzen.client.cli.cloning:clone", "Make another study like one that stands."),
    "delete": ("parzen.client.cli.removing:delete", "Delete studies with their trials."),
    "export": (
        "parzen.client.cli.exporting:export",
        "Write a study's trials to a file, or for Optuna.",
    ),
    "import": (
        "parzen.client.cli.importing:import_",
        "Take trials of a CSV file, of Optuna or of Hyperopt over.",
    ),
    "workers": ("parzen.client.cli.workers:workers", "Show nodes and GPUs, and what they run."),
    "drain": ("parzen.client.cli.drain:drain", "Let workers finish what they run, and quit."),
    "keygen": ("parzen.client.cli.keygen:keygen", "Make a key to sign objectives with."),
    "roles": ("parzen.client.cli.roles:roles", "Make the database's roles and users."),
    "completion": (
        "parzen.client.cli.completion:completion",
        "Print the script that completes words in your shell.",
    ),
}
"""{command: (where it lives, its help in one line)}, in the order of the help."""

COMPLETING = "_PARZEN_COMPLETE"
"""Set by a shell's script where a word is to be completed and no command is to be run."""

EPILOG = f"\b\nExit codes:\n{listed()}\n"


class LazyGroup(click.Group):
    """A click group that imports a command only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import and return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table is ours
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``help`` and ``help COMMAND`` for what everybody means by them."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one gets a sentence with the nearest names."""
        word = args[0] if args else "-"
        # a shell that completes a later word is to hear nothing of it
        if word not in COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(word, COMMANDS, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "see `parzen --help`."
            raise click.UsageError(f"there is no command {word!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin so, without importing any command."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only where a shell asks

        found = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version  # noqa: PLC0415 - only where it was asked for

    click.echo(f"parzen {version('parzen')}")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """Hyperparameter tuning as a service on MongoDB."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: every ParzenError is one line on standard error."""
    if arguments is None and COMPLETING in os.environ:
        importlib.import_module("parzen.client.cli.completing").answer(cli)
    if arguments is None:
        stand_in()
        endure()
        hide_address()
    code = run(arguments)
    if arguments is None:
        leave(code)
    sys.exit(code)


def run(
    arguments: Sequence[str] | None = None,
    command: click.Command | None = None,
    name: str = "parzen",
) -> int:
    """Run the command line, or another ``command`` that is called ``name``; the exit code."""
    words = None if arguments is None else list(arguments)
    try:
        # Flushed here, so that a closed pipe shows while somebody still listens for it.
        code = (command or cli).main(args=words, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo(visible(redacted(said.getvalue())), err=True, nl=False)
        return error.exit_code
    except ParzenError as error:
        click.echo(visible(redacted(f"{name}: {error}")), err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"{name}: interrupted", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        return _nobody_reads(error)
    except OSError as error:
        fault = output_fault(error)
        if fault is None:
            raise
        abandon_output()
        click.echo(
            f"{name}: standard output cannot be written ({fault}), so something was not told: see "
            "where it leads; what the command did before that stands",
            err=True,
        )
        return 1
    return code if isinstance(code, int) else 0


def _nobody_reads(error: BrokenPipeError | SystemExit) -> int:
    """Whoever read the output has left, which is no error of ours; click exits if it sees that."""
    if isinstance(error, SystemExit) and not reader_left():
        raise error
    abandon_output()
    return 0
