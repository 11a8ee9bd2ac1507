"""``parzen clone``: another study with the definition of one that stands."""

from __future__ import annotations

from pathlib import Path

import click

from parzen.client.cli.arguments import study_argument
from parzen.client.cli.opening import reading
from parzen.client.cli.setting import pairs
from parzen.client.cli.steered import Steered, tell
from parzen.client.settings import typed
from parzen.client.wording import counted
from parzen.shared.commandline import store_options
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option


@click.command()
@study_argument
@click.argument("new", metavar="NEW")
@click.argument("words", metavar="[KEY=VALUE]...", nargs=-1)
@click.option(
    "--with-trials", is_flag=True, help="Take the complete trials over, as earlier ones of NEW."
)
@click.option(
    "--sign-key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Sign NEW with this private key of `parzen keygen`; a signature is for one study, so the "
    "old one does not hold [PARZEN_SIGN_KEY].",
)
@json_option
@store_options
def clone(
    *,
    where: StoreAddress,
    name: str,
    new: str,
    words: tuple[str, ...],
    with_trials: bool,
    sign_key: Path | None,
    as_json: bool,
) -> None:
    """Create the study NEW with the search space, objective, sampler and settings of STUDY.

    It starts at once. KEY=VALUE words change settings of it, as `parzen set` does; trials that are
    taken over count as trials of max_trials, which grows by their number.
    """
    with reading(where) as client:
        handle = client.study(name)
        changed = typed(handle.record, pairs(words))
        made = handle.clone(new, changed, with_trials=with_trials, sign_key=sign_key)
        copy = client.study(made.name)
        taken = len(copy.trials(slim=True)) if with_trials else 0
        said = [f"study {new!r} has the definition of {name!r}, and starts"]
        if with_trials:
            said.append(f"{counted(taken, 'complete trial')} of {name!r} are earlier trials of it")
        done = Steered(study=copy.record, said=said, notes=copy.notices())
    tell(done, as_json=as_json)
