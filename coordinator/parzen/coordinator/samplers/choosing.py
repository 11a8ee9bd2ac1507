"""Which method proposes a trial under ``auto``, by the study's circumstances, and why.

All of it is reckoned from the study alone, without a clock, so that proposals can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

FEWEST_FIRST = 4
"""The start is at least so long, unless fewer were asked for."""
START_SHARE = 1 / 3
"""The start takes no more of a small budget."""

LONG_SHARE = 0.5
"""What the process leaves to others in a long study: none up to trial ``SHORT``, all of it from
``LONG``. It settles where the best trials are; the others go on to look about, or refine."""
SHORT, LONG = 100, 200
CROWD_SHARE = 0.3
"""TPE's share of proposals while ``CROWD`` trials or more are pending; in proportion below."""
CROWD = 32
COST_S = 0.03
"""What a ranked proposal costs, in seconds of one core: a bound, measured at 20 parameters. It is
no reading of a clock, so that proposals can be repeated."""
BUSY = 0.5
"""The share of one core that ranking may take of a coordinator."""
DESCENT_SHARE = 0.5
"""Gradient descent's share where the objective tells gradients."""


class Method(str, Enum):
    """Who may propose."""

    START = "a Sobol sequence"
    PROCESS = "a Gaussian process"
    EVOLUTION = "CMA-ES"
    DESCENT = "gradient descent"
    TPE = "TPE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides on proposal ``number``.

    ``start`` is how many trials the start has by its option, ``budget`` how many the study may have
    or None, ``pending`` how many trials wait or run, ``seconds_per_trial`` how long one takes or
    None, ``numbers`` whether all parameters are numbers that take part in every trial and CMA-ES
    can be had, ``gradients`` whether the objective tells gradients.
    """

    number: int
    start: int = 10
    budget: int | None = None
    pending: int = 0
    seconds_per_trial: float | None = None
    numbers: bool = False
    gradients: bool = False

    @property
    def begins(self) -> int:
        """How many trials the start has."""
        if self.budget is None:
            return self.start
        return min(self.start, max(FEWEST_FIRST, int(START_SHARE * self.budget)))

    @property
    def settled(self) -> float:
        """What the process leaves to others because the study is long."""
        return LONG_SHARE * min(1.0, max(0, self.number - SHORT) / (LONG - SHORT))

    @property
    def crowd(self) -> float:
        """What it leaves to others because many trials are pending."""
        return CROWD_SHARE * min(1.0, self.pending / CROWD)

    @property
    def affordable(self) -> float:
        """The share of all proposals for which there is time to rank them.

        ``pending`` trials of so many seconds ask for pending / seconds proposals a second (Little's
        law); ranking those may keep a core ``BUSY``. Where it is not known how long a trial takes,
        it is taken for long.
        """
        if self.seconds_per_trial is None:
            return 1.0
        return min(1.0, BUSY * max(0.0, self.seconds_per_trial) / (COST_S * max(1, self.pending)))


def shares(now: Circumstances) -> dict[Method, float]:
    """{method: its probability}; they sum to 1, and the process comes first."""
    if now.number < now.begins:
        return {Method.START: 1.0}
    process = (1.0 - now.settled) * (1.0 - now.crowd) * now.affordable
    evolution = now.settled if now.numbers else 0.0
    descent = DESCENT_SHARE if now.gradients else 0.0
    rest = 1.0 - descent
    return {
        Method.PROCESS: rest * process,
        Method.EVOLUTION: rest * evolution,
        Method.DESCENT: descent,
        Method.TPE: rest * (1.0 - process - evolution),
    }


def chosen(now: Circumstances, drawn: float) -> Method:
    """The method of the proposal, where ``drawn`` is uniform in [0, 1)."""
    upto = 0.0
    for method, share in shares(now).items():
        upto += share
        if drawn < upto:
            return method
    return Method.TPE


def told(now: Circumstances) -> str:
    """Who proposes in which shares, and why, in one line."""
    found = sorted(shares(now).items(), key=lambda item: -item[1])
    if Method.START in dict(found):
        small = f", since max_trials is {now.budget}" if now.begins < now.start else ""
        return f"{Method.START.value} makes the first {now.begins} proposals{small}"
    rounded = [(method.value, round(share, 1)) for method, share in found]
    told = ", ".join(f"{name} {share:.0%}" for name, share in rounded if share)
    return f"{told}: {', '.join(_reasons(now)) or 'each trial is worth ranking its candidates'}"


def _reasons(now: Circumstances) -> Iterator[str]:
    if now.gradients:
        yield "the objective tells gradients"
    if now.affordable < 1:
        yield f"a trial takes {_about(now.seconds_per_trial)} s, too short to rank all candidates"
    if now.settled:
        yield f"the study is past trial {SHORT}" + (
            " and all its parameters are numbers" if now.numbers else ""
        )
    if round(now.crowd, 1):
        yield f"about {_about(now.pending)} trials are pending"


def _about(x: float | None) -> str:
    return f"{float(f'{x or 0.0:.1g}'):g}"
