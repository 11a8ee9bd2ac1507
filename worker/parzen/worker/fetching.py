"""What a trial needs on its node before it can begin: the study's bundle, and its image."""

from __future__ import annotations

import time
from pathlib import Path

from parzen.shared.errors import Incompatible, StoreError, StoreUnreachable
from parzen.shared.records import Study
from parzen.worker.attempt import Attempt
from parzen.worker.bench import Bench
from parzen.worker.executor import kernel

RETRY_S = 0.5
"""Between two tries to fetch a bundle."""

TRIES = 3
"""How often a store that answers may refuse it; an outage is waited for."""


class Fetching:
    """Fetches for one slot's trials, as long as they may still begin."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def bundle(self, attempt: Attempt) -> Path | None:
        """The bundle's file; None where the trial was stopped before it came.

        Raises:
            Incompatible: the store has refused it too often.
            NotFound, Untrusted: there is none, or it must not be used here.
        """
        refused = 0
        while self._may(attempt):
            found = self._tried(attempt.claim.study)
            if isinstance(found, Path):
                return found
            if not isinstance(found, StoreUnreachable):
                refused += 1
                if refused >= TRIES:
                    raise Incompatible(f"its bundle cannot be fetched: {found}")
            time.sleep(RETRY_S)
        return None

    def has_image(self, attempt: Attempt) -> bool:
        """Whether what it runs in is here; not where it was stopped before that came."""
        image = attempt.claim.study.image
        return image is None or self._bench.containers.fetch(image, lambda: self._may(attempt))

    def _may(self, attempt: Attempt) -> bool:
        """Whether it may still begin."""
        lease_over = kernel.now() >= self._bench.heartbeat.expires(attempt.claim)
        return not attempt.stopped and not lease_over

    def _tried(self, study: Study) -> Path | StoreError:
        try:
            return self._bench.bundles.path(study)
        except StoreUnreachable as error:
            self._bench.outage.failed(error)
            return error
        except StoreError as error:
            return error
