"""An hour in which nobody works on a study, on a clock of its own."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from types import SimpleNamespace
from unittest import mock

from mistakes.rows import Row

from parzen.client import watching
from parzen.client.invocation import Invocation
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.records import Requires, Study, Uid, Want, Wish, Worker

HOUR_S = 3600.0
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)

COORDINATOR = Worker(id="coordinator", host="h", pid=1, role="coordinator")
WORKER = Worker(id="worker", host="h", pid=2, slots=1)
UNABLE = Worker(id="worker", host="h", pid=2, slots=1, quarantined={Uid("u"): "it lacks torch"})
ELSEWHERE = Worker(id="worker", host="h", pid=2, slots=1, studies=("another",))
CANCELLED = Wish(want=Want.CANCEL, serial=1)
LABELLED = Requires(labels=("a100",))


class Clock:
    """Time that passes where somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        """Seconds since the wait began."""
        return self.now

    def sleep(self, seconds):
        """Let them pass."""
        self.now += seconds


def waited(*live, **terms):
    """Wait an hour for a study, without progress; what was logged, in order."""
    x = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)
    study = Study(name="s", uid=Uid("u"), dimensions=(x,), **terms)
    clock, said = Clock(), []
    stream = SimpleNamespace(wait=clock.sleep, close=lambda: None)
    catalog = SimpleNamespace(
        study=lambda _: study, workers=lambda: live, watch_study=lambda _: stream, now=lambda: NOW
    )
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())
    watching.log.addHandler(handler)
    attention = watching.Attention(progress=False)
    try:
        with mock.patch.object(watching, "time", clock):
            watching.Watcher(catalog, Invocation(), attention).wait(study, HOUR_S)
    finally:
        watching.log.removeHandler(handler)
    assert clock.now >= HOUR_S
    return said


ROWS: tuple[Row, ...] = (
    Row(
        "waited()",
        "works",
        (
            "['no live coordinator serves this study, so nothing is proposed: start "
            "`parzen coordinator`', 'no live worker serves this study, so no trial is run: "
            "start `parzen worker` on a node']"
        ),
    ),
    Row(
        "waited(COORDINATOR)",
        "works",
        (
            "['no live worker serves this study, so no trial is run: start `parzen worker` "
            "on a node']"
        ),
    ),
    Row(
        "waited(WORKER)",
        "works",
        (
            "['no live coordinator serves this study, so nothing is proposed: start "
            "`parzen coordinator`']"
        ),
    ),
    Row("waited(COORDINATOR, WORKER)", "works", "[]"),
    Row(
        "waited(COORDINATOR, UNABLE)",
        "works",
        "['no live worker can run this study: worker: it lacks torch']",
    ),
    Row("waited(COORDINATOR, UNABLE, WORKER)", "works", "[]"),
    Row(
        "waited(COORDINATOR, ELSEWHERE)",
        "works",
        (
            "['no live worker serves this study, so no trial is run: start `parzen worker` "
            "on a node']"
        ),
    ),
    Row(
        "waited(COORDINATOR, WORKER, requires=LABELLED)",
        "works",
        ("['no live worker can run this study: worker: it lacks the label a100']"),
    ),
    Row(
        "waited(COORDINATOR, WORKER, requires=Requires(gpus=8))",
        "works",
        ("['no live worker can run this study: worker: it has 0 GPUs, a trial needs 8']"),
    ),
    Row(
        "waited(wish=CANCELLED)",
        "works",
        ("['the cancel waits until a coordinator runs: start `parzen coordinator`']"),
    ),
    Row("waited(COORDINATOR, wish=CANCELLED)", "works", "[]"),
)
