"""A study's trials as a pandas table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import ParzenError
from parzen.shared.records import Study, Trial

if TYPE_CHECKING:
    import pandas as pd


def frame(study: Study, trials: Sequence[Trial]) -> pd.DataFrame:
    """One row for each trial, indexed by number; a column ``params.NAME`` for each parameter.

    Parameters that took no part in a trial are missing values in its row.

    Raises:
        ParzenError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ParzenError(
            "dataframe() needs pandas: install it with `pip install 'parzen[pandas]'`"
        ) from error
    rows = [_row(study, trial) for trial in trials]
    table: pd.DataFrame = pd.DataFrame(rows, columns=_columns(study)).set_index("number")
    return table


def _columns(study: Study) -> list[str]:
    return [
        *("number", "state", "value", "loss", "started_at", "finished_at", "duration_s"),
        *(f"params.{d.name}" for d in study.dimensions),
    ]


def _row(study: Study, trial: Trial) -> list[Any]:
    return [
        *(trial.number, trial.state.value, trial.value, trial.loss),
        *(trial.started_at, trial.finished_at, trial.duration_s),
        *(trial.params.get(d.name) for d in study.dimensions),
    ]
