"""Which units of work a comparison takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import units


@dataclass(frozen=True, slots=True)
class Setting:
    """How many workers run trials side by side, and how many ended trials are waited for."""

    workers: int
    trials: int

    def __str__(self) -> str:
        """As it is written: 8x200."""
        return f"{self.workers}x{self.trials}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison.

    Attributes:
        suite: the module that the problems come from.
        problems: their names.
        samplers: as they are written.
        settings: those of every sampler.
        seeds: how many runs each, seeded 0, 1, 2, ...
        most: (sampler, trials) where a sampler's settings are cut to so many trials.
    """

    suite: str
    problems: Sequence[str]
    samplers: Sequence[str]
    settings: Sequence[Setting]
    seeds: int
    most: Sequence[tuple[str, int]] = ()

    def wanted(self) -> Iterator[units.Unit]:
        """All of them, seed after seed, so that whatever was done by then covers everything."""
        for problem in self.problems:
            yield units.Reference(problem, units.version(self.suite, problem, None))
        for seed in range(self.seeds):
            for setting in self.settings:
                for problem in self.problems:
                    for sampler in self.samplers:
                        yield self.run(problem, sampler, setting, seed)

    def run(self, problem: str, sampler: str, setting: Setting, seed: int) -> units.Run:
        """One of the runs."""
        cut = self.cut(sampler, setting)
        version = units.version(self.suite, problem, sampler)
        return units.Run(problem, sampler, cut.workers, cut.trials, seed, version)

    def cut(self, sampler: str, setting: Setting) -> Setting:
        """The setting as this sampler runs it."""
        most = dict(self.most).get(sampler, setting.trials)
        return replace(setting, trials=min(setting.trials, most))


def settings(text: str) -> tuple[Setting, ...]:
    """Settings as they are written: 1x200,8x200.

    Raises:
        ValueError: one is not workers x trials.
    """
    return tuple(map(_setting, text.split(",")))


def _setting(text: str) -> Setting:
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if match is None:
        raise ValueError(f"setting {text!r} is not workers x trials: expected one like 8x200")
    return Setting(int(match[1]), int(match[2]))
