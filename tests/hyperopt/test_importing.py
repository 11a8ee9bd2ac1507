"""Trials of Hyperopt's in a study: from a database as it writes it, and from a file of its own."""

import pickle
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from gridfs import GridFS
from pymongo import MongoClient

from parzen.client import cli, connect
from parzen.hyperopt import hp, importing, unpickling
from parzen.hyperopt.domain import Domain
from parzen.shared.errors import Conflict, InvalidInput, NotFound
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study, Uid

SPACE = {
    "lr": hp.loguniform("l.r", -5, 0),
    "opt": hp.choice("opt", [{"m": hp.uniform("m", 0, 1)}, "adam"]),
}
STUDY = Study(name="s", uid=Uid("u"), dimensions=Domain(len, SPACE).translation.dimensions)
AT = datetime(2020, 1, 2, tzinfo=timezone.utc)


def job(tid, exp_key="first", state=2, **fields):
    """A job as Hyperopt 0.3.0 inserts it, and its workers change it."""
    vals = fields.pop("vals", {"l.r": [0.1 + tid / 100], "opt": [tid % 2], "m": [0.5][tid % 2 :]})
    at = AT + timedelta(minutes=tid)
    return {
        "state": state, "tid": tid, "spec": None, "exp_key": exp_key, "version": 3,
        "result": {"status": "ok", "loss": float(tid)} if state == 2 else {"status": "new"},
        "misc": {"tid": tid, "cmd": ["domain_attachment", "FMinIter_Domain"], "workdir": None,
                 "idxs": {label: [tid] for label in vals}, "vals": vals},
        "owner": ["node:77"], "book_time": at, "refresh_time": at + timedelta(seconds=9), **fields,
    }  # fmt: skip


@pytest.fixture
def theirs(mongod_uri):
    """A database of Hyperopt's with two experiments, and its address."""
    name = f"hyperopt_{uuid.uuid4().hex}"
    with MongoClient(mongod_uri) as client:
        db = client[name]
        files = GridFS(db)
        files.put(b"never unpickled", filename="FMinIter_Domain", exp_key="first")
        weights = files.put(b"weights", filename="0_weights")
        db.jobs.insert_many([
            job(0, _attachments=[["weights", weights], ["../gone", "no such id"], "odd"]),
            job(1),
            job(2, state=3, error=["<class 'ValueError'>", "no file"]),
            job(3, state=1), job(4, state=0), job(5, state=4),
            job(6, exp_key=None),
        ])  # fmt: skip
        for key in ("exp_key", "result.loss", "book_time"):
            db.jobs.create_index(key)
        db.job_ids.insert_one({"a": 0, "last_id": 7})
        place, _, options = mongod_uri.removeprefix("mongodb://").partition("/parzen?")
        yield db, f"mongo://{place}/{name}/jobs?{options}"
        client.drop_database(name)


@pytest.fixture
def uri(store, mongod_uri):
    """The address of the test's own store."""
    return mongod_uri.replace("/parzen?", f"/{store.db.name}?")


@pytest.fixture
def handle(uri, new_study):
    new_study("s", dimensions=STUDY.dimensions, max_trials=10)
    with connect(uri) as client:
        yield client.study("s")


def everything(db):
    return {
        name: (list(db[name].find()), db[name].index_information())
        for name in db.list_collection_names()
    }


def test_an_experiment_is_imported_and_its_database_is_left_as_it_was(theirs, handle):
    db, address = theirs
    before = everything(db)
    done = handle.import_trials(address, name="first")
    assert everything(db) == before

    assert done.states == {"complete": 2, "failed": 1, "cancelled": 1}
    assert (done.unfinished, done.attachments, done.max_trials) == (2, 1, 14)
    first, _, failed, _ = handle.trials()
    choice = next(d for d in handle.record.dimensions if d.name == "opt")
    assert first.params == {"l%2Er": 0.1, "opt": choice.choices[0], "m": 0.5}
    assert (first.loss, first.started_at, first.duration_s) == (0.0, AT, 9.0)
    assert first.user == {"hyperopt": {"tid": 0, "exp_key": "first", "owner": ["node:77"]}}
    assert first.enqueued_by.endswith(f"/{db.name}:first:0")
    assert "@" not in first.enqueued_by
    assert failed.result == {"error": ["<class 'ValueError'>", "no file"]}
    assert handle.attachment(0, "weights") == b"weights"


def test_what_is_left_out_is_told(theirs, handle):
    db, address = theirs
    db.jobs.update_one({"tid": 1}, {"$set": {"result.model": db.jobs.find_one()["_id"]}})
    db.jobs.insert_one({"tid": 8, "exp_key": "first"})
    with pytest.raises(InvalidInput, match="trial 8: its state is None; it must be a number"):
        handle.import_trials(address, name="first")
    done = handle.import_trials(address, name="first", skip_invalid=True)
    where = done.source.partition(" of ")[2]
    assert list(done.notes[:4]) == [
        "'model' was left out of the result of 1 trial: a document cannot hold it",
        "the attachment '../gone' is called '_/gone' from now on",
        "2 trials that had not ended are left out",
        "left out: trial 8: its state is None; it must be a number from 0 to 4",
    ]
    assert done.notes[4] == (
        "left out: trial 0: the attachment '../gone' cannot be had: the file no such id is not in "
        f"the bucket 'fs' of {where.removeprefix('mongo://')}: it was deleted"
    )


