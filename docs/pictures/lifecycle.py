"""The life of a trial and of a study as pictures, drawn from the table of the lifecycle.

``python docs/pictures/lifecycle.py`` writes ``trial.svg`` and ``study.svg`` beside this file; a
test sees that they are up to date. Where a state stands is chosen here; every arrow comes from the
table.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from parzen.shared.lifecycle import (
    STUDY,
    TRIAL,
    Step,
    StudyEvent,
    StudyStatus,
    TrialEvent,
    TrialState,
)

HERE = Path(__file__).parent
WIDE, HIGH = 96.0, 34.0
MARGIN = 26.0
APART = 9.0
"""How far an arrow keeps from the one that leads the other way."""
LINE = 15.0

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {wide:g} {high:g}" '
    'width="{wide:g}" role="img">'
)
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="#52606d"/></marker>'
)

STYLE = """
.paper { fill: #fff; }
text { font: 13px ui-monospace, Menlo, monospace; text-anchor: middle; fill: #1f2933; }
.state { fill: #eef4ff; stroke: #3b6bb5; } .end { fill: #e9f7ee; stroke: #2f855a; }
.group { fill: none; stroke: #9aa5b1; stroke-dasharray: 5 4; }
.arrow { stroke: #52606d; stroke-width: 1.4; marker-end: url(#tip); }
.event { fill: #7b341e; paint-order: stroke; stroke: #fff; stroke-width: 5px; }
""".strip()


@dataclass(frozen=True)
class Box:
    """A rectangle by its middle and size: a state, or a group of states."""

    x: float
    y: float
    wide: float = WIDE
    high: float = HIGH

    def edge(self, dx: float, dy: float, aside: tuple[float, float]) -> tuple[float, float]:
        """Where a ray towards (dx, dy) leaves it, that starts so far ``aside`` from the middle."""
        times = min(
            (math.copysign(self.wide / 2, dx) - aside[0]) / dx if dx else math.inf,
            (math.copysign(self.high / 2, dy) - aside[1]) / dy if dy else math.inf,
        )
        return self.x + aside[0] + dx * times, self.y + aside[1] + dy * times

    def beside(self, other: Box) -> Box:
        """The part of it that stands beside ``other``, so that an arrow between them is level."""
        level = abs(self.y - other.y) < self.high / 2 and self.high > other.high
        return Box(self.x, other.y, self.wide, HIGH) if level else self


@dataclass(frozen=True)
class Picture:
    """What is drawn: where each state stands, which of them are ends, and what groups they make."""

    title: str
    places: Mapping[str, tuple[float, float]]
    ends: frozenset[str]
    table: Mapping[str, Step]
    groups: tuple[frozenset[str], ...] = ()

    def arrows(self) -> dict[tuple[frozenset[str], str], list[str]]:
        """{(the states it leads from, the state it leads to): the events}, groups taken whole."""
        found: dict[tuple[frozenset[str], str], list[str]] = defaultdict(list)
        for event, step in self.table.items():
            left = set(step.sources)
            for group in self.groups:
                if group <= left and step.target not in group:
                    found[group, step.target].append(event)
                    left -= group
            for state in sorted(left):
                found[frozenset([state]), step.target].append(event)
        return found

    def box(self, states: Iterable[str]) -> Box:
        """The rectangle of one state, or the one around several."""
        xs, ys = zip(*(self.places[state] for state in states), strict=True)
        more = 2 * MARGIN if len(xs) > 1 else 0.0
        return Box(
            (min(xs) + max(xs)) / 2,
            (min(ys) + max(ys)) / 2,
            max(xs) - min(xs) + WIDE + more,
            max(ys) - min(ys) + HIGH + more,
        )

    def svg(self) -> str:
        """The picture."""
        whole = self.box(self.places)
        wide, high = whole.wide + 2 * MARGIN, whole.high + 2 * MARGIN
        corner = f"{whole.x - wide / 2:g} {whole.y - high / 2:g}"
        arrows = self.arrows()
        pairs = {(source, frozenset([target])) for source, target in arrows}
        drawn = [
            HEAD.format(corner=corner, wide=wide, high=high),
            f"<title>{escape(self.title)}</title>",
            f"<style>\n{STYLE}\n</style>",
            TIP,
            _rectangle(Box(whole.x, whole.y, wide, high), "paper"),
            *(_rectangle(self.box(group), "group") for group in self.groups),
            *(self._state(name) for name in self.places),
        ]
        for (source, target), events in arrows.items():
            both = (frozenset([target]), source) in pairs
            drawn += _arrow(self.box(source), self.box([target]), events, both=both)
        return "\n".join([*drawn, "</svg>", ""])

    def _state(self, name: str) -> str:
        box = self.box([name])
        shape = _rectangle(box, "end" if name in self.ends else "state")
        return f'{shape}<text x="{box.x:g}" y="{box.y + 4:g}">{escape(name)}</text>'


def _rectangle(box: Box, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{box.x - box.wide / 2:g}" y="{box.y - box.high / 2:g}" '
        f'width="{box.wide:g}" height="{box.high:g}" rx="9"/>'
    )


def _arrow(source: Box, target: Box, events: list[str], *, both: bool) -> list[str]:
    source, target = source.beside(target), target.beside(source)
    dx, dy = target.x - source.x, target.y - source.y
    length = math.hypot(dx, dy)
    aside = (-dy / length * APART, dx / length * APART) if both else (0.0, 0.0)
    (x1, y1), (x2, y2) = source.edge(dx, dy, aside), target.edge(-dx, -dy, aside)
    x, y = (x1 + x2) / 2 + 2 * aside[0], (y1 + y2) / 2 + aside[1]
    if abs(dy) < 1:  # level: the text stands above the line, or below the lower of two
        y += math.copysign(LINE * len(events) / 2, aside[1] if both else -1.0)
    top = y + 4 - LINE * (len(events) - 1) / 2
    return [
        f'<line class="arrow" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>',
        *(
            f'<text class="event" x="{x:.1f}" y="{top + LINE * n:.1f}">{escape(event)}</text>'
            for n, event in enumerate(events)
        ),
    ]


def _named(table: Mapping[TrialEvent, Step] | Mapping[StudyEvent, Step]) -> dict[str, Step]:
    return {str(event.value): step for event, step in table.items()}


PICTURES = {
    "trial.svg": Picture(
        title="The life of a trial",
        places={
            "waiting": (0, 120),
            "running": (330, 120),
            "failed": (165, 0),
            "cancelled": (165, 240),
            "complete": (560, 70),
            "pruned": (560, 170),
        },
        ends=frozenset(state.value for state in TrialState if state.finished),
        table=_named(TRIAL),
    ),
    "study.svg": Picture(
        title="The life of a study",
        places={
            "paused": (0, 0),
            "stopping": (250, 0),
            "active": (125, 122),
            "complete": (560, 0),
            "failed": (560, 44),
            "cancelled": (560, 88),
        },
        ends=frozenset(status.value for status in StudyStatus if status.ended),
        table=_named(STUDY),
        groups=(
            frozenset(status.value for status in StudyStatus if not status.ended),
            frozenset(status.value for status in StudyStatus if status.ended),
        ),
    ),
}

if __name__ == "__main__":
    for name, picture in PICTURES.items():
        (HERE / name).write_text(picture.svg(), "utf-8")
