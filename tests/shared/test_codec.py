from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import bson
import mongomock
import pytest
from bson.codec_options import CodecOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen.shared import codec
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.errors import Incompatible
from parzen.shared.lifecycle import FailureKind, Retries, StudyStatus, TrialState
from parzen.shared.records import (
    SCHEMA,
    Attempt,
    ClaimStamp,
    Device,
    DeviceUse,
    Direction,
    Failure,
    Image,
    Lease,
    Limits,
    Measurement,
    ObjectiveRef,
    Piece,
    Proposed,
    Pull,
    Requires,
    Run,
    SamplerSpec,
    Study,
    Trial,
    Uid,
    Want,
    Wish,
    Worker,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
names = text.filter(lambda s: s and "." not in s and not s.startswith("$"))
whole = st.integers(0, 2**40)
numbers = st.floats(allow_nan=False)
dates = st.integers(0, 10**12).map(lambda ms: NOON + timedelta(milliseconds=ms % 10**9))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | numbers | text | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
loose = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
mappings = st.dictionaries(text, loose, max_size=3)
versions = st.dictionaries(text, text, max_size=3)


def maybe(strategy):
    return st.none() | strategy


def some(strategy):
    return st.lists(strategy, max_size=3).map(tuple)


limits = st.builds(
    Limits,
    max_trials=maybe(whole),
    timeout_s=maybe(numbers),
    target_loss=maybe(numbers),
    patience=maybe(whole),
    max_consecutive_failures=maybe(whole),
)
dimensions = st.builds(
    Dimension,
    name=names,
    kind=st.sampled_from([Kind.FLOAT, Kind.INT, Kind.NORMAL]),
    low=maybe(numbers),
    high=maybe(numbers),
    log=st.booleans(),
    step=maybe(numbers),
    rounds=maybe(st.tuples(numbers, numbers)),
    mu=maybe(numbers),
    sigma=maybe(numbers),
    active_when=some(st.builds(Condition, name=names, value=plain)),
) | st.builds(
    Dimension,
    name=names,
    kind=st.just(Kind.CHOICE),
    choices=some(plain),
    weights=maybe(some(numbers)),
    active_when=some(st.builds(Condition, name=names, value=plain)),
)
studies = st.builds(
    Study,
    name=names,
    uid=text.map(Uid),
    dimensions=some(dimensions),
    direction=st.sampled_from(Direction),
    sampler=st.builds(SamplerSpec, name=text, options=mappings, seed=whole),
    limits=limits,
    retries=st.builds(Retries, lost=maybe(whole), preempted=maybe(whole), exception=maybe(whole)),
    trial_timeout_s=maybe(numbers),
    requires=st.builds(
        Requires,
        gpus=whole,
        gpu_memory_gb=maybe(numbers),
        labels=some(text),
        time_s=maybe(numbers),
    ),
    image=maybe(
        st.builds(
            Image,
            name=names,
            memory_gb=maybe(numbers),
            network=maybe(names),
            pull=st.sampled_from(Pull),
        )
    ),
    priority=whole,
    max_running=maybe(whole),
    objective=maybe(
        st.builds(
            ObjectiveRef,
            file=text,
            digest=text,
            bytes=whole,
            python=text,
            cloudpickle=text,
            entry=text,
            packages=versions,
            signed_by=maybe(text),
        )
    ),
    status=st.sampled_from(StudyStatus),
    status_reason=maybe(text),
    ending=maybe(st.sampled_from(StudyStatus)),
    wish=st.builds(Wish, want=st.sampled_from(Want), serial=whole, limits=maybe(limits)),
    wish_done=whole,
    lease=maybe(st.builds(Lease, holder=text, term=whole, expires_at=dates)),
    counts=st.dictionaries(st.sampled_from(TrialState), whole),
    best_number=maybe(whole),
    proposing=maybe(text),
    owner=maybe(text),
    tags=some(text),
    note=maybe(text),
    created_at=maybe(dates),
    active_since=maybe(dates),
    ended_at=maybe(dates),
)
failures = st.builds(
    Failure,
    kind=st.sampled_from(FailureKind),
    type=maybe(text),
    message=text,
    traceback=maybe(text),
    exit_code=maybe(whole),
    signal=maybe(text),
)
attempts = st.builds(
    Attempt,
    n=whole,
    token=text,
    worker=text,
    host=text,
    device=maybe(text),
    devices=some(
        st.builds(
            DeviceUse, uuid=names, name=text, peak_gb=maybe(numbers), utilisation=maybe(numbers)
        )
    ),
    bundle=maybe(text),
    workdir=maybe(text),
    started_at=maybe(dates),
    ended_at=maybe(dates),
    outcome=maybe(text),
    error=maybe(failures),
    log_tail=maybe(text),
    log_bytes=maybe(whole),
)
trials = st.builds(
    Trial,
    study=names,
    uid=text.map(Uid),
    number=whole,
    params=st.dictionaries(names, plain, max_size=4),
    state=st.sampled_from(TrialState),
    order=maybe(st.floats(allow_nan=False, allow_infinity=False)),
    loss=maybe(numbers),
    value=maybe(numbers),
    result=mappings,
    last=maybe(st.tuples(whole, numbers)),
    attempt=whole,
    attempts=some(attempts),
    failures=st.dictionaries(st.sampled_from(FailureKind), whole),
    claim=maybe(st.builds(ClaimStamp, worker=text, token=text, expires_at=dates)),
    proposed=maybe(
        st.builds(
            Proposed, sampler=text, term=whole, seen=whole, seconds=numbers, memo=maybe(mappings)
        )
    ),
    enqueued_by=maybe(text),
    user=mappings,
    note=maybe(text),
    waiting_since=maybe(dates),
    due_at=maybe(dates),
    started_at=maybe(dates),
    finished_at=maybe(dates),
    duration_s=maybe(numbers),
)
workers = st.builds(
    Worker,
    id=names,
    host=text,
    pid=whole,
    role=text,
    slots=whole,
    busy=whole,
    devices=some(
        st.builds(
            Device,
            uuid=names,
            name=text,
            index=text,
            slots=whole,
            mig=st.booleans(),
            memory_gb=maybe(numbers),
            used_gb=maybe(numbers),
            utilisation=maybe(numbers),
            trouble=maybe(text),
            silence=maybe(text),
        )
    ),
    runs=some(st.builds(Run, study=text, number=whole, devices=some(text))),
    time_left_s=maybe(numbers),
    leaving=st.booleans(),
    keeps_for=maybe(text),
    labels=some(text),
    studies=some(text),
    lease_s=numbers,
    versions=versions,
    started_at=maybe(dates),
    seen_at=maybe(dates),
    quarantined=versions,
)

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def through_bson(document):
    """What a database gives back for ``document``."""
    return bson.decode(bson.encode(document), CodecOptions(tz_aware=True))


@quick
@given(studies)
def test_a_study_comes_back_as_it_went(study):
    assert codec.decode_study(through_bson(codec.study_document(study))) == study


@quick
@given(trials)
def test_a_trial_comes_back_as_it_went(trial):
    assert codec.decode_trial(through_bson(codec.trial_document(trial))) == trial


@quick
@given(workers)
def test_a_worker_comes_back_as_it_went(worker):
    assert codec.decode_worker(through_bson(codec.worker_document(worker))) == worker


def test_a_measurement_comes_back_as_it_went():
    measurement = Measurement(uid=Uid("u"), number=1, step=2, value=0.5, attempt=3)
    document = {**codec.measurement_document(measurement), "_id": 1, "at": NOON}

    assert codec.decode_measurement(through_bson(document)) == measurement


def test_a_piece_of_output_comes_back_as_it_went():
    piece = Piece(uid=Uid("u"), number=1, attempt=3, token="t", offset=2, data=b"\xff\0")
    document = codec.piece_document(piece)

    assert document["_id"] == "t:2"
    assert codec.decode_piece(through_bson(document)) == piece
    with pytest.raises(Incompatible, match=r"output document 't:2' is broken \(data"):
        codec.decode_piece({**document, "data": "text"})


SPACE = (
    Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam"), weights=(0.25, 0.75)),
    Dimension(
        name="opt/sgd/momentum",
        kind=Kind.FLOAT,
        low=0.0,
        high=0.99,
        active_when=(Condition("opt", "sgd"),),
    ),
    Dimension(name="units", kind=Kind.INT, low=1, high=8, step=1, log=True),
)
STUDY = Study(name="digits", uid=Uid("abc"), dimensions=SPACE)
TRIAL = Trial(
    study="digits",
    uid=Uid("abc"),
    number=7,
    params={"opt": "sgd", "opt/sgd/momentum": 0.5, "shape": (3, (1, 2))},
    order=7,
)


def test_a_studys_document_reads_as_the_design_says():
    document = codec.study_document(STUDY)

    assert document["_id"] == "digits"
    assert document["schema"] == SCHEMA
    assert document["dimensions"] == [
        {
            "name": "opt",
            "kind": "choice",
            "choices": ["sgd", "adam"],
            "weights": [0.25, 0.75],
        },
        {
            "name": "opt/sgd/momentum",
            "kind": "float",
            "low": 0.0,
            "high": 0.99,
            "log": False,
            "active_when": [{"name": "opt", "value": "sgd"}],
        },
        {"name": "units", "kind": "int", "low": 1, "high": 8, "log": True, "step": 1},
    ]
    assert document["limits"]["max_trials"] is None
    assert document["retries"]["preempted"] is None
    assert document["wish"] == {"want": "run", "serial": 0}
    assert document["sampler"] == {"name": "auto", "options": {}, "seed": 0}
    assert "lease" not in document
    assert "status_reason" not in document


def test_the_ends_of_a_rounded_continuum_stand_beside_its_steps():
    grid = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=9.0, step=3.0, rounds=(0.0, 10.0))
    document = codec.dimension_document(grid)

    assert document["rounds"] == [0.0, 10.0]
    assert codec.decode_dimension(document) == grid


