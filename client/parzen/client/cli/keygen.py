"""``parzen keygen``: a pair of keys to sign objectives with, and to trust on workers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from parzen.client.invocation import Invocation, program
from parzen.shared.commandline import Folder
from parzen.shared.home import home
from parzen.shared.keyfiles import make_pair
from parzen.shared.printing import json_option, print_json, say


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the private key goes; the public one goes to FILE.pub beside it  "
    "[default: keys/signing.key below the data directory]",
)
@json_option
@click.option(
    "--data-dir",
    envvar="PARZEN_HOME",
    type=Folder(),
    help="Where parzen keeps its files on this machine [PARZEN_HOME].",
)
def keygen(out: Path | None, data_dir: Path | None, as_json: bool) -> None:
    """Make an Ed25519 key to sign objectives with.

    The private key is for whoever submits studies; only its owner can read it, and it has no
    passphrase. The public key is for workers, which run nothing but what a key that they trust has
    signed once they are started with --trust. Existing files are never written over.
    """
    private = home(data_dir) / "keys" / "signing.key" if out is None else out.expanduser()
    pair = make_pair(private.absolute())
    if as_json:
        print_json("key", [pair])
        return
    say(f"key id     {pair.key_id}")
    say(f"private    {pair.private}")
    say(f"public     {pair.public}")
    call = Invocation(program(sys.argv[0]))
    sign = call.line("submit", "FILE:NAME", "--sign-key", str(pair.private))
    say(f"submit     `{sign}`, or set PARZEN_SIGN_KEY")
    trust = call.line("worker", "--trust", str(pair.public))
    say(f"workers    `{trust}`, with the public key, and only that, copied there")
