"""What objectives say of themselves, past MongoDB: one line for each begin and end of an attempt.

A line is one write() to a file opened for appending, so that lines of many processes do not mix and
a killed process leaves none that is half written.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Run:
    """One attempt as its objective saw it."""

    study: str
    number: int
    attempt: int
    token: str
    begun: int = 0
    """How often it began: once, if it did."""
    values: list = field(default_factory=list)
    """What it was about to return: one value, if it came so far."""
    started: list = field(default_factory=list)
    """Processes that it left behind on purpose: (pid, when created)."""


def read(path):
    """{token: Run} of everything in the journal."""
    runs = {}
    for line in Path(path).read_text("ascii").splitlines():
        said = json.loads(line)
        key = said["token"]
        if key not in runs:
            runs[key] = Run(said["study"], said["number"], said["attempt"], key)
        run = runs[key]
        if said["event"] == "begin":
            run.begun += 1
        elif said["event"] == "end":
            run.values.append(said["value"])
        else:
            run.started.append((said["pid"], said["created"]))
    return runs


def by_trial(runs):
    """{(study, number): [Run, …]}."""
    found = defaultdict(list)
    for run in runs.values():
        found[run.study, run.number].append(run)
    return found
