"""A study's trials as a pandas table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parzen.shared.errors import ParzenError
from parzen.shared.records import Study, Trial

if TYPE_CHECKING:
    import pandas as pd


def frame(study: Study, trials: Sequence[Trial]) -> pd.DataFrame:
    """One row for each trial, indexed by number.

    A column ``params.NAME`` for each parameter, and a column ``result/KEY`` for each number, text
    or truth value that an objective returned beside its loss. What a trial lacks is a missing
    value in its row: parameters that took no part in it, results that it did not return.

    Raises:
        ParzenError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ParzenError(
            "dataframe() needs pandas: install it with `pip install 'parzen[pandas]'`"
        ) from error
    keys = list(dict.fromkeys(key for trial in trials for key in _scalars(trial)))
    rows = [_row(study, trial, keys) for trial in trials]
    table: pd.DataFrame = pd.DataFrame(rows, columns=_columns(study, keys)).set_index("number")
    return table


def _scalars(trial: Trial) -> dict[str, Any]:
    return {k: v for k, v in trial.result.items() if isinstance(v, (bool, int, float, str))}


def _columns(study: Study, keys: Sequence[str]) -> list[str]:
    return [
        *("number", "state", "value", "loss", "attempt"),
        *("started_at", "finished_at", "duration_s"),
        *(f"params.{d.name}" for d in study.dimensions),
        *(f"result/{key}" for key in keys),
    ]


def _row(study: Study, trial: Trial, keys: Sequence[str]) -> list[Any]:
    scalars = _scalars(trial)
    return [
        *(trial.number, trial.state.value, trial.value, trial.loss, trial.attempt),
        *(trial.started_at, trial.finished_at, trial.duration_s),
        *(trial.params.get(d.name) for d in study.dimensions),
        *(scalars.get(key) for key in keys),
    ]