def test_a_trials_document_reads_as_the_design_says():
    assert codec.trial_document(TRIAL) == {
        "_id": "abc:7",
        "schema": SCHEMA,
        "study": "digits",
        "uid": "abc",
        "number": 7,
        "state": "waiting",
        "order": 7,
        "params": {"opt": "sgd", "opt/sgd/momentum": 0.5, "shape": [3, [1, 2]]},
        "attempt": 0,
        "attempts": [],
        "failures": {},
    }


def test_people_can_query_the_documents_by_hand():
    db = mongomock.MongoClient().parzen
    for number, momentum in enumerate([0.9, 0.1, 0.5]):
        trial = Trial(
            study="digits",
            uid=Uid("abc"),
            number=number,
            params={"opt": "sgd", "opt/sgd/momentum": momentum},
            state=TrialState.COMPLETE,
            loss=momentum,
            value=-momentum,
        )
        db.jobs.insert_one(codec.trial_document(trial))
    db.jobs.insert_one(codec.trial_document(TRIAL))

    done = {"study": "digits", "state": "complete"}
    best = list(db.jobs.find(done, {"params": 1}).sort("loss", 1).limit(1))
    assert best == [{"_id": "abc:1", "params": {"opt": "sgd", "opt/sgd/momentum": 0.1}}]
    assert db.jobs.count_documents({"params.opt/sgd/momentum": {"$gte": 0.5}, **done}) == 2


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, None, "1", True])
def test_a_document_of_another_schema_is_left_alone(schema):
    for decode, document in [
        (codec.decode_study, codec.study_document(STUDY)),
        (codec.decode_trial, codec.trial_document(TRIAL)),
        (codec.decode_worker, codec.worker_document(Worker(id="w", host="h", pid=1))),
    ]:
        with pytest.raises(Incompatible, match=f"{document['_id']}.*has schema {schema!r}"):
            decode({**document, "schema": schema})


