"""Running checks one after another, whatever becomes of each: none may hang, or end the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from parzen.client.health.findings import Finding, Findings, Group
from parzen.shared.errors import ParzenError, StoreUnreachable

log = logging.getLogger("parzen.doctor")

LIMIT_S = 20.0
"""How long one check may take, in seconds; what it asks of the store has shorter limits inside."""

HANGS = "see whether a disk, a name server or the network hangs"

NEEDLESS = "not looked at: what stands above comes first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something to look at. ``find`` returns what it found, or raises a ParzenError that says it.

    ``asks`` is whether it asks the store: it is skipped once that has fallen silent. Where one that
    ``opens`` the way to the store fails, those after it are skipped, too.
    """

    group: Group
    name: str
    find: Callable[[], Iterable[Finding]]
    asks: bool = False
    opens: bool = False
    limit_s: float = LIMIT_S


class TooLate(Exception):
    """A check did not end within its limit."""


class Absent(Exception):
    """What the next checks need is not there, and need not be: why, and what makes it."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.said, self.advice = said, advice


def examined(checks: Iterable[Check]) -> Iterator[Finding]:
    """What each of ``checks`` finds, in order.

    One that fails is a problem, and so is one that takes longer than its limit. Once the store has
    not answered nobody waits for it again.
    """
    silent = False
    for check in checks:
        findings = Findings(check.group)
        if check.asks and silent:
            yield findings.skipped(check.name, NEEDLESS)
            continue
        try:
            yield from within(check.find, check.limit_s)
        except Absent as none:
            silent = True
            yield findings.skipped(check.name, none.said, none.advice)
        except ParzenError as error:
            silent |= check.opens or isinstance(error, StoreUnreachable)
            yield findings.problem(check.name, str(error))
        except TooLate:
            silent |= check.opens or check.asks
            yield findings.problem(check.name, f"no answer within {check.limit_s:g} s", HANGS)
        except Exception as error:
            # a fault of a check's own is told, and keeps nobody from hearing of the others
            log.debug("the check %r failed", check.name, exc_info=True)
            yield findings.problem(
                check.name,
                f"this check failed itself ({type(error).__name__}: {error})",
                "tell parzen's developers",
            )


def within(find: Callable[[], Iterable[Finding]], limit_s: float) -> Sequence[Finding]:
    """What ``find`` returns; whatever it raises is raised.

    It runs in a thread of its own, which is left behind where it hangs: neither a disk nor a name
    server that does not answer can be interrupted.

    Raises:
        TooLate: it did not end within ``limit_s`` seconds.
    """
    found: list[Finding] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.extend(find())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, name="parzen-check", daemon=True)
    thread.start()
    thread.join(limit_s)
    if thread.is_alive():
        raise TooLate
    if failed:
        raise failed[0]
    return found
