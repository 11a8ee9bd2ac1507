"""The people of a run: they submit studies through the same broken network, and change their minds.

There is always work: when a study has ended, another one is submitted.
"""

from __future__ import annotations

import dataclasses
import logging
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos.objective import Objective

from parzen.client import Choice, Float, Int, Study
from parzen.shared.errors import StoreError
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.mongo import connect
from parzen.shared.records import Want

log = logging.getLogger("chaos.owner")

PATIENCE_S = 60.0
"""How long an owner tries again; no fault takes so long."""

AT_ONCE = 3
"""How many studies are open at a time."""

SPACE = {
    "x": Float(0, 1),
    "width": Int(1, 64, log=True),
    "kind": Choice(["plain", "$claim.token"]),  # what would be a field's path in an expression
}

KINDS = {
    "calm": {
        "retries": {"lost": None, "exception": 20, "timeout": 20},
        "sampler": "tpe",
    },
    "flaky": {"retries": {"lost": 2, "exception": 1, "out_of_memory": 1}, "sampler": "random"},
    "rough": {
        "retries": {"lost": 3, "exception": 1, "timeout": 1},
        "trial_timeout_s": 3.0,
        "sampler": "sobol",
    },
    "narrow": {"retries": {"lost": 5, "exception": 3}, "max_running": 3, "sampler": "tpe"},
    "gift": {"retries": {"lost": None, "exception": 20}, "sampler": "random"},
    "hopeless": {"max_consecutive_failures": 9, "sampler": "random"},
}
"""What the studies of a kind are submitted with; the first in order come first."""

GIFT = """
from gift_objective import Objective
run = Objective({journal!r}, {seed!r}, "calm")
"""
"""A package that is installed on the workers, but for those that are unfit."""


@dataclass
class Changes:
    """What the owner did to the studies, by name: what the checks must allow for."""

    cancelled: set[str] = field(default_factory=set)
    lowered: set[str] = field(default_factory=set)


def install_gift(folder, journal, seed):
    """Put the package, which only fit workers have, into ``folder``."""
    folder.mkdir()
    source = Path(__file__).with_name("objective.py").read_text("utf-8")
    (folder / "gift_objective.py").write_text(source, "utf-8")
    (folder / "gift.py").write_text(GIFT.format(journal=str(journal), seed=seed), "utf-8")


class Owner:
    """Keeps ``AT_ONCE`` studies of ``size`` trials open until told to stop; makes wishes."""

    def __init__(self, uri, journal, *, seed, size):
        self._uri, self._journal, self._seed, self._size = uri, str(journal), seed, size
        self._rng = random.Random(f"{seed}/owner")
        self._store = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self.names: list[str] = []
        """All that was submitted, in order."""
        self.open: list[str] = []
        """Those that had not ended when last seen."""
        self.changes = Changes()
        self.refused = 0
        """How often the store did not take something: it was tried again."""
        self.surprises: list[str] = []
        self._thread = threading.Thread(target=self._run, name="owner", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Submit nothing more."""
        self._stopping.set()
        self._thread.join(120)

    def close(self):
        if self._store is not None:
            self._store.close()

    def do(self, work):
        """``work(catalog)``, tried again until the store takes it.

        Raises:
            StoreError: it does not for a minute.
        """
        patience = time.monotonic() + PATIENCE_S
        while True:
            try:
                return work(self._catalog())
            except StoreError as error:
                self.refused += 1
                log.info("the store refused: %s", error)
                if time.monotonic() > patience:
                    raise
            time.sleep(0.3)

    def _catalog(self):
        with self._lock:
            if self._store is None:
                self._store = connect(self._uri, prepare=True)
            return self._store.catalog

    def wish(self, name, want, limits=None):
        self.do(lambda catalog: catalog.wish(name, want, limits))

    def limit(self, name, factor):
        """Ask for ``factor`` times as many trials."""
        study = self.do(lambda catalog: catalog.study(name))
        before = (study.wish.limits or study.limits).max_trials
        limits = dataclasses.replace(study.limits, max_trials=max(1, int(before * factor)))
        if limits.max_trials < before:
            self.changes.lowered.add(name)
        self.wish(name, Want.RUN, limits)

    def cancel(self, name):
        self.changes.cancelled.add(name)
        self.wish(name, Want.CANCEL)

    def _run(self):
        try:
            while not self._stopping.is_set():
                self._keep_going()
                self._stopping.wait(0.3)
        except Exception as error:
            log.exception("the owner's own fault")
            self.surprises.append(f"the client raised {type(error).__name__}: {error}")

    def _keep_going(self):
        self.open = [name for name in self.open if not self.ended(name)]
        while len(self.open) < AT_ONCE and not self._stopping.is_set():
            self._submit()

    def ended(self, name):
        """Whether the study has ended and is not about to be resumed."""
        study = self.do(lambda catalog: catalog.study(name))
        return study.status.ended and study.wish_done >= study.wish.serial

    def _submit(self):
        kind = list(KINDS)[self._count % len(KINDS)]
        study = Study(
            f"{kind}-{self._count}",
            space=SPACE,
            objective="gift:run" if kind == "gift" else self._objective(kind),
            max_trials=self._rng.randint(self._size, 2 * self._size),
            seed=self._seed,
            priority=-self._count,  # one after the other: a change of study costs a new child
            **{"max_consecutive_failures": None, **KINDS[kind]},
        )
        self._count += 1
        self.do(lambda _: study.submit(self._uri).close())
        self.names.append(study.name)
        self.open.append(study.name)

    def _objective(self, kind):
        mood = {"narrow": "calm"}.get(kind, kind)
        return Objective(self._journal, self._seed, mood)

    def finish(self, patience_s, within_s, clock, pause):
        """Wait for the open studies; those that take longer are cancelled. Those left open."""
        deadline = clock() + within_s
        cancel_at = clock() + patience_s
        left = self._left()
        while left and clock() < deadline:
            if clock() > cancel_at:
                cancel_at = float("inf")
                for name in left:
                    self.cancel(name)
            for name in left:
                self._unpause(name)
            pause(0.3)
            left = self._left()
        return left

    def _left(self):
        return [name for name in self.names if not self.ended(name)]

    def _unpause(self, name):
        study = self.do(lambda catalog: catalog.study(name))
        if study.status is StudyStatus.PAUSED and study.wish_done >= study.wish.serial:
            self.wish(name, Want.RUN)