REQUIRED = {"_id", "schema", "study", "uid", "number", "params", "state"}


@pytest.mark.parametrize("name", sorted(set(codec.trial_document(TRIAL)) - REQUIRED))
def test_a_missing_optional_field_is_no_matter(name):
    document = codec.trial_document(TRIAL)
    del document[name]

    assert codec.decode_trial(document).number == 7


def test_a_study_needs_only_what_identifies_it():
    document = {"_id": "a", "schema": SCHEMA, "uid": "u", "status": "active", "dimensions": []}

    assert codec.decode_study(document) == Study(name="a", uid=Uid("u"), dimensions=())


def test_fields_that_nobody_knows_are_ignored():
    document = {**codec.study_document(STUDY), "my_note": "mine"}
    document["limits"]["max_cost"] = 3

    assert codec.decode_study(document) == STUDY


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("state", "wating", "state: expected one of waiting, running"),
        ("number", "seven", "expected a whole number, not 'seven'"),
        ("number", float("inf"), "broken"),
        ("params", [1], "expected an object"),
        ("loss", "0.5", "expected a number, not '0.5'"),
        ("attempts", [{"n": 1}], "attempts[0]: lacks the field 'token'"),
        ("attempts", 3, "attempts: expected a list, not 3"),
        ("failures", {"bored": 1}, "'bored'"),
        ("last", {"step": 1}, "lacks the field 'value'"),
        ("claim", "mine", "broken"),
        ("study", None, "expected a string"),
    ],
)
def test_a_trial_that_was_broken_by_hand_says_what_is_wrong(field, value, says):
    document = {**codec.trial_document(TRIAL), field: value}

    with pytest.raises(Incompatible, match="'abc:7'") as raised:
        codec.decode_trial(document)
    assert says in str(raised.value)


