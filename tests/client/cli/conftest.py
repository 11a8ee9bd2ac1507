"""A person's terminal, without one."""

from __future__ import annotations

import importlib

import pytest

ASKING = (
    "shared.printing",
    *(
        f"client.cli.{name}"
        for name in ("trials", "facts", "status", "trial_facts", "diff", "watch", "workers")
    ),
)
"""The modules of the command line that ask whether a person reads."""


@pytest.fixture
def terminal(monkeypatch):
    """Whatever is printed is read by a person, on a terminal of 100 columns; of others by a call.

    Rich itself is not deceived, so that it draws without colours.
    """
    modules = [importlib.import_module(f"parzen.{name}") for name in ASKING]
    for module in modules:  # once all are there: they take the function from one another
        monkeypatch.setattr(module, "on_terminal", lambda: True)

    def of(columns):
        monkeypatch.setenv("COLUMNS", str(columns))

    of(100)
    return of
