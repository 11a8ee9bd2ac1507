"""``parzen completion``: the script by which a shell completes parzen's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from parzen.client.cli import COMPLETING
from parzen.shared.printing import json_option, print_json

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="""\b
Once, for good, in the shell that you use:
  bash  parzen completion bash >~/.parzen.bash && echo '. ~/.parzen.bash' >>~/.bashrc
  zsh   parzen completion zsh >~/.parzen.zsh && echo '. ~/.parzen.zsh' >>~/.zshrc
  fish  parzen completion fish >~/.config/fish/completions/parzen.fish

It works from the next shell on, wherever `parzen` is found. zsh must have run compinit before, as
most set-ups do; bash must be 4.4 or newer.
"""
)
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
@click.pass_context
def completion(context: click.Context, /, *, shell: str, as_json: bool) -> None:
    """Print the script that makes SHELL complete commands, options, studies and trials.

    Names of studies and numbers of trials come from the store that the line names, or
    PARZEN_STORE, or the embedded server where it runs; one that does not answer within a second is
    passed over.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows all three
    script = kind(context.find_root().command, {}, "parzen", COMPLETING).source()
    if as_json:
        print_json("completion", [{"shell": shell, "script": script}])
    else:
        click.echo(script, nl=False)
