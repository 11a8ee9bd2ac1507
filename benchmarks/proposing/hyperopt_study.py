"""Hyperopt's algorithms with their trials in memory, called as ``fmin`` calls them.

The module is Hyperopt itself, or parzen's module of the same names.
"""

from __future__ import annotations

import importlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from proposing.space import MODEL, MODELS, Seen

from parzen.shared.dimensions import Dimension, Kind, Params

SEEDS = 2**31 - 1
"""``fmin`` draws the seed of each suggestion from below this."""


class HyperoptStudy:
    """One study, filled at once.

    Args:
        dimensions: the space.
        package: the module with Hyperopt's names, "hyperopt" or "parzen.hyperopt".
        algo: the part of it whose ``suggest`` proposes.

    Raises:
        ImportError: the module is not installed.
    """

    def __init__(
        self, dimensions: Sequence[Dimension], package: str = "hyperopt", algo: str = "tpe"
    ) -> None:
        self._module: Any = importlib.import_module(package)
        self._suggest = importlib.import_module(f"{package}.{algo}").suggest
        self._dimensions = {d.name: d for d in dimensions}
        tree = _tree(dimensions, self._module.hp)
        self._domain = self._module.base.Domain(_loss, tree, pass_expr_memo_ctrl=False)
        self._trials = self._module.Trials()
        self._rng = np.random.default_rng(0)

    def fill(self, trials: Iterable[Seen]) -> None:
        """See :class:`~proposing.subject.Subject`."""
        seen = list(trials)
        numbers = self._trials.new_trial_ids(len(seen))
        documents = [
            self._document(number, trial) for number, trial in zip(numbers, seen, strict=True)
        ]
        self._trials.insert_trial_docs(documents)
        self._trials.refresh()

    def step(self) -> None:
        """See :class:`~proposing.subject.Subject`."""
        numbers = self._trials.new_trial_ids(1)
        self._trials.refresh()
        seed = int(self._rng.integers(SEEDS))
        self._trials.insert_trial_docs(self._suggest(numbers, self._domain, self._trials, seed))
        self._trials.refresh()
        document = self._trials.trials[-1]
        document["state"] = self._module.JOB_STATE_DONE
        document["result"] = {"loss": 1.0, "status": self._module.STATUS_OK}
        self._trials.refresh()

    def _document(self, number: int, seen: Seen) -> dict[str, Any]:
        values = {
            name: [_stored(d, seen.params[name])] if name in seen.params else []
            for name, d in self._dimensions.items()
        }
        return {
            "tid": number,
            "state": self._module.JOB_STATE_DONE,
            "spec": None,
            "result": {"loss": seen.loss, "status": self._module.STATUS_OK},
            "misc": {
                "tid": number,
                "cmd": ("domain_attachment", "FMinIter_Domain"),
                "workdir": None,
                "idxs": {name: [number] * len(found) for name, found in values.items()},
                "vals": values,
            },
            "exp_key": None,
            "owner": None,
            "version": 0,
            "book_time": None,
            "refresh_time": None,
        }


def _loss(params: Params) -> float:
    raise NotImplementedError(f"nothing is run here: {params!r}")


def _tree(dimensions: Sequence[Dimension], hp: Any) -> dict[str, Any]:
    """Hyperopt's space: the parameters of a branch stand within the option of the model."""
    root: dict[str, Any] = {}
    branches: dict[Any, dict[str, Any]] = defaultdict(dict)
    for d in dimensions[1:]:
        place = branches[d.active_when[0].value] if d.active_when else root
        place[d.name] = _expression(d, hp)
    root[MODEL] = hp.choice(MODEL, [branches[model] for model in MODELS])
    return root


def _expression(d: Dimension, hp: Any) -> Any:
    if d.kind is Kind.CHOICE or d.low is None or d.high is None:
        return hp.choice(d.name, list(d.choices))
    if d.kind is Kind.INT:
        if d.log:
            return hp.qloguniform(d.name, math.log(d.low), math.log(d.high), 1)
        return hp.uniformint(d.name, d.low, d.high)
    if d.log:
        return hp.loguniform(d.name, math.log(d.low), math.log(d.high))
    return hp.uniform(d.name, d.low, d.high)


def _stored(d: Dimension, value: Any) -> Any:
    return d.option(value) if d.kind is Kind.CHOICE else value
