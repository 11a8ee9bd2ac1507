from __future__ import annotations

import io
from datetime import datetime, timezone

import pytest

from parzen.client.importing import from_csv
from parzen.shared.dimensions import Condition, Dimension, Kind

DIMENSIONS = (
    Dimension(name="lr", kind=Kind.FLOAT, low=1e-5, high=0.1, log=True),
    Dimension(name="layers", kind=Kind.INT, low=1, high=9, step=2),
    Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam")),
    Dimension(
        name="opt/sgd/momentum", kind=Kind.FLOAT, low=0.0, high=0.9,
        active_when=(Condition("opt", "sgd"),),
    ),
)  # fmt: skip

CREATED = datetime(2026, 4, 1, tzinfo=timezone.utc)


@pytest.fixture
def study(a_study):
    """A study to minimize, with a parameter that takes part in some trials only."""
    return a_study(dimensions=DIMENSIONS, created_at=CREATED)


@pytest.fixture
def csv_source(study):
    """Lines as a CSV file ``x.csv`` for a study."""

    def make(*lines, of=study, **options):
        file = io.StringIO("\n".join(lines), newline="")
        return from_csv.source(of, file, "x.csv", **options)

    return make
