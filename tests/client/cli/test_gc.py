from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from engines.accounts import accounts

from parzen.client import cli
from parzen.client.cli import gc
from parzen.shared.records import Completed
from parzen.worker.workdirs import Workdirs

LONG_AGO = 1_000_000_000


@pytest.fixture
def ran(store, worked, home, new_hand):
    """A study of one finished, one running and one waiting trial, with directories here."""

    def make(name="s", uid="u1"):
        study = worked(Completed(value=0.5), waiting=2, name=name, uid=uid)
        (claim,) = new_hand().claim(study)
        workdirs = Workdirs(home / "work", store.queue.identity())
        done = store.catalog.trial(study, 0)
        old = replace(claim, trial=done, token=done.attempts[0].token)
        places = [workdirs.prepare(one) for one in (old, claim)]
        for place in places:
            (place.workdir / "checkpoint").write_text("42")
        return study, places

    return make


@pytest.fixture
def found(call):
    """What gc says to programs: {(where, what): (count, deleted)}."""

    def look(*words):
        code, out, _ = call("gc", "--json", *words)
        assert code == 0
        items = json.loads(out)["items"]
        return {(i["where"], f"{i['kind']} {i['why']}"): (i["count"], i["deleted"]) for i in items}

    return look


def age(folder):
    """As if all of it had been left long ago."""
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


DIRECTORIES = (gc.HERE, "directories of trials of deleted studies")
FINISHED = (gc.HERE, "directories of trials that are over")


def test_directories_of_a_deleted_study_are_shown_then_deleted(call, found, ran, home, store):
    study, places = ran()
    age(home / "work")
    assert found() == {}
    store.catalog.delete(study)

    assert found() == {DIRECTORIES: (2, 0)}
    code, out, err = call("gc", "--dry-run")
    assert (code, "directories of trials of deleted studies" in out) == (0, True)
    assert "nothing was deleted" not in err
    assert all(place.workdir.exists() for place in places)
    _, _, err = call("gc")
    assert "nothing was deleted; --yes deletes" in err

    code, out, _ = call("gc", "--yes")
    assert (code, "deleted 2 of 2: directories" in out) == (0, True)
    assert list((home / "work").iterdir()) == []


def test_what_was_touched_lately_stays(call, ran, store, monkeypatch):
    study, _ = ran()
    store.catalog.delete(study)
    monkeypatch.setattr("parzen.shared.printing.on_terminal", lambda: True)
    assert call("gc", "--yes") == (0, "Nothing is left over.\n", "")


def test_a_finished_trials_directory_goes_only_where_that_is_asked(found, ran, home, store):
    _, (done, runs) = ran()
    age(home / "work")
    weeks_ago = {"$subtract": ["$$NOW", 3 * 7 * 86_400_000]}
    store.db.jobs.update_one({"number": 0}, [{"$set": {"finished_at": weeks_ago}}])
    assert found("--yes") == {}
    assert found("--finished", "--older-than", "4w") == {}
    assert found("--finished", "--yes") == {FINISHED: (1, 1)}
    assert (done.workdir.exists(), runs.workdir.exists()) == (False, True)


def test_another_stores_directories_are_left_alone(call, home, tmp_path):
    for token in ("abc", "def"):
        (home / "work" / "s" / "0" / token).mkdir(parents=True)
    age(home / "work")
    code, out, err = call("gc", "--finished", "--yes")
    assert (code, out.count("\n")) == (0, 1)
    assert f"2 attempts, such as {home}/work/s/0/abc" in err
    assert (home / "work" / "s" / "0" / "def").exists()

    (tmp_path / "scratch" / "s" / "0" / "abc").mkdir(parents=True)
    _, _, err = call("gc", "--workdir", tmp_path / "scratch")
    assert f"{tmp_path}/scratch/s/0/abc" in err


def test_the_stores_orphans_and_fetched_objectives(found, store, home):
    (home / "bundles").mkdir(parents=True)
    (home / "bundles" / "abc.zip").write_bytes(b"x")
    (home / "bundles" / "new.zip").write_bytes(b"x")
    os.utime(home / "bundles" / "abc.zip", (LONG_AGO, LONG_AGO))
    store.db.jobs.insert_one(
        {"schema": 1, "uid": "gone", "number": 0, "study": "s", "state": "failed", "params": {}}
    )
    trials = (gc.IN_STORE, "trials of deleted studies")
    fetched = (gc.HERE, "fetched objectives that no study names")
    assert found() == {trials: (1, 0), fetched: (1, 0)}
    assert found("--yes") == {trials: (1, 1), fetched: (1, 1)}
    assert found() == {}
    assert [p.name for p in (home / "bundles").iterdir()] == ["new.zip"]


def test_who_is_asked_may_refuse(call, store, monkeypatch):
    store.db.measurements.insert_one(
        {"schema": 1, "uid": "gone", "number": 0, "step": 0, "value": 1.0}
    )
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, left in (("n", 1), ("y", 0)):
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda _, a=answer: a)
        code, _, _ = call("gc")
        assert (code, store.db.measurements.count_documents({})) == (0, left)


def test_who_may_not_delete_is_told_what_stays(store, store_uri, home, capsys, monkeypatch):
    store.db.jobs.insert_one(
        {"schema": 1, "uid": "gone", "number": 0, "study": "s", "state": "failed", "params": {}}
    )
    (home / "bundles").mkdir(parents=True)
    draft = home / "bundles" / ".draft-1"
    draft.touch()
    os.utime(draft, (LONG_AGO, LONG_AGO))
    with accounts(store_uri) as people:
        monkeypatch.setenv("PARZEN_STORE", people.uri("viewer"))
        code = cli.run(["gc", "--yes"])
    said = capsys.readouterr()
    assert code == 5
    assert "deleted 1 of 1: fetched objectives" in said.out
    assert "deleted 0 of 1: trials of deleted studies" in said.out
    assert "not authorized" in said.err
    assert store.db.jobs.count_documents({}) == 1
