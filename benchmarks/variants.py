"""The variants of an ablation: another value for one option or constant of a sampler."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parzen.coordinator.samplers import registry as own

ALONE, TOGETHER = "1x100", "32x200"

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "gamma": ("0.05", "0.2"),
    "n_ei_candidates": ("24", "256"),
    "n_startup_trials": ("5", "20"),
    "prior_weight": ("0.3", "3.0"),
}
TPE: Mapping[str, tuple[str, ...]] = {
    "tpe.MOST_GOOD": ("5",),
    "rounds.BAD_FACTOR": ("0.25", "1.0"),
    "parzen_estimator.SPREAD": ("0.1", "0.4"),
    "parzen_estimator.SPREAD_WEIGHT": ("1.0", "16.0"),
    "parzen_estimator.NARROWEST": ("0.003", "0.1"),
    "parzen_estimator.WIDEST": ("0.3",),
    "branches.SHARE": ("0.0", "0.4"),
}
TPE_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "tpe.MOST_BAD": ("64",),
    "tpe.MOST_PENDING": ("8",),
    "tpe.PENDING_WEIGHT": ("0.0", "1.0"),
    "tpe.MANY_PENDING": ("16",),
}
CROWDED: Mapping[str, tuple[str, ...]] = {
    "tpe.MANY_PENDING": ("100000",),
    "tpe.TEMPERATURE": ("0.2", "1.0"),
}
AUTO: Mapping[str, tuple[str, ...]] = {
    "gaussian_process.LENGTH": ("0.25", "1.0"),
    "gaussian_process.LENGTH_SD": ("0.35", "1.4"),
    "gaussian_process.SIGNAL_SD": ("0.5", "2.0"),
    "gaussian_process.NOISE_MEAN": ("-9.0", "-3.0"),
    "gaussian_process.NOISE_SD": ("1.0", "4.0"),
    "gaussian_process.ITERATIONS": ("10",),
    "features.INACTIVE_AT": ("0.0",),
    "targets.GOOD": ("0.25",),
    "ranking.SEEN": ("64",),
    "ranking.GROWTH": ("1.3",),
    "ranking.FITTED": ("40",),
    "ranking.COARSE": ("1000",),
    "search.FROM_GOOD": ("1", "512"),
    "search.UNIFORM": ("0", "256"),
    "search.NEAR": ("8", "256"),
    "search.NEAR_SD": ("(0.3,0.1)", "(0.02,0.005)"),
    "search.BEST": ("1", "20"),
    "search.ROUNDS_SD": ("()", "(0.2,0.05)"),
    "search.ROUND": ("200",),
    "search.ROUND_BEST": ("1", "24"),
    "search.CLIMBS": ("1", "5"),
    "search.CLIMB_STEPS": ("5",),
    "search.FLIP": ("0.02", "0.3"),
    "branches.SHARE": ("0.0", "0.4"),
}
AUTO_LONG: Mapping[str, tuple[str, ...]] = {
    "choosing.LONG_SHARE": ("0.0", "0.8"),
    "choosing.SHORT": ("40",),
    "choosing.LONG": ("400",),
}
AUTO_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "choosing.CROWD_SHARE": ("0.0", "0.6"),
    "choosing.CROWD": ("8",),
    "ranking.PENDING": ("4",),
    "ranking.CROWD_FACTOR": ("0.1", "2.0"),
}
NOT_MEASURED: Mapping[str, str] = {
    "rounds.FAILED_WEIGHT": "no trial of these problems fails; tests hold samplers to leaving",
    "ranking.FAILED": "no trial of these problems fails; tests hold samplers to leaving",
    "ranking.WINDOW": "no study of these problems is so long; a bound of cost",
    "branches.SEEN": "no study of these problems is so long; a bound of cost",
    "auto.LATELY": "either all trials of a problem tell gradients or none does",
    "choosing.DESCENT_SHARE": "on problems with gradients alone; see docs/samplers.md",
    "choosing.FEWEST_FIRST": "these searches have no small budget",
    "choosing.START_SHARE": "these searches have no small budget",
    "choosing.COST_S": "trials of these problems take a minute; a bound of cost",
    "choosing.BUSY": "trials of these problems take a minute; a bound of cost",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One of them.

    Attributes:
        base: the sampler as it is.
        sampler: the sampler with the other value, as it is written.
        name: the option's or constant's.
        usual: its value as it is.
        value: the other one.
        setting: workers x trials.
    """

    base: str
    sampler: str
    name: str
    usual: str
    value: str
    setting: str


def _options(base: str) -> Iterator[Variant]:
    module, _, factory = own.BUILT_IN[base].partition(":")
    known = inspect.signature(getattr(importlib.import_module(module), factory)).parameters
    for name, values in OPTIONS.items():
        for value in values:
            usual = repr(known[name].default)
            yield Variant(base, f"{base}:{name}={value}", name, usual, value, ALONE)


def _constants(base: str, named: Mapping[str, tuple[str, ...]], setting: str) -> Iterator[Variant]:
    for name, values in named.items():
        module, _, constant = name.partition(".")
        owner = importlib.import_module(f"parzen.coordinator.samplers.{module}")
        usual = repr(getattr(owner, constant)).replace(" ", "")
        for value in values:
            yield Variant(base, f"{base}@{name}={value}", name, usual, value, setting)


ALL: tuple[Variant, ...] = (
    *_options("tpe"),
    *_constants("tpe", TPE, ALONE),
    *_constants("tpe", TPE_TOGETHER, TOGETHER),
    *_constants("tpe", CROWDED, "128x512"),
    *_options("auto"),
    *_constants("auto", AUTO, ALONE),
    *_constants("auto", AUTO_LONG, "1x200"),
    *_constants("auto", AUTO_TOGETHER, TOGETHER),
)
