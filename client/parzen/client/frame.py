"""A study's trials as a pandas table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parzen.client.export.layout import Layout, scalars
from parzen.shared.errors import ParzenError
from parzen.shared.records import Study, Trial

if TYPE_CHECKING:
    import pandas as pd


def frame(study: Study, trials: Sequence[Trial]) -> pd.DataFrame:
    """One row for each trial, indexed by number, with the columns of an export to CSV.

    A column ``params.NAME`` for each parameter, and a column ``result/KEY`` or ``user/KEY`` for
    each number, text or truth value that an objective returned beside its loss, or that came with
    an enqueued point. What a trial lacks is a missing value in its row: parameters that took no
    part in it, results that it did not return.

    Raises:
        ParzenError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ParzenError(
            "dataframe() needs pandas: install it with `pip install 'parzen[pandas]'`"
        ) from error
    layout = Layout(
        study.dimensions,
        tuple(dict.fromkeys(key for trial in trials for key in scalars(trial.result))),
        tuple(dict.fromkeys(key for trial in trials for key in scalars(trial.user))),
    )
    rows = [layout.row(trial) for trial in trials]
    table: pd.DataFrame = pd.DataFrame(rows, columns=layout.columns).set_index("number")
    return table
