"""Trials as documents of Hyperopt's shape: made, checked, and taken apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from parzen.hyperopt.exceptions import InvalidTrial
from parzen.hyperopt.states import COMMAND, JOB_STATE_NEW, TRIAL_KEYS, TRIAL_MISC_KEYS
from parzen.shared.plain import shown

Doc: TypeAlias = dict[str, Any]
"""A trial: tid, state, misc {idxs, vals}, result and more."""

Columns: TypeAlias = dict[str, list[Any]]
"""By label one entry for each trial in which it takes part."""

ATOMS = (str, bytes, bool, int, float, type(None), dt.datetime)


def coarse_utcnow() -> dt.datetime:
    """Now, in UTC, to the millisecond and without a time zone, as documents hold it."""
    now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def SONify(arg: Any, memo: object = None) -> Any:  # noqa: N802 - Hyperopt's name
    """``arg`` in Python's own types: numpy's numbers and arrays become numbers and lists.

    Raises:
        TypeError: a document cannot hold it.
    """
    del memo
    return simplified(arg, _refused)


def simplified(arg: Any, other: Callable[[Any], Any] = lambda arg: arg) -> Any:
    """``arg`` in Python's own types as far as it goes.

    Args:
        arg: numbers, arrays, lists, dicts and what they hold.
        other: what takes the place of anything else, which otherwise stays.
    """
    if isinstance(arg, np.floating):  # a longdouble has no other way out of numpy
        return float(arg)
    if isinstance(arg, np.ndarray) or (isinstance(arg, np.generic) and arg.dtype.kind in "biuSUc"):
        return simplified(arg.tolist(), other)
    if isinstance(arg, Mapping):
        return {simplified(key, other): simplified(value, other) for key, value in arg.items()}
    if isinstance(arg, (list, tuple)):
        parts = [simplified(part, other) for part in arg]
        return tuple(parts) if isinstance(arg, tuple) else parts
    if isinstance(arg, ATOMS) or type(arg).__name__ == "ObjectId":
        return arg
    return other(arg)


def _refused(arg: Any) -> Any:
    raise TypeError(
        f"a document cannot hold {shown(arg)}, which is a {type(arg).__name__}: convert it to "
        "numbers, text, lists or dicts"
    )


def new_doc(tid: Any, spec: Any, result: Any, misc: Any, exp_key: Any) -> Doc:
    """A trial that nobody has run."""
    return {
        "state": JOB_STATE_NEW,
        "tid": tid,
        "spec": spec,
        "result": result,
        "misc": misc,
        "exp_key": exp_key,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


def misc_of(tid: Any, values: Mapping[str, Any], labels: Iterable[str], domain: Any = None) -> Doc:
    """The ``misc`` of a trial with these values; labels without one take no part."""
    return {
        "tid": tid,
        "cmd": getattr(domain, "cmd", COMMAND),
        "workdir": getattr(domain, "workdir", None),
        "idxs": {label: [tid] if label in values else [] for label in labels},
        "vals": {label: [values[label]] if label in values else [] for label in labels},
    }


def check_doc(doc: Any, exp_key: Any) -> None:
    """See that ``doc`` is a trial of the experiment ``exp_key``.

    Raises:
        InvalidTrial: it is not; says what is wrong.
    """
    if not (hasattr(doc, "keys") and hasattr(doc, "values")):
        raise InvalidTrial("a trial must be a dict", doc)
    for key in TRIAL_KEYS:
        if key not in doc:
            raise InvalidTrial(f"the trial has no {key!r}", doc)
    if not isinstance(doc["misc"], Mapping):
        raise InvalidTrial("the trial's misc must be a dict", doc["misc"])
    for key in TRIAL_MISC_KEYS:
        if key not in doc["misc"]:
            raise InvalidTrial(f"the trial's misc has no {key!r}", doc["misc"])
    if doc["tid"] != doc["misc"]["tid"]:
        raise InvalidTrial("the trial's tid is not the one in its misc", doc)
    if doc["exp_key"] != exp_key:
        raise InvalidTrial(
            f"the trial is of another experiment than {shown(exp_key)}", doc["exp_key"]
        )


def spec_from_misc(misc: Mapping[str, Any]) -> dict[str, Any]:
    """{label: value} of what takes part.

    Raises:
        NotImplementedError: a label has several values.
    """
    for label, found in misc["vals"].items():
        if len(found) > 1:
            raise NotImplementedError(f"{shown(label)} has the values {shown(found)}: expected one")
    return {label: found[0] for label, found in misc["vals"].items() if found}


def miscs_to_idxs_vals(
    miscs: Sequence[Mapping[str, Any]], keys: Iterable[str] | None = None
) -> tuple[Columns, Columns]:
    """The ids and the values of trials, by label.

    Raises:
        ValueError: no trial and no key tells the labels.
    """
    if keys is None:
        if not miscs:
            raise ValueError("without trials nobody knows the labels: give them as keys")
        keys = miscs[0]["idxs"]
    labels = list(keys)
    idxs: Columns = {label: [] for label in labels}
    vals: Columns = {label: [] for label in labels}
    for misc in miscs:
        for label in labels:
            idxs[label] += misc["idxs"].get(label, ())
            vals[label] += misc["vals"].get(label, ())
    return idxs, vals


def miscs_update_idxs_vals(
    miscs: Sequence[Doc],
    idxs: Mapping[str, Sequence[Any]],
    vals: Mapping[str, Sequence[Any]],
    assert_all_vals_used: bool = True,
    idxs_map: Mapping[Any, Any] | None = None,
) -> Sequence[Doc]:
    """Write ids and values by label into the trials' ``misc``, and return these.

    Args:
        miscs: one for each trial, with its ``tid``.
        idxs: by label the ids of the trials in which it takes part.
        vals: by label its values there.
        assert_all_vals_used: refuse values of other trials.
        idxs_map: what an id in ``idxs`` is called in ``miscs``.
    """
    by_id = {misc["tid"]: misc for misc in miscs}
    for misc in miscs:
        misc["idxs"] = {label: [] for label in idxs}
        misc["vals"] = {label: [] for label in idxs}
    for label, ids in idxs.items():
        for found, value in zip(ids, vals[label], strict=True):
            tid = (idxs_map or {}).get(found, found)
            if tid in by_id:
                by_id[tid]["idxs"][label] = [tid]
                by_id[tid]["vals"][label] = [value]
            elif assert_all_vals_used:
                raise InvalidTrial(f"{shown(label)} has a value for a trial that is not there", tid)
    return miscs