def test_one_that_is_too_large_is_not_fetched(theirs, handle, monkeypatch):
    monkeypatch.setattr(importing, "ATTACHMENT_BYTES", 3)
    done = handle.import_trials(theirs[1], name="first")
    assert done.attachments == 0
    assert "'weights' has 7 bytes; it must have at most 3" in " ".join(done.notes)


def rows(address, name=None, **options):
    with importing.open_source(STUDY, address, name=name, **options) as source:
        return list(source.rows)


def test_the_experiment_that_is_meant_is_the_only_one_or_named(theirs):
    db, address = theirs
    with pytest.raises(InvalidInput, match=r"2 experiments: say which with --name .* 'first', No"):
        rows(address)
    with pytest.raises(NotFound, match="holds no experiment 'other': it holds 'first', None"):
        rows(address, "other")
    assert [row.number for row in rows(address, "None")] == [6]
    db.jobs.delete_many({"exp_key": "first"})
    assert [row.number for row in rows(address.removeprefix("mongo://"))] == [6]
    db.jobs.delete_many({"exp_key": None})
    db.jobs.insert_one({"schema": 1, "uid": "u", "number": 0, "state": "complete"})
    with pytest.raises(NotFound, match="holds no trials of Hyperopt's"):
        rows(address)


def held(monkeypatch, *documents):
    """A file that holds ``documents``, without the process that reads it."""
    found = unpickling.Unpickled(documents=list(documents))
    monkeypatch.setattr(unpickling, "unpickled", lambda *_, **__: found)
    return "trials.pkl"


@pytest.mark.parametrize(("name", "keys"), [("None", (None, "None")), ("1", (1, "1", 2))])
def test_a_name_that_means_two_experiments_is_refused(monkeypatch, name, keys):
    words = held(monkeypatch, *(job(tid, exp_key=key) for tid, key in enumerate(keys)))
    listed = ", ".join(map(repr, keys[:2]))
    with pytest.raises(InvalidInput, match=f"name '{name}' means 2 experiments of .*, {listed}:"):
        rows(words, name)


def test_what_is_no_document_is_a_row_that_is_refused(monkeypatch):
    first, odd, last = rows(held(monkeypatch, job(0), "None", job(2)))
    assert (first.number, last.number) == (0, 2)
    assert str(odd) == "_dynamic_trials[1]: it is None; it must be a dict"


def test_hyperopts_database_is_not_made_a_store(theirs):
    db, address = theirs
    before = everything(db)
    uri = address.replace("mongo://", "mongodb://").replace("/jobs?", "?")
    with pytest.raises(Conflict, match=r"7 documents of another program .*`parzen import`"):
        connect(uri)
    assert everything(db) == before


@pytest.mark.parametrize(
    ("words", "options", "error", "why"),
    [
        ("none.pkl", {}, NotFound, r"no file 'none\.pkl': .* or a database as mongo://"),
        ("mongo://h:1/db", {"trust_pickle": True}, InvalidInput, r"--trust-pickle .* address"),
        ("h:1/db/mine", {}, InvalidInput, "names the collection 'mine'"),
        ("mongo://ann:s3cret@h:1/db/mine", {}, InvalidInput, "mongo://ann:.*@h:1/db/mine"),
    ],
)
def test_what_cannot_be_opened_is_told(tmp_path, monkeypatch, words, options, error, why):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=why) as told:
        rows(words, **options)
    assert "s3cret" not in str(told.value)


def test_a_file_that_hyperopt_made_is_imported(uri, new_study, store, tmp_path, capsys):
    np, hyperopt = pytest.importorskip("numpy"), pytest.importorskip("hyperopt")
    theirs, trials = hyperopt.hp, hyperopt.Trials()

    def objective(found):
        model = {"model": object()} if found["lr"] > 0.1 else {}
        attached = {"weights": b"1", "log": "text"}
        return {"status": "ok", "loss": found["lr"], "attachments": attached, **model}

    hyperopt.fmin(
        objective,
        {"lr": theirs.loguniform("l.r", -5, 0), "opt": theirs.choice("opt", [{"m": 1}, "adam"])},
        algo=hyperopt.rand.suggest, max_evals=9, trials=trials, show_progressbar=False,
        rstate=np.random.default_rng(1), verbose=False,
    )  # fmt: skip
    path = tmp_path / "trials.pkl"
    path.write_bytes(pickle.dumps(trials))
    space = {"lr": SPACE["lr"], "opt": hp.choice("opt", ["sgd", "adam"])}
    new_study("p", dimensions=Domain(len, space).translation.dimensions)

    words = ["import", "p", str(path), "--from", "hyperopt", "--store", uri]
    assert cli.run(words) == 2
    assert "say --trust-pickle" in capsys.readouterr().err
    assert cli.run([*words, "--trust-pickle"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"imported 9 trials from {path} into 'p' (9 complete) with 18 attachm")
    lost = sum(loss > 0.1 for loss in trials.losses())
    assert f"'model' was left out of the result of {lost} trials" in err
    study = store.catalog.study("p")
    found = list(store.catalog.trials(study))
    assert [t.loss for t in found] == trials.losses()
    assert [t.params["l%2Er"] for t in found] == trials.vals["l.r"]
    assert [t.params["opt"] for t in found] == [("sgd", "adam")[n] for n in trials.vals["opt"]]
    assert all(t.state is TrialState.COMPLETE and t.started_at is not None for t in found)
    assert store.catalog.attachment(study, 3, "log") == b"text"
