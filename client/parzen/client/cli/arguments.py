"""What commands are called with: the study's name, and a trial's number within it."""

from __future__ import annotations

import click

from parzen.client.cli.completing import study_names, trial_numbers

study_argument = click.argument("name", metavar="STUDY", shell_complete=study_names)
"""The study that a command is about; received as ``name``."""

trial_argument = click.argument(
    "trial_number", metavar="NUMBER", type=click.IntRange(min=0), shell_complete=trial_numbers
)
"""The trial's number within its study; received as ``trial_number``."""
