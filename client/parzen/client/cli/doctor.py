"""``parzen doctor``: looks at everything, and says for each what to do."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator

import click

from parzen.client.cli.facts import NARROWEST, wrapped
from parzen.client.health.findings import Finding, Group, Verdict
from parzen.client.wording import counted
from parzen.shared.commandline import Named, store_words
from parzen.shared.home import home
from parzen.shared.printing import Column, console, json_option, listing, on_terminal, say
from parzen.shared.visible import visible

SYMBOLS = {
    Verdict.OK: ("✓", "ok", "green"),
    Verdict.WARNING: ("!", "!", "yellow"),
    Verdict.PROBLEM: ("✗", "X", "bold red"),
    Verdict.SKIPPED: ("-", "-", "dim"),
}
"""{verdict: (symbol, the same in ASCII, style)}."""

ARROWS = ("→", "->")

NAME_CHARS = 20
"""How wide the names' column is; a longer name has a line of its own."""

INDENT = " " * (3 + NAME_CHARS + 1)
"""Below symbol and name."""

COLUMNS: tuple[Column[Finding], ...] = (
    Column("group", lambda finding: finding.group.value),
    Column("name", lambda finding: finding.name),
    Column("verdict", lambda finding: finding.verdict.value),
    Column("said", lambda finding: finding.said),
    Column("advice", lambda finding: finding.advice),
)


@click.command()
@click.option(
    "--init",
    is_flag=True,
    help="First set the store up: start the embedded server where that is meant, and make the "
    "collections, indexes and validators that are missing.",
)
@json_option
@store_words
def doctor(*, named: Named, init: bool, as_json: bool) -> int:
    """Look at everything that parzen needs, and say for each what to do.

    Looked at are this machine, the packages, the store, your rights there, what its studies lack,
    and GPU tools. Nothing is changed but by --init; a test write is taken back at once. An embedded
    server that does not run is not started. Secrets are not shown.

    The exit code is 0 where there is no problem, warnings or not, and 1 where there is one.
    """
    from parzen.client.health.examination import examine  # noqa: PLC0415 - `--help` needs none of it

    findings = examine(named.address, home(named.data_dir), init=init)
    if as_json or not on_terminal():
        told = list(findings)
        listing(told, COLUMNS, kind="health", as_json=as_json, empty="")
    else:
        told = _show(findings)
    return 1 if any(finding.verdict is Verdict.PROBLEM for finding in told) else 0


def _show(findings: Iterable[Finding]) -> list[Finding]:
    """Print findings as they come, for a person; all of them."""
    paper = Paper(ascii_only=not _can_write("✓→"))
    told: list[Finding] = []
    group: Group | None = None
    for same in _together(findings):
        if same[0].group is not group:
            group = same[0].group
            paper.heading(group)
        paper.line(same)
        told += same
    paper.summary(told)
    return told


def _together(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Findings one by one, but those that nobody looked at for one reason in one piece."""

    def reason(numbered: tuple[int, Finding]) -> tuple[object, ...]:
        n, finding = numbered
        skipped = finding.verdict is Verdict.SKIPPED and not finding.advice
        return (finding.said,) if skipped else (n,)

    for _, some in itertools.groupby(enumerate(findings), reason):
        yield [finding for _, finding in some]


def _can_write(characters: str) -> bool:
    try:
        characters.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


class Paper:
    """Writes findings on the terminal, within its width; in ``ascii_only`` where it has no more."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._ascii = ascii_only
        self._console = console()

    def heading(self, group: Group) -> None:
        """Begin a group."""
        from rich.text import Text  # noqa: PLC0415 - only on a terminal

        say()
        self._console.print(Text(group.value, style="bold"))

    def line(self, findings: list[Finding]) -> None:
        """Print a finding, or several that say the same."""
        from rich.text import Text  # noqa: PLC0415 - only on a terminal

        first = findings[0]
        symbol, plain, style = SYMBOLS[first.verdict]
        name, said = visible(first.name), first.said
        if len(findings) > 1:
            name, said = "", f"{', '.join(f.name for f in findings)} are {first.said}"
        room = max(NARROWEST, self._console.width - len(INDENT))
        told = [(text, "") for text in wrapped(said, room)]
        if first.advice:
            advice = f"{ARROWS[self._ascii]} {first.advice}"
            told += [(text, style) for text in wrapped(advice, room)]
        head = Text.assemble(
            (f"{plain if self._ascii else symbol:<3}", style), f"{name:<{NAME_CHARS}} "
        )
        if len(name) > NAME_CHARS:
            self._console.print(head, soft_wrap=True)
            head = Text(INDENT)
        for text, look in told:
            self._console.print(Text.assemble(head, (text, look)), soft_wrap=True)
            head = Text(INDENT)

    def summary(self, findings: list[Finding]) -> None:
        """Say how it stands, after all findings."""
        bad, doubtful = (
            sum(finding.verdict is verdict for finding in findings)
            for verdict in (Verdict.PROBLEM, Verdict.WARNING)
        )
        say()
        found = counted(bad, "problem") if bad else "No problem"
        say(f"{found}, {counted(doubtful, 'warning')}" if doubtful else found)
