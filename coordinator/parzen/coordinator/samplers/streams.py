"""Random streams: one for each trial number, whatever was drawn before it."""

from __future__ import annotations

import numpy as np

TRIAL, STUDY, RESULTS, CHOICE, BRANCH, MEMBER, SOURCES, SOURCE = 1, 2, 3, 4, 5, 6, 7, 8
"""What a stream is for. It leads the entropy, where a trailing 0 would be lost."""

WORD = 2**64


def for_trial(seed: int, number: int) -> np.random.Generator:
    """The stream of trial ``number``; any integer is a seed."""
    return np.random.default_rng([TRIAL, seed % WORD, number])


def for_study(seed: int) -> np.random.Generator:
    """The stream of what a whole study shares."""
    return np.random.default_rng([STUDY, seed % WORD])


def for_results(seed: int, count: int) -> np.random.Generator:
    """The stream of what all proposals made on the same ``count`` results share."""
    return np.random.default_rng([RESULTS, seed % WORD, count])


def for_choice(seed: int, number: int) -> np.random.Generator:
    """The stream of how trial ``number`` is proposed, apart from what is proposed."""
    return np.random.default_rng([CHOICE, seed % WORD, number])


def for_branch(seed: int, number: int) -> np.random.Generator:
    """The stream of the branch that trial ``number`` visits, if any."""
    return np.random.default_rng([BRANCH, seed % WORD, number])


def for_member(seed: int, index: int) -> int:
    """A seed of its own for one of several samplers of a study, so that their draws differ."""
    return int(np.random.default_rng([MEMBER, seed % WORD, index]).integers(WORD, dtype=np.uint64))


def for_sources(seed: int, number: int) -> np.random.Generator:
    """The stream of whether trial ``number`` looks at what other studies found."""
    return np.random.default_rng([SOURCES, seed % WORD, number])


def for_source(place: int) -> np.random.Generator:
    """The stream of what the trials of a study's source lack, whatever the study's seed."""
    return np.random.default_rng([SOURCE, place + 1])
