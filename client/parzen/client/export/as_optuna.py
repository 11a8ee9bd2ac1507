"""A study in an Optuna storage, so that the tools of Optuna open it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from parzen.client.export.distributions import Distribution, Span, distribution, widened
from parzen.client.export.frozen import frozen_trial
from parzen.client.export.newfile import appearing
from parzen.client.export.source import Source
from parzen.client.optuna_storage import Opened, Storage, answering, opened
from parzen.client.wording import number
from parzen.shared.dimensions import Kind
from parzen.shared.errors import InvalidInput
from parzen.shared.records import Study

UID = "parzen:uid"
"""The attribute of a study in Optuna that says of which study it is an export."""


def write(source: Source, storage: Storage, *, name: str, force: bool) -> tuple[int, list[str]]:
    """Write the trials as the study ``name``; how many, and what is worth saying.

    A new file appears when it is whole; a study in a storage that exists is deleted again where
    it does not become whole.

    Raises:
        InvalidInput: there is a study of that name, and not ``force``, or it is no export of this
            one; or the storage cannot be written.
        ParzenError: Optuna is not installed.
    """
    if storage.file is not None and not storage.file.exists():
        with (
            appearing(storage.file, force=False) as file,
            opened(storage.at(file), hasty=True) as new,
        ):
            return _fill(source, new, storage, name)
    with opened(storage) as found:
        _make_room(source.study, found, storage, name, force=force)
        return _fill(source, found, storage, name)


def _make_room(study: Study, found: Opened, storage: Storage, name: str, *, force: bool) -> None:
    """See that there is no study ``name``; an earlier export is deleted where that is asked."""
    import optuna  # noqa: PLC0415 - an optional extra

    with answering(storage):
        if name not in optuna.get_all_study_names(found):
            return
        uid = optuna.load_study(study_name=name, storage=found).user_attrs.get(UID)
    if uid != study.uid:
        raise InvalidInput(
            f"{str(storage)!r} holds a study {name!r} that is no export of this one: choose "
            "another name with --name (in Python name=)"
        )
    if not force:
        raise InvalidInput(
            f"{str(storage)!r} holds an earlier export as {name!r}: choose another name with "
            "--name, or replace it with --force (in Python force=True)"
        )
    with answering(storage):
        optuna.delete_study(study_name=name, storage=found)


def _fill(source: Source, found: Opened, storage: Storage, name: str) -> tuple[int, list[str]]:
    study, spans, last = source.study, dict[str, Span](), None
    if any(dimension.kind is Kind.NORMAL for dimension in study.dimensions):
        spans, last = _spans(source)
    held = {d.name: distribution(d, spans.get(d.name)) for d in study.dimensions}
    count = 0
    with _created(study, found, storage, name) as target:
        for trial in source.trials():
            if last is not None and trial.number > last:
                break  # its parameters were not looked at
            frozen = frozen_trial(source, trial, held)
            with answering(storage):
                target.add_trial(frozen)
            count += 1
    return count, list(_remarks(study, held))


@contextmanager
def _created(study: Study, found: Opened, storage: Storage, name: str) -> Iterator[Any]:
    """A new study in Optuna, which is deleted where the block is left by an error."""
    import optuna  # noqa: PLC0415 - an optional extra

    with answering(storage):
        target = optuna.create_study(
            storage=found, study_name=name, direction=study.direction.value
        )
    try:
        with answering(storage):
            told = {UID: study.uid, "parzen:study": study.name, "parzen:note": study.note}
            for key, said in told.items():
                if said is not None:
                    target.set_user_attr(key, said)
        yield target
    except BaseException:
        # what went wrong before says more
        with contextlib.suppress(InvalidInput), answering(storage):
            optuna.delete_study(study_name=name, storage=found)
        raise


def _spans(source: Source) -> tuple[dict[str, Span], int | None]:
    """The values met of each parameter that is normal, and the number of the last trial."""
    names = [d.name for d in source.study.dimensions if d.kind is Kind.NORMAL]
    spans, last = dict[str, Span](), None
    for trial in source.slim():
        last = trial.number
        for name in names:
            met = trial.params.get(name)
            if isinstance(met, (int, float)):
                spans[name] = widened(spans, name, met)
    return spans, -1 if last is None else last


def _remarks(study: Study, held: Mapping[str, Distribution]) -> Iterator[str]:
    """What Optuna has no place for, a sentence for each parameter."""
    for dimension in study.dimensions:
        if dimension.kind is Kind.NORMAL:
            reach = held[dimension.name]
            yield (
                f"the parameter {dimension.name!r} is normal, for which Optuna has no "
                f"distribution: there it ranges from {number(reach.low)} to {number(reach.high)}"
            )
        elif dimension.rounds is not None:
            yield (
                f"the values of {dimension.name!r} are rounded, which Optuna has no distribution "
                "for: there its steps weigh alike"
            )
        elif dimension.weights is not None:
            yield f"the weights of {dimension.name!r} are left out: Optuna's options weigh alike"
