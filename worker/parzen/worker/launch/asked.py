"""What a launcher's options ask for: a listing, or something else."""

from __future__ import annotations

from collections.abc import Mapping

from parzen.shared.errors import InvalidInput


def for_a_list(*, show: bool, as_json: bool, beside: Mapping[str, object]) -> bool:
    """Whether agents are to be listed: --list says so, and so does --json.

    ``beside`` are the options that ask for something else, with what was given for them.

    Raises:
        InvalidInput: one of them was given, too.
    """
    if not (show or as_json):
        return False
    others = [option for option, given in beside.items() if given]
    if others:
        raise InvalidInput(
            f"{'--list' if show else '--json'} lists the agents that were launched, and "
            f"{' '.join(others)} asks for something else: give one or the other"
        )
    return True
