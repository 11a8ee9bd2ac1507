"""Which units of work a comparison takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
        settings: those of every sampler that has none of its own.
        seeds: how many runs each, seeded 0, 1, 2, ...
        own: settings of single samplers.
    """

    suite: str
    problems: Sequence[str]
    samplers: Sequence[str]
    settings: Sequence[Setting]
    seeds: int
    own: Mapping[str, Sequence[Setting]] = field(default_factory=dict)

    def wanted(self) -> Iterator[units.Unit]:
        """All of them, seed after seed, so that whatever was done by then covers everything."""
        for problem in self.problems:
            yield units.Reference(problem, units.version(self.suite, problem, None))
        everyones = [(s, setting) for s in self.samplers for setting in self.settings_of(s)]
        for seed in range(self.seeds):
            for problem in self.problems:
                for sampler, setting in everyones:
                    yield self.run(problem, sampler, setting, seed)

    def run(self, problem: str, sampler: str, setting: Setting, seed: int) -> units.Run:
        """One of the runs."""
        version = units.version(self.suite, problem, sampler)
        return units.Run(problem, sampler, setting.workers, setting.trials, seed, version)

    def settings_of(self, sampler: str) -> Sequence[Setting]:
        """The settings in which the sampler runs, the longest of each number of workers."""
        longest: dict[int, Setting] = {}
        for setting in self.own.get(sampler, self.settings):
            known = longest.get(setting.workers, setting)
            longest[setting.workers] = max(known, setting, key=lambda s: s.trials)
        return list(longest.values())


def settings(text: str) -> tuple[Setting, ...]:
    """Settings as they are written: 1x200,8x200.

    Raises:
        ValueError: one is not workers x trials.
    """
    return tuple(map(_setting, text.split(",")))


def own_settings(texts: Sequence[str]) -> Mapping[str, Sequence[Setting]]:
    """Settings of single samplers as they are written: optuna-gp=1x100,8x100.

    Raises:
        ValueError: one is not sampler=settings.
    """
    own: dict[str, Sequence[Setting]] = {}
    for text in texts:
        sampler, equals, its = text.rpartition("=")
        if not (sampler and equals):
            raise ValueError(f"{text!r} is not sampler=settings: expected one like tpe=1x200,8x200")
        own[sampler] = settings(its)
    return own


def _setting(text: str) -> Setting:
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if match is None:
        raise ValueError(f"setting {text!r} is not workers x trials: expected one like 8x200")
    return Setting(int(match[1]), int(match[2]))
