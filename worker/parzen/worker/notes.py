"""What becomes known of an attempt while it is made, for its document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parzen.shared.records import Claim


def noted(claim: Claim, **fields: Any) -> Claim:
    """``claim`` with these ``fields`` of its attempt, which is the trial's last one."""
    *before, mine = claim.trial.attempts
    attempts = (*before, replace(mine, **fields))
    return replace(claim, trial=replace(claim.trial, attempts=attempts))
