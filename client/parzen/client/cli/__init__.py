"""The command ``parzen``: a table of commands, each imported when it is called.

``parzen --help`` reads only this table, so it imports neither the database's driver nor numpy.
"""

from __future__ import annotations

import difflib
import importlib
import io
import sys
from collections.abc import Sequence

import click

from parzen.client.cli.hiding import hide_address
from parzen.client.cli.streams import abandon_output, output_fault, stand_in
from parzen.shared.errors import ParzenError
from parzen.shared.redaction import redacted
from parzen.shared.visible import visible

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("parzen.client.cli.demo:demo", "Tune real models on this machine, in a minute."),
    "up": ("parzen.client.cli.server:up", "Start the embedded MongoDB and prepare the store."),
    "down": ("parzen.client.cli.server:down", "Stop the embedded MongoDB; the data stay."),
    "coordinator": ("parzen.coordinator.cli:coordinator", "Propose trials for active studies."),
    "worker": ("parzen.worker.cli:worker", "Claim trials on this node and run them."),
    "submit": (
        "parzen.client.cli.submitting:submit",
        "Put a study in the store, or go on with it.",
    ),
    "studies": ("parzen.client.cli.studies:studies", "List the studies, newest first."),
    "status": ("parzen.client.cli.studies:status", "Show where a study stands, and what it lacks."),
    "trials": ("parzen.client.cli.trials:trials", "List a study's trials."),
    "best": ("parzen.client.cli.trials:best", "Show a study's best trials."),
    "logs": ("parzen.client.cli.trials:logs", "Print what a trial's objective wrote."),
    "attachments": (
        "parzen.client.cli.attachments:attachments",
        "List or save what a trial attached.",
    ),
    "cancel": ("parzen.client.cli.studies:cancel", "End a study and stop its trials."),
    "workers": ("parzen.client.cli.workers:workers", "List the live workers and coordinators."),
    "keygen": ("parzen.client.cli.keygen:keygen", "Make a key to sign objectives with."),
    "roles": ("parzen.client.cli.roles:roles", "Make the database's roles and users."),
}
"""{command: (where it lives, its help in one line)}, in the order of the help."""

EPILOG = """\b
Exit codes:
  0  done
  1  parzen or a trial failed in some other way
  2  an argument, a file or a study is wrong
  3  there is no such study or trial
  4  the name is taken by a study with another space
  5  the database could not be reached, or refused
  6  the embedded MongoDB could not be found, started or stopped
  7  the study that was waited for ended without a result
  130  interrupted
"""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one gets a sentence with the nearest names."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "see `parzen --help`."
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

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


INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: every ParzenError is one line on standard error."""
    if arguments is None:
        stand_in()
        hide_address()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        # Flushed here, so that a closed pipe shows while somebody still listens for it.
        code = cli.main(args=list(arguments) if arguments is not None else None,
                        prog_name="parzen", standalone_mode=False)  # fmt: skip
        sys.stdout.flush()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo(visible(redacted(said.getvalue())), err=True, nl=False)
        return error.exit_code
    except ParzenError as error:
        click.echo(visible(redacted(f"parzen: {error}")), err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("parzen: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        abandon_output()  # whoever read it has left
        return 0
    except OSError as error:
        fault = output_fault(error)
        if fault is None:
            raise
        abandon_output()
        click.echo(
            f"parzen: standard output cannot be written ({fault}), so something was not told: see "
            "where it leads; what the command did before that stands",
            err=True,
        )
        return 1
    return code if isinstance(code, int) else 0
