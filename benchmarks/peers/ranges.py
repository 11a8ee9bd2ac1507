"""Numbers as peers search them: between which ends they draw, and which value a draw stands for.

The end values of a grid own whole bins, as in parzen's samplers. A grid without a logarithm is
searched by the position on it, everything else by its value.
"""

from __future__ import annotations

from parzen.shared.dimensions import Dimension, Kind, Plain


def on_grid(d: Dimension) -> bool:
    """Whether the number has neighbours."""
    return d.kind is Kind.INT or d.step is not None


def by_position(d: Dimension) -> bool:
    """Whether the number is searched by its position on its grid."""
    return on_grid(d) and not d.log


def ends(d: Dimension) -> tuple[float, float]:
    """Between what a peer draws; both are positive where there is a logarithm.

    Raises:
        ValueError: the dimension has no bounds.
    """
    if d.kind is Kind.NORMAL or d.low is None or d.high is None:
        raise _unbounded(d)
    if by_position(d):
        return -0.5, d.size - 0.5
    if on_grid(d):
        step = d.step or 1
        return max(d.low - step / 2, d.low / 2), d.high + step / 2
    return d.low, d.high


def value(d: Dimension, drawn: float | None) -> Plain:
    """The value where ``drawn`` was drawn, rounded into the bounds; a choice's is an index.

    Args:
        d: the dimension.
        drawn: what the peer drew; None where there was nothing to draw.

    Raises:
        ValueError: nothing was drawn for a dimension of several values, or it has no bounds.
    """
    if drawn is None and d.size > 1:
        raise ValueError(
            f"nothing was drawn for the active dimension {d.name!r}: expected one value; the "
            "peer's space does not match the flat one"
        )
    if d.kind is Kind.CHOICE:
        return d.choices[int(drawn or 0)]
    if d.low is None or d.high is None:
        raise _unbounded(d)
    number = d.low if drawn is None else drawn
    if on_grid(d) and drawn is not None:
        step = d.step or 1
        position = round((drawn - d.low) / step) if d.log else round(drawn)
        number = d.low + min(max(position, 0), int(d.size) - 1) * step
    number = min(max(number, d.low), d.high)
    return int(number) if d.kind is Kind.INT else float(number)


def _unbounded(d: Dimension) -> ValueError:
    return ValueError(
        f"dimension {d.name!r} of kind {d.kind.value} is not handled here: expected bounds; leave "
        "this peer out of this problem"
    )
