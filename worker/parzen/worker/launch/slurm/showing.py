"""The agents of an array as Slurm and the store know them, joined: a pure function of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parzen.shared.printing import field
from parzen.shared.records import Worker
from parzen.worker.launch.slurm.commands import Task

COLUMNS = [
    *map(field, ("task", "name", "state", "node", "reason", "time_left", "busy")),
    field("worker", folds=True),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A task of Slurm's and the worker that runs in it, if the store has seen one.

    ``busy`` is "running/slots".
    """

    task: str
    name: str
    state: str
    node: str
    reason: str
    time_left: str
    job: str
    worker: str | None = None
    host: str | None = None
    busy: str | None = None
    seen_at: datetime | None = None


def joined(tasks: Sequence[Task], live: Sequence[Worker]) -> list[Agent]:
    """Each task with its worker: the script calls a worker by its task."""
    by_task = {w.id.split(":", 1)[0].removeprefix("slurm-"): w for w in live}
    return [_agent(task, by_task.get(task.task)) for task in tasks]


def _agent(task: Task, worker: Worker | None) -> Agent:
    known = Agent(
        task=task.task,
        name=task.name,
        state=task.state,
        node=task.node,
        reason=task.reason,
        time_left=task.time_left,
        job=task.job,
    )
    if worker is None:
        return known
    return replace(
        known,
        worker=worker.id,
        host=worker.host,
        busy=f"{worker.busy}/{worker.slots}",
        seen_at=worker.seen_at,
    )
