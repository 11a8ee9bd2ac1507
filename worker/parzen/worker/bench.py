"""What the slots of one agent share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from parzen.shared.entries import Importable
from parzen.shared.records import Claim, Directive, Requires
from parzen.shared.store import TrialQueue
from parzen.worker.attempt import Attempt, Stop
from parzen.worker.bundles import Bundles
from parzen.worker.containers.host import Containers
from parzen.worker.executor.protocol import Executor
from parzen.worker.gpus.monitor import Monitor
from parzen.worker.heartbeat import Heartbeat
from parzen.worker.outage import Outage
from parzen.worker.outputs import Outputs
from parzen.worker.pace import Paces
from parzen.worker.ready import Ready
from parzen.worker.reports import Reports
from parzen.worker.seats import Placement, Seat
from parzen.worker.shipping import Shipping
from parzen.worker.workdirs import Workdirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the slots of one agent share."""

    queue: TrialQueue
    heartbeat: Heartbeat
    outage: Outage
    bundles: Bundles
    workdirs: Workdirs
    executor: Executor
    containers: Containers
    uploads: ThreadPoolExecutor
    outputs: Outputs
    shipping: Shipping
    reports: Reports
    ready: Ready
    pace: Paces
    grace_s: float
    gpus: Monitor
    place: Callable[[Sequence[Seat], Requires], Placement]
    only: Importable | None = None

    def attempt(self, claim: Claim, since: float) -> Attempt:
        """An attempt at ``claim``, which was asked for at ``since`` (of :func:`kernel.now`)."""
        attempt = Attempt(
            claim,
            queue=self.queue,
            heartbeat=self.heartbeat,
            outage=self.outage,
            uploads=self.uploads,
            grace_s=self.grace_s,
            under_way=self.reports.go,
        )
        self.heartbeat.hold(claim, since, lambda told: _obey(attempt, told))
        return attempt


def _obey(attempt: Attempt, directive: Directive) -> None:
    attempt.stop(Stop.LOST if directive is Directive.LOST else Stop.UNWANTED)
