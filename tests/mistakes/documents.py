"""Documents that somebody broke by hand: every field of a study and of a trial.

Each row breaks one document of a study of its own. Then a coordinator, an agent and a laptop pass
by all of them at once, several times, beside a healthy study, which must move on.
"""

from __future__ import annotations

import ast
import itertools
import logging
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from mistakes.rows import WORKS, Outcome, Row
from pymongo import UpdateOne

from parzen.coordinator.service import Coordinator
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import Incompatible, NotFound
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.records import (
    Completed,
    Limits,
    ObjectiveRef,
    Proposed,
    Requires,
    SamplerSpec,
    Study,
    Uid,
    Worker,
)
from parzen.shared.store import Proposal

ALONE = "left alone"
"""It was not touched and cannot be read; a warning says why."""

CHANGED = "failed"
"""It was given an end, since it would have blocked the queue; a warning says why."""

IN = {"complete": 0, "running": 1, "waiting": 2}
"""Each study's trials, by state: their numbers."""

ABSURD = {
    "nan": float("nan"),
    "inf": float("inf"),
    "the year 2999": datetime(2999, 1, 1, tzinfo=timezone.utc),
}

X = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)
HOUR_S = 3600.0
"""No lease runs out on the way, however slow the machine is."""

GIVEN_UP = "not waited for any more"
"""How the sentence ends by which a coordinator gives up on a trial that it cannot read."""

WORKER = Worker(id="agent", host="here", pid=1, slots=400, lease_s=HOUR_S)


@dataclass(frozen=True)
class Break:
    """What a row says: ``studies.tags = 'abc'``, ``waiting.params missing``."""

    document: str
    path: str
    update: dict[str, Any]

    @staticmethod
    def read(text: str) -> Break:
        """Parse a row's text."""
        found = re.fullmatch(r"(\w+)\.([\w.]+) (?:= (.*)|missing)", text)
        assert found is not None, text
        document, path, value = found.groups()
        if value is None:
            return Break(document, path, {"$unset": {path: 1}})
        literal = ABSURD[value] if value in ABSURD else ast.literal_eval(value)
        return Break(document, path, {"$set": {path: literal}})


