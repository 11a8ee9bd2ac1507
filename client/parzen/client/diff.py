"""What tells two studies, or two trials, apart: pure functions to rows of a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parzen.client import terms, warming
from parzen.client.fields import called
from parzen.client.progress import finished
from parzen.client.ranges import condition, values
from parzen.client.wording import counted
from parzen.shared.dimensions import Dimension, same_value
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study, Trial


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that both sides may have: what it is called, and what each side has, or None."""

    field: str
    a: Any
    b: Any
    same: bool


def compared(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """Each thing that ``a`` or ``b`` has, in the order of ``a`` and then of ``b``."""
    names = list(dict.fromkeys([*a, *b]))
    return [Difference(n, a.get(n), b.get(n), same=_same(a.get(n), b.get(n))) for n in names]


def _same(a: Any, b: Any) -> bool:
    plain = (bool, int, float, str, list, tuple)
    return same_value(a, b) if isinstance(a, plain) and isinstance(b, plain) else bool(a == b)


def of_trial(trial: Trial) -> dict[str, Any]:
    """What a trial is compared by: its parameters first, then what came of them and how."""
    last = trial.attempts[-1] if trial.attempts else None
    error = last.error if last is not None else None
    return {
        **{called(name): value for name, value in trial.params.items()},
        "state": trial.state.value,
        "value": trial.value,
        "loss": trial.loss,
        **{f"result/{key}": value for key, value in trial.result.items()},
        **{f"user/{key}": value for key, value in trial.user.items()},
        "duration": trial.duration_s,
        "attempt": trial.attempt,
        "kind": " ".join(kind.value for kind, count in trial.failures.items() if count) or None,
        "error": error.message if error is not None else None,
        "worker": last.worker if last is not None else None,
        "host": last.host if last is not None else None,
        "device": last.device if last is not None else None,
        "objective": last.bundle if last is not None else None,
        "sampler": trial.proposed.sampler if trial.proposed is not None else None,
        "enqueued_by": trial.enqueued_by,
        "note": trial.note,
        "started": trial.started_at,
        "finished": trial.finished_at,
    }


def of_study(study: Study, best: Trial | None) -> dict[str, Any]:
    """What a study is compared by: its space, its terms, its objective, and what came of it."""
    limits = terms.given(study.limits, study.direction)
    return {
        **{f"space/{d.name}": _described(d) for d in study.dimensions},
        "direction": study.direction.value,
        **{f"limits/{name}": value for name, value in limits.items()},
        **_sampler(study),
        "seed": study.sampler.seed,
        **{f"retries/{name}": n for name, n in dataclasses.asdict(study.retries).items()},
        **{f"requires/{name}": n for name, n in dataclasses.asdict(study.requires).items()},
        **_image(study),
        "trial_timeout_s": study.trial_timeout_s,
        "priority": study.priority,
        "max_running": study.max_running,
        **_objective(study),
        "owner": study.owner,
        "tags": list(study.tags),
        "note": study.note,
        "created": study.created_at,
        "status": study.status.value,
        "done": finished(study),
        **{state.value: study.counts.get(state, 0) for state in TrialState},
        **_best(best),
    }


def _sampler(study: Study) -> dict[str, Any]:
    spec, sources = warming.unwrapped(study.sampler)
    return {
        "sampler": spec.name,
        **{f"sampler/{name}": value for name, value in spec.options.items()},
        **{f"warm_start/{name}": counted(trials, "trial") for name, trials in sources.items()},
    }


def _image(study: Study) -> dict[str, Any]:
    if study.image is None:
        return {"image": None}
    name, *rest = dataclasses.asdict(study.image).items()
    parts = {f"image/{part}": getattr(value, "value", value) for part, value in rest}
    return {"image": name[1], **parts}


def _described(dimension: Dimension) -> str:
    weights = f"weights {list(dimension.weights)}" if dimension.weights is not None else ""
    return " ".join(filter(None, [values(dimension), weights, condition(dimension)]))


def _objective(study: Study) -> dict[str, Any]:
    ref = study.objective
    if ref is None:
        return {}
    return {
        "objective/entry": ref.entry,
        "objective/digest": ref.digest,
        "objective/python": ref.python,
        "objective/cloudpickle": ref.cloudpickle,
        "objective/signed_by": ref.signed_by,
        **{f"objective/packages/{name}": version for name, version in ref.packages.items()},
    }


def _best(best: Trial | None) -> dict[str, Any]:
    if best is None:
        return {"best": None}
    params = {f"best/{name}": value for name, value in best.params.items()}
    return {"best": best.value, "best/number": best.number, **params}
