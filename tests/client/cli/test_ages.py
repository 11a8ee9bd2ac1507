from __future__ import annotations

import click
import pytest

from parzen.client.cli.ages import age


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("10m", 600.0),
        ("12h", 43_200.0),
        ("7d", 604_800.0),
        ("2w", 1_209_600.0),
        ("1.5h", 5400.0),
    ],
)
def test_ages(text, seconds):
    assert age(None, None, text) == seconds


@pytest.mark.parametrize("text", ["7", "d", "7 d", "-7d", "7days", "nan", "1e3d", "", "5m", "0d"])
def test_what_is_no_age_or_too_young(text):
    with pytest.raises(click.BadParameter, match=r"expected (a number|at least 10m)"):
        age(None, None, text)