def test_a_missing_required_field_is_named():
    document = codec.trial_document(TRIAL)
    del document["params"]

    with pytest.raises(Incompatible, match="'abc:7' lacks the field 'params'"):
        codec.decode_trial(document)


NOWHERE = ObjectiveRef(file="f", digest="d", bytes=1, python="3.11", cloudpickle="3", entry="e")
FULL = codec.study_document(
    replace(STUDY, lease=Lease(holder="c", term=1, expires_at=NOON), objective=NOWHERE)
)


def broken(document, path, value):
    """A deep copy of ``document`` with ``value`` at ``path``."""
    copy = through_bson(document)
    *above, last = path
    inner = copy
    for step in above:
        inner = inner[step] if isinstance(step, int) else inner.setdefault(step, {})
    inner[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("limits", "max_trials"), "x", "limits.max_trials: expected a whole number, not 'x'"),
        (("limits", "max_trials"), 1.5, "limits.max_trials: expected a whole number, not 1.5"),
        (("limits", "max_trials"), True, "limits.max_trials: expected a whole number, not True"),
        (("limits", "timeout_s"), "x", "limits.timeout_s: expected a number, not 'x'"),
        (("limits", "patience"), "x", "limits.patience"),
        (("limits", "target_loss"), "x", "limits.target_loss"),
        (("limits", "max_consecutive_failures"), "x", "limits.max_consecutive_failures"),
        (("limits",), "x", "expected an object, not 'x'"),
        (("max_running",), "x", "max_running"),
        (("requires", "gpus"), "x", "requires.gpus"),
        (("requires", "labels"), [1], "requires.labels[0]: expected a string, not 1"),
        (("image",), {"cpus": 1}, "image: lacks the field 'name'"),
        (("image",), {"name": "a", "pull": "now"}, "image.pull: expected one of missing, always"),
        (("image",), {"name": "a", "cpus": "1"}, "image.cpus: expected a number, not '1'"),
        (("dimensions", 1, "low"), "a", "dimensions[1].low: expected a number, not 'a'"),
        (("dimensions", 1, "log"), 1, "dimensions[1].log: expected true or false, not 1"),
        (("dimensions", 1, "kind"), None, "dimensions[1].kind: expected Kind, not None"),
        (("dimensions", 0, "weights"), [0.5, "x"], "dimensions[0].weights[1]"),
        (("dimensions", 1, "rounds"), [1.0], "dimensions[1].rounds: expected two numbers, not 1"),
        (("dimensions", 1, "rounds"), [1.0, "x"], "dimensions[1].rounds[1]: expected a number"),
        (("dimensions", 1, "rounds"), 0.5, "dimensions[1].rounds: expected a list, not 0.5"),
        (("wish", "serial"), "x", "wish.serial"),
        (("wish", "limits"), {"patience": "x"}, "wish.limits.patience"),
        (("wish_done",), "x", "wish_done"),
        (("lease", "expires_at"), "x", "lease.expires_at: expected a date, not 'x'"),
        (("lease", "term"), "x", "lease.term"),
        (("objective", "packages"), "x", "objective.packages: expected an object"),
        (("sampler", "options"), "x", "sampler.options: expected an object"),
        (("sampler", "seed"), "x", "sampler.seed"),
        (("priority",), "x", "priority"),
        (("priority",), None, "priority"),
        (("trial_timeout_s",), "x", "trial_timeout_s"),
        (("counts", "complete"), "x", "counts.complete"),
        (("owner",), {"name": "ann"}, "owner: expected a string"),
        (("best_number",), "x", "best_number"),
        (("proposing",), 5, "proposing: expected a string"),
        (("retries", "lost"), "x", "retries.lost"),
        (("created_at",), "x", "created_at"),
    ],
)
def test_a_study_with_a_field_of_another_type_is_broken(path, value, says):
    with pytest.raises(Incompatible, match="'digits' is broken") as raised:
        codec.decode_study(broken(FULL, path, value))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("waiting_since",), "x", "waiting_since: expected a date"),
        (("failures", "lost"), "x", "failures.lost: expected a whole number"),
        (("claim",), {"worker": "w", "token": "t", "expires_at": "x"}, "claim.expires_at"),
        (("attempts",), [{"n": "x", "token": "t", "worker": "w", "host": "h"}], "attempts[0].n"),
        (("proposed",), {"sampler": "tpe", "memo": 1}, "proposed.memo: expected an object"),
        (("last",), {"step": 1, "value": "x"}, "expected a number, not 'x'"),
    ],
)
def test_a_trial_with_a_field_of_another_type_is_broken(path, value, says):
    with pytest.raises(Incompatible, match="'abc:7' is broken") as raised:
        codec.decode_trial(broken(codec.trial_document(TRIAL), path, value))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("path", "value"), [(("slots",), "x"), (("seen_at",), 1), (("versions", "parzen"), 1)]
)
def test_a_worker_with_a_field_of_another_type_is_broken(path, value):
    document = codec.worker_document(Worker(id="w", host="h", pid=1))

    with pytest.raises(Incompatible, match=f"'w' is broken .{'.'.join(path)}: expected"):
        codec.decode_worker(broken(document, path, value))


def test_a_whole_number_that_a_shell_wrote_as_a_double_is_one():
    document = broken(FULL, ("limits", "max_trials"), 50.0)
    document = broken(document, ("counts", "complete"), 3.0)
    document = broken(document, ("dimensions", 1, "low"), 0)

    study = codec.decode_study(document)

    assert isinstance(study.limits.max_trials, int)
    assert isinstance(study.counts[TrialState.COMPLETE], int)
    assert study.dimensions == SPACE