class Heard(logging.Handler):
    """Keeps what parzen warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(record.getMessage())


@contextmanager
def warnings_of(process: str, into: dict[str, list[str]]) -> Iterator[None]:
    """Keep what ``process`` warns of in the block."""
    handler, logger = Heard(), logging.getLogger("parzen")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        into.setdefault(process, []).extend(handler.said)


@dataclass
class Pass:
    """Three processes, each with a connection of its own, and what each warned of."""

    uri: str
    warned: dict[str, list[str]] = field(default_factory=dict)

    def run(self, texts: Sequence[str]) -> dict[str, Outcome]:
        """The outcome of each row."""
        with connect(self.uri, prepare=True) as laptop, connect(self.uri) as other:
            healthy = _study(laptop, "healthy")
            studies = _copies(laptop, healthy, texts)
            before = _broken(laptop, {t: (s, Break.read(t)) for t, s in studies.items()})
            self._pass_by(laptop, other, [*studies.values(), healthy])
            moved = laptop.db["jobs"].count_documents({"uid": healthy.uid, "state": "complete"})
            assert moved > 1, "the healthy study did not move on"
            for process, said in self.warned.items():
                twice = {sentence for sentence in said if said.count(sentence) > 1}
                assert not twice, f"the {process} repeats itself: {twice}"
            return {t: self._outcome(laptop, t, s, before[t]) for t, s in studies.items()}

    def _pass_by(self, laptop: MongoStore, agent: MongoStore, studies: Sequence[Study]) -> None:
        with connect(self.uri) as leading:
            coordinator = Coordinator(leading, lease_s=HOUR_S)
            for _ in range(2):
                with warnings_of("coordinator", self.warned):
                    coordinator.step()
                with warnings_of("agent", self.warned):
                    _work(agent)
            with warnings_of("coordinator", self.warned):
                coordinator.step()
                coordinator.close()
        for _ in range(2):
            with warnings_of("laptop", self.warned):
                laptop.catalog.all_studies()
                for study in studies:
                    list(laptop.catalog.trials(study, slim=False))

    def _outcome(self, store: MongoStore, text: str, study: Study, before: Any) -> Outcome:
        after = store.db[_where(text)].find_one({"_id": before["_id"]})
        said: list[str] = []
        for sentence in itertools.chain(*self.warned.values()):
            mine = f"{study.name!r}" in sentence or study.uid in sentence
            # whether a coordinator has come to this by its third step, too, is a matter of speed
            if mine and sentence not in said and not sentence.endswith(GIVEN_UP):
                said.append(sentence)
        says = " / ".join(said).replace(study.uid, "…").replace(repr(study.name), "'…'")
        if _readable(store, text, study):
            return Outcome(WORKS, says)
        return Outcome(ALONE if repr(after) == repr(before) else CHANGED, says)


def _where(text: str) -> str:
    return "studies" if text.startswith("studies.") else "jobs"


def _readable(store: MongoStore, text: str, study: Study) -> bool:
    try:
        found = store.catalog.study(study.name)
        if _where(text) == "jobs":
            store.catalog.trial(found, IN[Break.read(text).document])
    except (Incompatible, NotFound):
        return False
    return True


def _study(store: MongoStore, name: str) -> Study:
    """A study with every field, and a trial in each state of ``IN``."""
    reference = ObjectiveRef(
        file="f", digest="d", bytes=1, python="3.11", cloudpickle="3", entry="pickle"
    )
    study = Study(
        name=name,
        uid=Uid(uuid.uuid4().hex),
        dimensions=(X,),
        sampler=SamplerSpec(name="random", seed=1),
        limits=Limits(max_trials=1000, timeout_s=1e6, target_loss=-1.0, patience=900),
        requires=Requires(labels=("big",)),
        trial_timeout_s=60.0,
        max_running=9,
        objective=reference,
        owner="me@here",
        tags=("a",),
    )
    stored = store.catalog.create(study, b"x")
    lead = store.ledger.lead(stored.uid, "before", HOUR_S)
    assert lead is not None
    proposed = Proposed(sampler="random")
    store.ledger.insert(
        lead, [Proposal(number=n, params={"x": 0.5}, proposed=proposed) for n in IN.values()]
    )
    claims = store.queue.claim(WORKER, [stored], 2)
    store.queue.report([(claims[0], Completed(value=0.5, result={"a": 1}))])
    store.ledger.yield_lead(lead)
    return stored


def _copies(store: MongoStore, study: Study, texts: Sequence[str]) -> dict[str, Study]:
    """A copy of the study with its trials for each row; only ``running`` rows have one running."""
    pattern = store.db["studies"].find_one({"_id": study.name})
    trials = store.db["jobs"].find({"uid": study.uid}).to_list()
    made, documents, jobs = {}, [], []
    for i, text in enumerate(texts):
        made[text] = replace(study, name=f"case{i}", uid=Uid(uuid.uuid4().hex))
        mine = {"uid": made[text].uid}
        documents.append({**pattern, **mine, "_id": made[text].name})
        for trial in trials:
            if trial["state"] != "running" or text.startswith("running."):
                key = {"_id": f"{mine['uid']}:{trial['number']}", "study": made[text].name}
                jobs.append({**trial, **mine, **key})
    store.db["studies"].insert_many(documents)
    store.db["jobs"].insert_many(jobs)
    return made


def _broken(store: MongoStore, rows: dict[str, tuple[Study, Break]]) -> dict[str, Any]:
    """Break the documents, whatever their validator says; each as it stands then."""
    ids = {text: _id(study, wanted) for text, (study, wanted) in rows.items()}
    found = {}
    for name in ("studies", "jobs"):
        breaks = [
            UpdateOne({"_id": ids[t]}, wanted.update)
            for t, (_, wanted) in rows.items()
            if _where(t) == name
        ]
        store.db[name].bulk_write(breaks, bypass_document_validation=True)
        found |= {d["_id"]: d for d in store.db[name].find({"_id": {"$in": [*ids.values()]}})}
    return {text: found[ids[text]] for text in rows}


def _id(study: Study, wanted: Break) -> str:
    if wanted.document == "studies":
        return study.name
    return f"{study.uid}:{IN[wanted.document]}"


def _work(store: MongoStore) -> None:
    """What an agent does: read the studies, claim, renew, report."""
    store.queue.beat(WORKER)
    for study in store.queue.studies():
        claims = store.queue.claim(WORKER, [study], 1)
        store.queue.renew(claims)
        store.queue.report([(c, Completed(value=0.5)) for c in claims])


ROWS: tuple[Row, ...] = (
    Row(
        "studies.schema missing",
        "left alone",
        (
            "left alone: study document '…' has schema None, expected 1: another version "
            "of parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "studies.schema = None",
        "left alone",
        (
            "left alone: study document '…' has schema None, expected 1: another version "
            "of parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "studies.schema = 0",
        "left alone",
        (
            "left alone: study document '…' has schema 0, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "studies.schema = 2",
        "left alone",
        (
            "left alone: study document '…' has schema 2, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "studies.schema = '1'",
        "left alone",
        (
            "left alone: study document '…' has schema '1', expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "studies.schema = True",
        "left alone",
        (
            "left alone: study document '…' has schema True, expected 1: another version "
            "of parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "studies.uid missing",
        "left alone",
        (
            "left alone: study document '…' lacks the field 'uid': restore it, or delete "
            "the document"
        ),
    ),
    Row(
        "studies.uid = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (uid: expected a string, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.uid = ''",
        "left alone",
        (
            "left alone: study document '…' is broken (uid: expected a study's identity, "
            "not ''): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.status missing",
        "left alone",
        (
            "left alone: study document '…' lacks the field 'status': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "studies.status = None",
        "left alone",
        (
            "left alone: study document '…' is broken (status: expected one of active, "
            "paused, stopping, complete, failed, cancelled, not None): mend it by hand, or "
            "delete the document"
        ),
    ),
    Row(
        "studies.status = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (status: expected one of active, "
            "paused, stopping, complete, failed, cancelled, not 5): mend it by hand, or "
            "delete the document"
        ),
    ),
    Row(
        "studies.status = 'sleeping'",
        "left alone",
        (
            "left alone: study document '…' is broken (status: expected one of active, "
            "paused, stopping, complete, failed, cancelled, not 'sleeping'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row("studies.status = 'complete'", "works"),
    Row("studies.status = 'stopping'", "works"),
    Row("studies.status_reason missing", "works"),
    Row(
        "studies.status_reason = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (status_reason: expected a string, "
            "not 5): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.ending missing", "works"),
    Row(
        "studies.ending = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (ending: expected one of active, "
            "paused, stopping, complete, failed, cancelled, not 5): mend it by hand, or "
            "delete the document"
        ),
    ),
    Row(
        "studies.ending = 'sleeping'",
        "left alone",
        (
            "left alone: study document '…' is broken (ending: expected one of active, "
            "paused, stopping, complete, failed, cancelled, not 'sleeping'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row("studies.wish missing", "works"),
    Row("studies.wish = None", "works"),
    Row(
        "studies.wish = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (wish: expected an object, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.wish = {'want': 'fly', 'serial': 1}",
        "left alone",
        (
            "left alone: study document '…' is broken (wish.want: expected one of run, "
            "pause, cancel, not 'fly'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.wish = {'want': 'cancel', 'serial': -1}",
        "left alone",
        (
            "left alone: study document '…' is broken (wish.serial: expected at least 0, "
            "not -1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.wish = {'want': 'run', 'serial': 1, 'limits': 5}",
        "left alone",
        (
            "left alone: study document '…' is broken (wish.limits: expected an object, "
            "not 5): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.wish_done missing", "works"),
    Row(
        "studies.wish_done = None",
        "left alone",
        (
            "left alone: study document '…' is broken (wish_done: expected a whole number, "
            "not None): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.wish_done = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (wish_done: expected a whole number, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.wish_done = 1000000",
        "left alone",
        (
            "left alone: study document '…' is broken (wish_done: expected at most "
            "wish.serial = 0, not 1000000): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.direction missing", "works"),
    Row(
        "studies.direction = None",
        "left alone",
        (
            "left alone: study document '…' is broken (direction: expected one of "
            "minimize, maximize, not None): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.direction = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (direction: expected one of "
            "minimize, maximize, not 5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.direction = 'sideways'",
        "left alone",
        (
            "left alone: study document '…' is broken (direction: expected one of "
            "minimize, maximize, not 'sideways'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions missing",
        "left alone",
        (
            "left alone: study document '…' lacks the field 'dimensions': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "studies.dimensions = None",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions: expected a list, not "
            "None): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions: expected a list, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = []",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions: expected at least one "
            "parameter): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = [5]",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected an object, "
            "not 5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = [{'name': 'x', 'kind': 'blob'}]",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0].kind: expected one of "
            "float, int, normal, choice, not 'blob'): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row(
        "studies.dimensions = [{'name': 'x', 'kind': 'float', 'low': 5, 'high': 1}]",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected low below "
            "high, not low=5, high=1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        ("studies.dimensions = [{'name': 'x', 'kind': 'float', 'low': 'a', 'high': 1}]"),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0].low: expected a "
            "number, not 'a'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = [{'name': 'x', 'kind': 'choice', 'choices': []}]",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected at least "
            "one option): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = [{'name': 'x', 'kind': 'choice', 'choices': 'abc'}]",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0].choices: expected a "
            "list, not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        (
            "studies.dimensions = [{'name': 'x', 'kind': 'choice', 'choices': ['a'], "
            "'weights': [0.5, 0.5]}]"
        ),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected one "
            "weight for each option, none negative): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions = [{'name': '', 'kind': 'int', 'low': 0, 'high': 1}]",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected a name of "
            "its own, not ''): mend it by hand, or delete the document"
        ),
    ),
    Row(
        (
            "studies.dimensions = [{'name': 'x', 'kind': 'int', 'low': 0, 'high': 1}, "
            "{'name': 'x', 'kind': 'int', 'low': 0, 'high': 1}]"
        ),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[1]: expected a name of "
            "its own, not 'x'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        (
            "studies.dimensions = [{'name': 'x', 'kind': 'int', 'low': 0, 'high': 1, "
            "'active_when': [{'name': 'z', 'value': 1}]}]"
        ),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: no parameter above "
            "it is 'z' with the option 1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        ("studies.dimensions = [{'name': 'x', 'kind': 'normal', 'mu': 0, 'sigma': -1}]"),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected a mean and "
            "a positive sigma, not mu=0, sigma=-1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        ("studies.dimensions = [{'name': 'x', 'kind': 'float', 'low': 0, 'high': 1, 'log': True}]"),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: log needs a positive "
            "low, not 0): mend it by hand, or delete the document"
        ),
    ),
    Row(
        (
            "studies.dimensions = [{'name': 'x', 'kind': 'float', 'low': 0, 'high': 1, "
            "'step': -0.5}]"
        ),
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected a positive "
            "step, not -0.5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.dimensions.0.high = nan",
        "left alone",
        (
            "left alone: study document '…' is broken (dimensions[0]: expected finite "
            "bounds, not low=0.0, high=nan): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.sampler missing", "works"),
    Row("studies.sampler = None", "works"),
    Row(
        "studies.sampler = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (sampler: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.sampler = {'name': 'nope'}",
        "works",
        (
            "study '…' is failed: there is no sampler 'nope': `parzen samplers` lists them; best "
            "loss 0.5 (trial 0)"
        ),
    ),
    Row(
        "studies.sampler = {'name': 'tpe', 'seed': 'a'}",
        "left alone",
        (
            "left alone: study document '…' is broken (sampler.seed: expected a whole "
            "number, not 'a'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.sampler = {'name': 'tpe', 'options': {'n_startup_trials': -1}}",
        "works",
        (
            "study '…' is failed: sampler 'tpe': option n_startup_trials is -1: expected a whole "
            "number, at least 0; best loss 0.5 (trial 0)"
        ),
    ),
    Row(
        "studies.sampler = {'name': 'tpe', 'options': []}",
        "left alone",
        (
            "left alone: study document '…' is broken (sampler.options: expected an "
            "object, not []): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.limits missing", "works"),
    Row("studies.limits = None", "works"),
    Row(
        "studies.limits = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (limits: expected an object, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.max_trials = '10'",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.max_trials: expected a whole "
            "number, not '10'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.max_trials = 0",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.max_trials: expected at "
            "least 1, not 0): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.max_trials = -1",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.max_trials: expected at "
            "least 1, not -1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.max_trials = 2.5",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.max_trials: expected a whole "
            "number, not 2.5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.timeout_s = nan",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.timeout_s: expected a "
            "positive number, not nan): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.timeout_s = -1",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.timeout_s: expected a "
            "positive number, not -1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.target_loss = nan",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.target_loss: expected a "
            "number, not nan): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.patience = -3",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.patience: expected at least "
            "1, not -3): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.limits.max_consecutive_failures = 0",
        "left alone",
        (
            "left alone: study document '…' is broken (limits.max_consecutive_failures: "
            "expected at least 1, not 0): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.retries missing", "works"),
    Row(
        "studies.retries = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (retries: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.retries.lost = -1",
        "left alone",
        (
            "left alone: study document '…' is broken (retries.lost: expected at least 0, "
            "not -1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.retries.lost = 'many'",
        "left alone",
        (
            "left alone: study document '…' is broken (retries.lost: expected a whole "
            "number, not 'many'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.trial_timeout_s missing", "works"),
    Row(
        "studies.trial_timeout_s = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (trial_timeout_s: expected a number, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.trial_timeout_s = -5",
        "left alone",
        (
            "left alone: study document '…' is broken (trial_timeout_s: expected a "
            "positive number, not -5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.trial_timeout_s = nan",
        "left alone",
        (
            "left alone: study document '…' is broken (trial_timeout_s: expected a "
            "positive number, not nan): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.image = 'torch:2'",
        "left alone",
        (
            "left alone: study document '…' is broken (image: expected an object, not "
            "'torch:2'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.requires missing", "works"),
    Row(
        "studies.requires = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (requires: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.requires.labels = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (requires.labels: expected a list, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.requires.gpus = -1",
        "left alone",
        (
            "left alone: study document '…' is broken (requires.gpus: expected at least 0, "
            "not -1): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.priority missing", "works"),
    Row(
        "studies.priority = 'high'",
        "left alone",
        (
            "left alone: study document '…' is broken (priority: expected a whole number, "
            "not 'high'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.priority = 1.5",
        "left alone",
        (
            "left alone: study document '…' is broken (priority: expected a whole number, "
            "not 1.5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.priority = None",
        "left alone",
        (
            "left alone: study document '…' is broken (priority: expected a whole number, "
            "not None): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.max_running missing", "works"),
    Row(
        "studies.max_running = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (max_running: expected a whole "
            "number, not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.max_running = 0",
        "left alone",
        (
            "left alone: study document '…' is broken (max_running: expected at least 1, "
            "not 0): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.max_running = -1",
        "left alone",
        (
            "left alone: study document '…' is broken (max_running: expected at least 1, "
            "not -1): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.objective missing", "works"),
    Row(
        "studies.objective = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (objective: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.objective = {'file': 'x'}",
        "left alone",
        (
            "left alone: study document '…' is broken (objective: lacks the field "
            "'digest'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.lease missing", "works"),
    Row("studies.lease = None", "works"),
    Row(
        "studies.lease = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (lease: expected an object, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.lease.term = 'a'",
        "left alone",
        (
            "left alone: study document '…' is broken (lease.term: expected a whole "
            "number, not 'a'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.lease.holder = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (lease.holder: expected a string, "
            "not 5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.lease.expires_at = 'soon'",
        "left alone",
        (
            "left alone: study document '…' is broken (lease.expires_at: expected a date, "
            "not 'soon'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.lease.expires_at = the year 2999",
        "works",
        (
            "study '…' was leased to before until 2999-01-01 00:00:00+00:00, which is "
            "longer than any lease may last: it counts as free"
        ),
    ),
    Row("studies.counts missing", "works"),
    Row("studies.counts = None", "works"),
    Row(
        "studies.counts = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (counts: expected an object, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row("studies.counts = {'complete': -5}", "works"),
    Row(
        "studies.counts = {'sleeping': 1}",
        "left alone",
        (
            "left alone: study document '…' is broken (counts: expected one of waiting, "
            "running, complete, pruned, failed, cancelled, not 'sleeping'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row(
        "studies.counts = {'complete': 'a'}",
        "left alone",
        (
            "left alone: study document '…' is broken (counts.complete: expected a whole "
            "number, not 'a'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.counts = {'complete': 77}", "works"),
    Row("studies.best_number missing", "works"),
    Row(
        "studies.best_number = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (best_number: expected a whole "
            "number, not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.best_number = 999999", "works"),
    Row("studies.proposing missing", "works"),
    Row("studies.proposing = 'abc'", "works"),
    Row(
        "studies.proposing = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (proposing: expected a string, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row("studies.owner missing", "works"),
    Row(
        "studies.owner = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (owner: expected a string, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row("studies.tags missing", "works"),
    Row("studies.tags = None", "works"),
    Row(
        "studies.tags = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (tags: expected a list, not 'abc'): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.tags = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (tags: expected a list, not 5): mend "
            "it by hand, or delete the document"
        ),
    ),
    Row(
        "studies.tags = ['a', 5]",
        "left alone",
        (
            "left alone: study document '…' is broken (tags[1]: expected a string, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row("studies.created_at missing", "works"),
    Row(
        "studies.created_at = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (created_at: expected a date, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.created_at = the year 2999", "works"),
    Row("studies.active_since missing", "works"),
    Row(
        "studies.active_since = 'abc'",
        "left alone",
        (
            "left alone: study document '…' is broken (active_since: expected a date, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("studies.active_since = the year 2999", "works"),
    Row("studies.ended_at missing", "works"),
    Row(
        "studies.ended_at = 5",
        "left alone",
        (
            "left alone: study document '…' is broken (ended_at: expected a date, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.schema missing",
        "left alone",
        (
            "left alone: trial document '…:0' has schema None, expected 1: another version "
            "of parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "complete.schema = 0",
        "left alone",
        (
            "left alone: trial document '…:0' has schema 0, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "complete.schema = 2",
        "left alone",
        (
            "left alone: trial document '…:0' has schema 2, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "complete.study missing",
        "left alone",
        (
            "left alone: trial document '…:0' lacks the field 'study': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "complete.study = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (study: expected a string, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row("complete.uid missing", "left alone"),
    Row("complete.uid = 5", "left alone"),
    Row("complete.uid = 'nobody'", "works"),
    Row(
        "complete.number missing",
        "left alone",
        (
            "left alone: trial document '…:0' lacks the field 'number': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "complete.number = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (number: expected a whole number, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.number = -1",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (number: expected at least 0, not "
            "-1): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.number = 1.5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (number: expected a whole number, "
            "not 1.5): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.number = 1000000", "works"),
    Row(
        "complete.state missing",
        "left alone",
        (
            "left alone: trial document '…:0' lacks the field 'state': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "complete.state = None",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (state: expected one of waiting, "
            "running, complete, pruned, failed, cancelled, not None): mend it by hand, or "
            "delete the document"
        ),
    ),
    Row(
        "complete.state = 'sleeping'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (state: expected one of waiting, "
            "running, complete, pruned, failed, cancelled, not 'sleeping'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row(
        "complete.params missing",
        "left alone",
        (
            "left alone: trial document '…:0' lacks the field 'params': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "complete.params = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (params: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.params = {}", "works"),
    Row("complete.params = {'x': 5}", "works"),
    Row("complete.params = {'x': 'a'}", "works"),
    Row("complete.params = {'x': 0.5, 'y': 1}", "works"),
    Row("complete.params.x = nan", "works"),
    Row("complete.attempt missing", "works"),
    Row(
        "complete.attempt = None",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (attempt: expected a whole number, "
            "not None): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.attempt = 'a'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (attempt: expected a whole number, "
            "not 'a'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.attempt = -1",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (attempt: expected at least 0, not "
            "-1): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.attempts missing", "works"),
    Row(
        "complete.attempts = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (attempts: expected a list, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.attempts = [5]",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (attempts[0]: expected an object, "
            "not 5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.attempts = [{}]",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (attempts[0]: lacks the field "
            "'n'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.failures missing", "works"),
    Row(
        "complete.failures = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (failures: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.failures = {'bored': 1}",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (failures: expected one of "
            "exception, timeout, out_of_memory, killed, lost, preempted, invalid_result, "
            "incompatible, untrusted, not 'bored'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.failures = {'lost': 'x'}",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (failures.lost: expected a whole "
            "number, not 'x'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.failures = {'lost': -1}",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (failures.lost: expected at least "
            "0, not -1): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.proposed missing", "works"),
    Row(
        "complete.proposed = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (proposed: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.proposed = {'sampler': 5}",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (proposed.sampler: expected a "
            "string, not 5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.user = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (user: expected an object, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.enqueued_by = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (enqueued_by: expected a string, "
            "not 5): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.waiting_since missing", "works"),
    Row(
        "complete.waiting_since = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (waiting_since: expected a date, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.waiting_since = the year 2999", "works"),
    Row(
        "waiting.schema missing",
        "left alone",
        (
            "left alone: trial document '…:2' has schema None, expected 1: another version "
            "of parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "waiting.schema = 0",
        "left alone",
        (
            "left alone: trial document '…:2' has schema 0, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "waiting.schema = 2",
        "left alone",
        (
            "left alone: trial document '…:2' has schema 2, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "waiting.study missing",
        "failed",
        (
            "left alone: trial document '…:2' lacks the field 'study': restore it, or "
            "delete the document / failed: trial document '…:2' lacks the field 'study': "
            "restore it, or delete the document"
        ),
    ),
    Row(
        "waiting.study = 5",
        "failed",
        (
            "left alone: trial document '…:2' is broken (study: expected a string, not 5): "
            "mend it by hand, or delete the document / failed: trial document '…:2' is "
            "broken (study: expected a string, not 5): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row("waiting.uid missing", "left alone"),
    Row("waiting.uid = 5", "left alone"),
    Row("waiting.uid = 'nobody'", "works"),
    Row(
        "waiting.number missing",
        "failed",
        (
            "left alone: trial document '…:2' lacks the field 'number': restore it, or "
            "delete the document / failed: trial document '…:2' lacks the field 'number': "
            "restore it, or delete the document"
        ),
    ),
    Row(
        "waiting.number = 'abc'",
        "failed",
        (
            "left alone: trial document '…:2' is broken (number: expected a whole number, "
            "not 'abc'): mend it by hand, or delete the document / failed: trial document "
            "'…:2' is broken (number: expected a whole number, not 'abc'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row(
        "waiting.number = -1",
        "failed",
        (
            "left alone: trial document '…:2' is broken (number: expected at least 0, not "
            "-1): mend it by hand, or delete the document / failed: trial document '…:2' "
            "is broken (number: expected at least 0, not -1): mend it by hand, or delete "
            "the document"
        ),
    ),
    Row(
        "waiting.number = 1.5",
        "failed",
        (
            "left alone: trial document '…:2' is broken (number: expected a whole number, "
            "not 1.5): mend it by hand, or delete the document / failed: trial document "
            "'…:2' is broken (number: expected a whole number, not 1.5): mend it by hand, "
            "or delete the document"
        ),
    ),
    Row("waiting.number = 1000000", "works"),
    Row(
        "waiting.state missing",
        "left alone",
        (
            "left alone: trial document '…:2' lacks the field 'state': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "waiting.state = None",
        "left alone",
        (
            "left alone: trial document '…:2' is broken (state: expected one of waiting, "
            "running, complete, pruned, failed, cancelled, not None): mend it by hand, or "
            "delete the document"
        ),
    ),
    Row(
        "waiting.state = 'sleeping'",
        "left alone",
        (
            "left alone: trial document '…:2' is broken (state: expected one of waiting, "
            "running, complete, pruned, failed, cancelled, not 'sleeping'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row(
        "waiting.params missing",
        "failed",
        (
            "left alone: trial document '…:2' lacks the field 'params': restore it, or "
            "delete the document / failed: trial document '…:2' lacks the field 'params': "
            "restore it, or delete the document"
        ),
    ),
    Row(
        "waiting.params = 5",
        "failed",
        (
            "left alone: trial document '…:2' is broken (params: expected an object, not "
            "5): mend it by hand, or delete the document / failed: trial document '…:2' is "
            "broken (params: expected an object, not 5): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row("waiting.params = {}", "works"),
    Row("waiting.params = {'x': 5}", "works"),
    Row("waiting.params = {'x': 'a'}", "works"),
    Row("waiting.params = {'x': 0.5, 'y': 1}", "works"),
    Row("waiting.params.x = nan", "works"),
    Row("waiting.attempt missing", "works"),
    Row(
        "waiting.attempt = None",
        "works",
        (
            "left alone: trial document '…:2' is broken (attempt: expected a whole number, "
            "not None): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.attempt = 'a'",
        "works",
        (
            "left alone: trial document '…:2' is broken (attempt: expected a whole number, "
            "not 'a'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.attempt = -1",
        "works",
        (
            "left alone: trial document '…:2' is broken (attempt: expected at least 0, not "
            "-1): mend it by hand, or delete the document"
        ),
    ),
    Row("waiting.attempts missing", "works"),
    Row("waiting.attempts = 5", "works"),
    Row(
        "waiting.attempts = [5]",
        "failed",
        (
            "failed: trial document '…:2' is broken (attempts[0]: expected an object, not 5): "
            "mend it by hand, or delete the document / left alone: trial document '…:2' is "
            "broken (attempts[0]: expected an object, not 5): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row(
        "waiting.attempts = [{}]",
        "failed",
        (
            "left alone: trial document '…:2' is broken (attempts[0]: lacks the field "
            "'n'): mend it by hand, or delete the document / failed: trial document '…:2' "
            "is broken (attempts[0]: lacks the field 'n'): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row("waiting.failures missing", "works"),
    Row(
        "waiting.failures = 5",
        "works",
        (
            "left alone: trial document '…:2' is broken (failures: expected an object, not "
            "5): mend it by hand, or delete the document / failed: trial document '…:2' is "
            "broken (failures: expected an object, not 5): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row(
        "waiting.failures = {'bored': 1}",
        "failed",
        (
            "left alone: trial document '…:2' is broken (failures: expected one of "
            "exception, timeout, out_of_memory, killed, lost, preempted, invalid_result, "
            "incompatible, untrusted, not 'bored'): mend it by hand, or delete the "
            "document / failed: trial document '…:2' is broken (failures: expected one of "
            "exception, timeout, out_of_memory, killed, lost, preempted, invalid_result, "
            "incompatible, untrusted, not 'bored'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.failures = {'lost': 'x'}",
        "failed",
        (
            "left alone: trial document '…:2' is broken (failures.lost: expected a whole "
            "number, not 'x'): mend it by hand, or delete the document / failed: trial "
            "document '…:2' is broken (failures.lost: expected a whole number, not 'x'): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.failures = {'lost': -1}",
        "failed",
        (
            "left alone: trial document '…:2' is broken (failures.lost: expected at least "
            "0, not -1): mend it by hand, or delete the document / failed: trial document "
            "'…:2' is broken (failures.lost: expected at least 0, not -1): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row("waiting.proposed missing", "works"),
    Row(
        "waiting.proposed = 5",
        "failed",
        (
            "left alone: trial document '…:2' is broken (proposed: expected an object, not "
            "5): mend it by hand, or delete the document / failed: trial document '…:2' is "
            "broken (proposed: expected an object, not 5): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row(
        "waiting.proposed = {'sampler': 5}",
        "failed",
        (
            "left alone: trial document '…:2' is broken (proposed.sampler: expected a "
            "string, not 5): mend it by hand, or delete the document / failed: trial "
            "document '…:2' is broken (proposed.sampler: expected a string, not 5): mend "
            "it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.user = 5",
        "failed",
        (
            "failed: trial document '…:2' is broken (user: expected an object, not 5): "
            "mend it by hand, or delete the document / left alone: trial document '…:2' is "
            "broken (user: expected an object, not 5): mend it by hand, or delete the "
            "document"
        ),
    ),
    Row(
        "waiting.enqueued_by = 5",
        "failed",
        (
            "left alone: trial document '…:2' is broken (enqueued_by: expected a string, "
            "not 5): mend it by hand, or delete the document / failed: trial document "
            "'…:2' is broken (enqueued_by: expected a string, not 5): mend it by hand, or "
            "delete the document"
        ),
    ),
    Row("waiting.waiting_since missing", "works"),
    Row(
        "waiting.waiting_since = 'abc'",
        "failed",
        (
            "left alone: trial document '…:2' is broken (waiting_since: expected a date, "
            "not 'abc'): mend it by hand, or delete the document / failed: trial document "
            "'…:2' is broken (waiting_since: expected a date, not 'abc'): mend it by hand, "
            "or delete the document"
        ),
    ),
    Row("waiting.waiting_since = the year 2999", "works"),
    Row("complete.loss missing", "works"),
    Row(
        "complete.loss = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (loss: expected a number, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.loss = nan", "works"),
    Row("complete.value missing", "works"),
    Row(
        "complete.value = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (value: expected a number, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.value = inf", "works"),
    Row("complete.result missing", "works"),
    Row(
        "complete.result = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (result: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.last = 5",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (last: expected an object, not 5): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "complete.last = {'step': 1}",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (last: lacks the field 'value'): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row("complete.finished_at missing", "works"),
    Row(
        "complete.finished_at = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (finished_at: expected a date, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.finished_at = the year 2999", "works"),
    Row("complete.started_at missing", "works"),
    Row(
        "complete.started_at = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (started_at: expected a date, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.duration_s missing", "works"),
    Row(
        "complete.duration_s = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:0' is broken (duration_s: expected a number, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("complete.duration_s = -1.0", "works"),
    Row("complete.state = 'waiting'", "works"),
    Row(
        "complete.state = 'running'", "works", "trial 0 of '…' was lost by a worker: waiting again"
    ),
    Row("waiting.order missing", "works"),
    Row(
        "waiting.order = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:2' is broken (order: expected a number, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.order = nan",
        "left alone",
        (
            "left alone: trial document '…:2' is broken (order: expected a finite number, "
            "not nan): mend it by hand, or delete the document"
        ),
    ),
    Row("waiting.order = 1e300", "works"),
    Row(
        "waiting.due_at = 'abc'",
        "works",
        (
            "left alone: trial document '…:2' is broken (due_at: expected a date, not "
            "'abc'): mend it by hand, or delete the document"
        ),
    ),
    Row("waiting.due_at = the year 2999", "works"),
    Row("waiting.state = 'running'", "works", "trial 2 of '…' was lost by a worker: waiting again"),
    Row("waiting.state = 'complete'", "works"),
    Row(
        "waiting.claim = 5",
        "works",
        (
            "left alone: trial document '…:2' is broken (claim: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "waiting.claim = {'worker': 'w', 'token': 't'}",
        "works",
        (
            "left alone: trial document '…:2' is broken (claim: lacks the field "
            "'expires_at'): mend it by hand, or delete the document"
        ),
    ),
    Row("running.claim missing", "works", "trial 1 of '…' was lost by a worker: waiting again"),
    Row(
        "running.claim = 5",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (claim: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "running.claim = {}",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (claim: lacks the field 'worker'): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "running.claim.token missing",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (claim: lacks the field 'token'): "
            "mend it by hand, or delete the document"
        ),
    ),
    Row(
        "running.claim.expires_at missing",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (claim: lacks the field "
            "'expires_at'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "running.claim.expires_at = 'soon'",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (claim.expires_at: expected a "
            "date, not 'soon'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "running.claim.expires_at = the year 2999",
        "works",
        "trial 1 of '…' was lost by worker agent: waiting again",
    ),
    Row("running.attempts missing", "works"),
    Row("running.attempts = []", "works"),
    Row(
        "running.attempts = [{}]",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (attempts[0]: lacks the field "
            "'n'): mend it by hand, or delete the document"
        ),
    ),
    Row(
        "running.params missing",
        "left alone",
        (
            "left alone: trial document '…:1' lacks the field 'params': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "running.params = 5",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (params: expected an object, not "
            "5): mend it by hand, or delete the document"
        ),
    ),
    Row("running.state = 'waiting'", "works"),
    Row(
        "running.state = 'sleeping'",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (state: expected one of waiting, "
            "running, complete, pruned, failed, cancelled, not 'sleeping'): mend it by "
            "hand, or delete the document"
        ),
    ),
    Row(
        "running.schema missing",
        "left alone",
        (
            "left alone: trial document '…:1' has schema None, expected 1: another version "
            "of parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "running.schema = 2",
        "left alone",
        (
            "left alone: trial document '…:1' has schema 2, expected 1: another version of "
            "parzen wrote it, use that one to read it"
        ),
    ),
    Row(
        "running.number missing",
        "left alone",
        (
            "left alone: trial document '…:1' lacks the field 'number': restore it, or "
            "delete the document"
        ),
    ),
    Row(
        "running.number = 'abc'",
        "left alone",
        (
            "left alone: trial document '…:1' is broken (number: expected a whole number, "
            "not 'abc'): mend it by hand, or delete the document"
        ),
    ),
)
