"""Points that a search tries first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from parzen.hyperopt.documents import Doc, misc_of, new_doc
from parzen.hyperopt.states import STATUS_NEW
from parzen.hyperopt.trials import Trials
from parzen.hyperopt.walking import drawn
from parzen.shared.plain import shown


def generate_trial(tid: int, space: Mapping[str, Any]) -> Doc:
    """The document of a trial at the point ``space``, {label: value}, that nobody has run."""
    return new_doc(tid, None, {"status": STATUS_NEW}, misc_of(tid, space, space), None)


def generate_trials_to_calculate(points: Sequence[Mapping[str, Any]]) -> Trials:
    """Trials that hold these points, for a search to begin with."""
    trials = Trials()
    trials.insert_trial_docs(generate_trial(tid, point) for tid, point in enumerate(points))
    return trials  # not looked at yet: they come on top of a search's max_evals


def checked(points: Any, labels: Iterable[str]) -> list[Mapping[str, Any]]:
    """``points``, if they are a list of dicts {label: value} with labels of the space.

    Raises:
        ValueError: they are not.
    """
    known = set(labels)
    if not isinstance(points, (list, tuple)):
        raise ValueError(  # noqa: TRY004 - as for what the list holds
            f"points_to_evaluate is {shown(points)}: expected a list of dicts {{label: value}}"
        )
    for point in points:
        if not (isinstance(point, Mapping) and known.issuperset(point)):
            raise ValueError(
                f"points_to_evaluate holds {shown(point)}: expected a dict {{label: value}} with "
                f"labels of the space, such as {shown(sorted(known)[:5])}; of a choice the value "
                "is the option's index"
            )
    return list(points)


def fresh(trials: Any, domain: Any, points: Sequence[Mapping[str, Any]], seed: int) -> list[Doc]:
    """New trials at those points that ``trials`` do not hold; what one leaves out is drawn."""
    tried = [_given(doc["misc"]["vals"]) for doc in trials.everything()]
    rng = np.random.default_rng(seed)
    untried = [point for point in points if not any(_same(point, values) for values in tried)]
    docs: list[Doc] = []
    for tid, point in zip(trials.new_trial_ids(len(untried)), untried, strict=True):
        values = drawn(domain.expr, rng, point)
        misc = misc_of(tid, values, domain.params, domain)
        docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
    return docs


def _given(vals: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {label: found[0] for label, found in vals.items() if found}


def _same(point: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a trial is at ``point``, as far as that says."""
    return all(label in values and values[label] == value for label, value in point.items())
