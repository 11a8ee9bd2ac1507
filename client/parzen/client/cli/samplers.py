"""``parzen samplers``: who can be named to propose, with their options."""

from __future__ import annotations

import click

from parzen.client.wording import scalar
from parzen.coordinator.samplers.registry import Described, described, names
from parzen.shared.printing import Column, json_option, listing

COLUMNS: tuple[Column[Described], ...] = (
    Column("name", lambda one: one.name),
    Column("what", lambda one: one.about, wide=True),
    Column("options", lambda one: ", ".join(_option(one, name) for name in one.options), wide=True),
)


def _option(one: Described, name: str) -> str:
    default = one.options[name]
    return name if default is None else f"{name}={scalar(default)}"


@click.command()
@json_option
def samplers(*, as_json: bool) -> None:
    """List the samplers that a study may name, with their options and defaults.

    Those that other packages installed here are among them; a coordinator needs the same packages.
    To a pipe go, tab-separated: name what options.
    """
    found = [described(name) for name in names()]
    listing(found, COLUMNS, kind="samplers", as_json=as_json, empty="There are no samplers.")
