"""An Optuna storage: the trials of one of its studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from parzen.client.export.frozen import FAILURE, NOTE, OURS
from parzen.client.export.layout import USER
from parzen.client.importing import values
from parzen.client.importing.rows import Refused, Row, Source, Unfit
from parzen.client.optuna_storage import (
    Opened,
    Storage,
    answering,
    opened,
    require_present,
    storage,
)
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import cut
from parzen.shared.records import Study

STATES = {
    "WAITING": TrialState.WAITING,
    "RUNNING": TrialState.RUNNING,
    "COMPLETE": TrialState.COMPLETE,
    "PRUNED": TrialState.PRUNED,
    "FAIL": TrialState.FAILED,
}

TIMES = ("started_at", "finished_at")


def open_source(
    study: Study, words: str, *, name: str | None = None
) -> AbstractContextManager[Source]:
    """The trials in the storage that ``words`` name, see :func:`source`."""
    return source(study, storage(words), name)


@contextmanager
def source(study: Study, storage: Storage, name: str | None = None) -> Iterator[Source]:
    """The trials of the Optuna study ``name``, or of the only one; the storage is open meanwhile.

    Raises:
        NotFound: there is no such storage or study.
        InvalidInput: there are several studies and no ``name``, or the study's direction is
            another; or the storage cannot be read.
        ParzenError: Optuna is not installed.
    """
    require_present(storage)
    with opened(storage) as found:
        chosen = _chosen(found, storage, name)
        trials = _trials(study, found, storage, chosen)
        yield Source(
            name=f"study {chosen!r} of {storage}",
            stamp=f"{storage}:{chosen}",
            rows=(_row(study, trial) for trial in trials),
            read=_value,
        )


def _chosen(found: Opened, storage: Storage, name: str | None) -> str:
    """The name of the study that is meant."""
    import optuna  # noqa: PLC0415 - an optional extra

    with answering(storage):
        names = optuna.get_all_study_names(found)
    if name is None and len(names) == 1:
        return names[0]
    listed = cut(", ".join(map(repr, names))) or "none"
    if name is None:
        raise InvalidInput(
            f"{str(storage)!r} holds {len(names)} studies: say which with --name (in Python "
            f"name=), one of {listed}"
            if names
            else f"{str(storage)!r} holds no study: name another storage"
        )
    if name not in names:
        raise NotFound(f"{str(storage)!r} holds no study {name!r}: it holds {listed}")
    return name


def _trials(study: Study, found: Opened, storage: Storage, name: str) -> list[Any]:
    import optuna  # noqa: PLC0415 - an optional extra

    with answering(storage):
        theirs = optuna.load_study(study_name=name, storage=found)
        directions = [direction.name.lower() for direction in theirs.directions]
        trials = theirs.get_trials(deepcopy=False)
    if directions != [study.direction.value]:
        raise InvalidInput(
            f"the Optuna study {name!r} is to {' and '.join(directions)}, and the study "
            f"{study.name!r} to {study.direction.value}: import it into one of its own direction"
        )
    return trials


def _row(study: Study, trial: Any) -> Row | Refused:
    place = f"trial {trial.number}"
    try:
        return Row(
            place=place,
            number=trial.number,
            params=_params(study, trial),
            state=_state(trial),
            value=trial.value,
            **_told(trial.user_attrs),
            **_times(trial),
        )
    except Unfit as fault:
        return Refused(place, str(fault))


def _params(study: Study, trial: Any) -> dict[str, Any]:
    known = {dimension.name for dimension in study.dimensions}
    return {name: value for name, value in trial.params.items() if name in known}


def _value(dimension: Dimension, found: Any) -> Any:
    """An option by its value or its label; a number as it is."""
    if dimension.kind is Kind.CHOICE and isinstance(found, str):
        return values.option(dimension, found)
    return found


def _state(trial: Any) -> TrialState:
    ours = _ours(trial)
    if ours.get("state") == TrialState.CANCELLED.value:
        return TrialState.CANCELLED
    return STATES[trial.state.name]


def _told(attributes: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in attributes.items() if key not in (NOTE, FAILURE)}
    note = attributes.get(NOTE)
    return {
        "note": note if isinstance(note, str) else None,
        "user": {k.removeprefix(USER): v for k, v in rest.items() if k.startswith(USER)},
        "result": {key: value for key, value in rest.items() if not key.startswith(USER)},
    }


def _times(trial: Any) -> dict[str, Any]:
    """The times that an export of ours kept, or Optuna's, which are this machine's."""
    ours = _ours(trial)
    if ours:
        times = {n: values.moment(n, str(ours[n])) for n in TIMES if ours.get(n)}
        took = ours.get("duration_s")
        return {**times, "duration_s": None if took is None else values.seconds(OURS, str(took))}
    return {
        "started_at": _aware(trial.datetime_start),
        "finished_at": _aware(trial.datetime_complete),
    }


def _aware(at: datetime | None) -> datetime | None:
    return at and at.astimezone()


def _ours(trial: Any) -> Mapping[str, Any]:
    found = trial.system_attrs.get(OURS)
    return found if isinstance(found, dict) else {}
