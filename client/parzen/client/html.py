"""What notebooks show of studies: pure functions from records to HTML.

Text of others (names, parameters, errors) is escaped, and colours are such as stand out on white
and on black, for no notebook says which it is. Without styles, which some viewers take away, it is
still a list of lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from parzen.client import staging, terms
from parzen.client.best import Best
from parzen.client.progress import View, finished, pace, tallies
from parzen.client.ranges import condition, values
from parzen.client.wording import counted, moment, number, scalar
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Limits, Study
from parzen.shared.visible import visible

MOST_ROWS = 20
"""How many parameters or studies are listed before the rest is counted."""

CARD = (
    "border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:.6em .9em;margin:.3em 0;"
    "max-width:52em;overflow-x:auto;line-height:1.5"
)
TABLE = "border-collapse:collapse;color:inherit;margin:.2em 0 0;font-size:inherit"
CELL = "text-align:left;vertical-align:top;padding:0 1.2em 0 0;border:0;background:transparent"
FAINT = "opacity:.7"
NUMBERS = "font-variant-numeric:tabular-nums"

COLOURS = {
    StudyStatus.ACTIVE.value: "#3b8fd9",
    StudyStatus.COMPLETE.value: "#2da44e",
    StudyStatus.FAILED.value: "#e5534b",
}
"""Of the dot before a status; every other is grey."""


def progress(shown: View, notes: Sequence[str] = ()) -> str:
    """A study that is waited for: a bar, the best so far, how fast it goes, and ``notes``."""
    best = "no result yet"
    if shown.best_value is not None:
        best = f"best {number(shown.best_value)} (trial {shown.best_number}) {shown.best_params}"
    lines = [" · ".join(tallies(shown)), best, " · ".join(pace(shown))]
    said = [_line(text, NUMBERS) for text in lines] + [_line(note, FAINT) for note in notes]
    return _card(_title(shown.name, shown.status, shown.reason), _bar(shown.done, shown.of), *said)


def sentence(text: str) -> str:
    """One sentence, beside what else there is."""
    return _line(text, FAINT)


def counting(done: int, of: int, said: str) -> str:
    """A search without a study that has made ``done`` of ``of`` trials."""
    return _card(_bar(done, of), _line(f"{done}/{of} trials · {said}", NUMBERS))


def study(
    record: Study, best: Best | None, failure: str | None = None, notes: Sequence[str] = ()
) -> str:
    """A stored study: where it stands, its best trial, its last failure, and what it lacks."""
    rows = [
        ("trials", " · ".join(_counts(record))),
        ("best", "none yet" if best is None else f"{number(best.value)} (trial {best.number})"),
        *(_parameters(best) if best is not None else ()),
        ("limits", _limits(record)),
        ("proposing", record.proposing or ""),
        ("failure", failure or ""),
        ("tags", ", ".join(record.tags)),
        ("created", f"{moment(record.created_at)} by {record.owner or 'somebody'}"),
        *(("note", note) for note in notes),
    ]
    title = _title(record.name, record.status.value, record.status_reason)
    return _card(title, _bar(finished(record), record.limits.max_trials), _rows(rows))


def declared(record: Study, objective: str) -> str:
    """A study as it was declared, which need not stand in a store: its space and its limits."""
    rows = [
        ("objective", f"{record.direction.value} {objective}"),
        ("sampler", staging.told(record.sampler)),
        ("limits", _limits(record)),
        ("tags", ", ".join(record.tags)),
    ]
    space = [(d.name, values(d), condition(d)) for d in record.dimensions[:MOST_ROWS]]
    rest = _rest(len(record.dimensions), "parameter")
    return _card(f"<div>{_strong(record.name)}</div>", _rows(rows), _table(space), rest)


def studies(records: Sequence[Study], where: str) -> str:
    """The studies of a store, newest first."""
    head = ("study", "status", "done", "failed", "sampler", "created", "owner")
    rows = [
        (
            record.name,
            record.status.value,
            _done(record),
            str(record.counts.get(TrialState.FAILED, 0)),
            record.sampler.name,
            moment(record.created_at),
            record.owner or "",
        )
        for record in records[:MOST_ROWS]
    ]
    said = f"{counted(len(records), 'study')} in {where}"
    table = _table(rows, head) if rows else ""
    return _card(f"<div>{_text(said)}</div>", table, _rest(len(records), "study"))


def found(best: Best) -> str:
    """The best trial and its parameters."""
    title = f"<div>{_strong(number(best.value))} {_text(f'trial {best.number}')}</div>"
    return _card(title, _rows(_parameters(best)))


def _counts(record: Study) -> list[str]:
    told = [f"{record.counts[s]} {s.value}" for s in TrialState if record.counts.get(s)]
    return [f"{_done(record)} done", *told]


def _done(record: Study) -> str:
    most = record.limits.max_trials
    return str(finished(record)) if most is None else f"{finished(record)}/{most}"


def _limits(record: Study) -> str:
    usual = terms.given(Limits(), record.direction)
    limits = terms.given(record.limits, record.direction).items()
    return ", ".join(f"{name}={scalar(value)}" for name, value in limits if value != usual[name])


def _parameters(best: Best) -> list[tuple[str, str]]:
    told = [("", f"{name} = {scalar(value)}") for name, value in best.params.items()]
    more = len(told) - MOST_ROWS
    return (
        told if more <= 0 else [*told[:MOST_ROWS], ("", f"and {counted(more, 'parameter')} more")]
    )


def _rest(count: int, noun: str) -> str:
    more = count - MOST_ROWS
    return _line(f"and {counted(more, noun)} more", FAINT) if more > 0 else ""


def _text(text: Any) -> str:
    return escape(visible(str(text)))


def _strong(text: str) -> str:
    return f"<strong>{_text(text)}</strong>"


def _line(text: str, style: str = "") -> str:
    return f'<div style="{style}">{_text(text)}</div>'


def _title(name: str, status: str, reason: str | None) -> str:
    dot = f'<span style="color:{COLOURS.get(status, "#888")}">●</span>'
    why = f'<span style="{FAINT}">{_text(f": {reason}")}</span>' if reason else ""
    return f"<div>{_strong(name)} &nbsp;{dot} {_text(status)}{why}</div>"


def _bar(done: int, of: int | None) -> str:
    """The element that browsers draw as a bar; none where nobody knows how long it is."""
    if of is None:
        return ""
    # a lighter blue makes browsers draw the rest of the bar in black, on a white page too
    style = "width:100%;height:1em;margin:.3em 0;accent-color:#1f6fb5"
    return f'<progress value="{min(done, of)}" max="{of}" style="{style}">{done}/{of}</progress>'


def _card(*parts: str) -> str:
    return f'<div style="{CARD}">{"".join(parts)}</div>'


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    """Labels and what they say; those that say nothing are left out."""
    return _table([(label, text) for label, text in rows if text])


def _table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    told = [_tr(head, FAINT)] if head else []
    told += [_tr(cells) for cells in rows]
    return f'<table style="{TABLE}"><tbody>{"".join(told)}</tbody></table>'


def _tr(cells: Sequence[str], style: str = "") -> str:
    told = "".join(f'<td style="{CELL};{style}">{_text(cell)}</td>' for cell in cells)
    return f'<tr style="background:transparent">{told}</tr>'
