"""The run itself: lanes of faults, each in a thread of its own, and somebody who watches."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter

from chaos.faults import Nobody, inflict
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

log = logging.getLogger("chaos")

LOOK_S = 0.2
"""How often it is looked for processes that have ended."""

BEGIN_S = 30.0
"""How long the first trial may take."""

SAMPLE_S = 1.0
"""How often limits are looked at while they must hold."""

SEARCH_S = 3.0
"""How long a fault waits for somebody to hit."""


class Run:
    """Inflicts a schedule on a scene for ``seconds``; counts what was done."""

    def __init__(self, scene, schedule, seconds, say):
        self.scene, self.schedule, self.seconds, self._say = scene, schedule, seconds, say
        self.faults = Counter()
        self.surprises: list[str] = []
        self.samples = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._began = 0.0

    def run(self):
        """Blocks until all faults are over and undone; they begin once there is work to hit."""
        patience = time.monotonic() + BEGIN_S
        while self._done() in (0, "?") and time.monotonic() < patience:
            time.sleep(LOOK_S)
        self._began = time.monotonic()
        lanes = {}
        for fault in self.schedule:
            lanes.setdefault(fault.lane, []).append(fault)
        threads = [
            threading.Thread(target=self._lane, args=(faults,), name=f"lane-{lane}", daemon=True)
            for lane, faults in lanes.items()
        ]
        for thread in threads:
            thread.start()
        try:
            self._watch()
        finally:
            self._over.set()
            for thread in threads:
                thread.join(120)

    @property
    def elapsed(self):
        return time.monotonic() - self._began

    def _lane(self, faults):
        try:
            for fault in faults:
                if self._over.wait(max(0.0, fault.at - self.elapsed)):
                    return
                self._one(fault)
        except Exception as error:
            log.exception("lane %s broke", faults[0].lane)
            self.surprises.append(f"lane {faults[0].lane} broke: {type(error).__name__}: {error}")

    def _one(self, fault):
        deadline = time.monotonic() + SEARCH_S
        while True:
            try:
                undo = inflict(self.scene, fault)
                break
            except Nobody:
                if time.monotonic() > deadline or self._over.wait(0.05):
                    log.info("%s found nobody", fault.kind)
                    return
        log.info("%6.1f s %s for %.1f s", self.elapsed, fault.kind, fault.length_s)
        with self._lock:
            self.faults[fault.kind] += 1
        if undo is not None:
            self._over.wait(fault.length_s)
            undo()

    def _watch(self):
        sampled = told = time.monotonic()
        while self.elapsed < self.seconds:
            time.sleep(LOOK_S)
            self.scene.population.look()
            moment = time.monotonic()
            if moment - sampled >= SAMPLE_S:
                sampled = moment
                self._sample()
            if moment - told >= 10.0:
                told = moment
                self._tell()

    def _tell(self):
        done = self._done()
        self._say(
            f"{self.elapsed:5.0f} s  {sum(self.faults.values())} faults, "
            f"{len(self.scene.owner.names)} studies, "
            + (f"{done} trials done" if done != "?" else "the database is away just now")
        )

    def _done(self):
        database = self.scene.database
        try:
            if database is not None:
                ended = {"state": {"$in": ["complete", "failed", "cancelled", "pruned"]}}
                return database.jobs.count_documents(ended)
        except PyMongoError as error:
            log.info("not counted: %s", error)
        return "?"

    def _sample(self):
        """See that no study has more trials out, or more numbers, than its limits say."""
        database = self.scene.database
        if database is None:
            return
        try:
            studies = {study["uid"]: study for study in database.studies.find()}
            jobs = database.jobs.with_options(read_concern=ReadConcern("snapshot"))
            out = {"$match": {"state": {"$in": ["waiting", "running"]}}}
            counted = list(jobs.aggregate([out, {"$group": {"_id": "$uid", "n": {"$sum": 1}}}]))
        except PyMongoError as error:
            log.info("not sampled: %s", error)
            return
        self.samples += 1
        for group in counted:
            study = studies.get(group["_id"])
            most = study and study.get("max_running")
            if most is not None and group["n"] > most:
                self.surprises.append(
                    f"{study['_id']} had {group['n']} trials out at {self.elapsed:.1f} s, "
                    f"more than max_running = {most}"
                )
