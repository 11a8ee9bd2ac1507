import json
from datetime import datetime, timedelta, timezone

import pytest

from parzen.shared.lifecycle import FailureKind, StudyEvent, TrialState
from parzen.shared.records import Completed, Direction, Failed, Failure, Limits, Want

FAILED = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


def test_no_studies_yet(call):
    assert call("studies") == (
        0,
        "name\tstatus\tdone\trunning\tfailed\tsampler\tcreated\towner\n",
        "",
    )


def test_studies_are_listed_newest_first(call, worked):
    worked(Completed(value=0.5), FAILED, waiting=1)
    worked(name="second", uid="u2", owner="me@laptop")
    code, out, _ = call("studies")
    header, second, first = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert dict(zip(header, second, strict=True))["owner"] == "me@laptop"
    assert first[:6] == ["s", "active", "2/10", "0", "1", "auto"]


def test_studies_for_programs(call, worked):
    worked(Completed(value=0.5), FAILED)
    found = json.loads(call("studies", "--json")[1])
    assert (found["parzen"], found["kind"]) == (1, "studies")
    [item] = found["items"]
    assert item["name"] == "s"
    assert item["counts"] == {"complete": 1, "failed": 1}
    assert item["limits"]["max_trials"] == 10
    assert item["created_at"].endswith("+00:00")


def test_status_says_what_there_is_and_what_is_missing(call, worked):
    worked(
        Completed(value=0.5),
        FAILED,
        Completed(value=0.25),
        waiting=1,
        direction=Direction.MAXIMIZE,
        limits=Limits(max_trials=10, timeout_s=120, target_loss=-0.9, patience=5),
    )
    code, out, err = call("status", "s")
    assert (code, err) == (0, "")
    said = {line[:13].strip(): line[13:] for line in out.splitlines()}
    assert said["s"] == "active"
    assert said["trials"] == "3 of 10 done (1 waiting, 2 complete, 1 failed)"
    assert said["limits"] == (
        "10 trials, 2:00 of time, a value of 0.9, 5 trials without improvement"
    )
    assert said["best"] == "0.5  (trial 0)"
    assert said["coordinator"] == "none alive"
    assert said["failure"].startswith("trial 1 failed: ValueError: no (`")
    assert "no live coordinator" in out
    assert "no live worker" in out


def test_status_names_who_works_and_who_cannot(call, worked, store, a_worker, a_coordinator):
    worked()
    store.catalog.beat(a_coordinator())
    store.catalog.beat(a_worker("good", slots=3))
    store.catalog.beat(a_worker("bad", quarantined={"u1": "it runs Python 3.9"}))
    code, out, _ = call("status", "s")
    said = {line[:13].strip(): line[13:] for line in out.splitlines()}
    assert code == 0
    assert said["workers"] == "1 worker, 3 slots"
    assert said["coordinator"] == "host:2:c"
    assert said["cannot run"] == "bad: it runs Python 3.9"
    assert "no live" not in out


def test_status_counts_workers_that_cannot_run_it(call, worked, store, a_worker):
    worked()
    store.catalog.beat(a_worker("bad", quarantined={"u1": "it runs Python 3.9"}))
    assert "\nworkers      1 worker, none can run it\n" in call("status", "s")[1]


def test_status_says_once_why_nobody_can_run_it(call, worked, store, a_worker, a_coordinator):
    worked()
    store.catalog.beat(a_coordinator())
    for name in ("n1", "n2"):
        store.catalog.beat(a_worker(name, quarantined={"u1": "it is not signed"}))
    out = call("status", "s")[1]
    assert "\nworkers      2 workers, none can run it\n" in out
    assert out.endswith("\ncannot run   n1, n2: it is not signed\n")
    assert out.count("it is not signed") == 1
    [item] = json.loads(call("status", "s", "--json")[1])["items"]
    assert len(item["lacks"]) == 1


def test_status_says_that_other_studies_have_every_slot(
    call, worked, store, a_worker, a_coordinator
):
    worked(waiting=2)
    other = worked(waiting=1, name="slow", uid="u2")
    lead = store.ledger.lead(other.uid, "test", 30.0)
    store.ledger.keep_counts(lead, {TrialState.RUNNING: 1}, None)
    store.catalog.beat(a_coordinator())
    store.catalog.beat(a_worker(slots=1, busy=1))
    assert (
        "\nnote         the only slot of the worker that could run it is busy with another "
        "study (slow)\n" in call("status", "s")[1]
    )


def test_status_shows_a_rate_only_while_somebody_works(call, worked, store, a_worker):
    study = worked(Completed(value=0.5), Completed(value=0.25))
    lately = datetime.now(timezone.utc)

    def finished(number, at):
        store.db.jobs.update_one({"number": number}, {"$set": {"finished_at": at}})

    finished(0, lately - timedelta(seconds=10))
    finished(1, lately)
    assert "\nrate         no worker runs it now\n" in call("status", "s")[1]
    [item] = json.loads(call("status", "s", "--json")[1])["items"]
    assert (item["rate"], item["left_s"]) == (None, None)
    store.catalog.beat(a_worker())
    out = call("status", "s")[1]
    assert "\nrate         0.1 trials/s, about 1:20 left\n" in out
    finished(0, lately - timedelta(seconds=1010))
    finished(1, lately - timedelta(seconds=1000))
    assert "\nrate         nothing finished lately\n" in call("status", study.name)[1]


def test_status_for_programs(call, worked):
    worked(Completed(value=0.5))
    [item] = json.loads(call("status", "s", "--json")[1])["items"]
    assert item["study"]["name"] == "s"
    assert item["best"]["value"] == 0.5
    assert len(item["lacks"]) == 2


def test_an_ended_study_says_why_and_asks_for_nobody(call, worked, store):
    study = worked(Completed(value=0.5))
    lead = store.ledger.lead(study.uid, "test", 30.0)
    store.ledger.move(lead, StudyEvent.COMPLETE, reason="it reached 1 trial")
    _, out, _ = call("status", "s")
    assert out.startswith("s            complete: it reached 1 trial\n")
    assert "no live" not in out


@pytest.mark.parametrize("command", ["status", "cancel", "trials", "best"])
def test_an_unknown_study_names_the_nearest(call, worked, command):
    worked()
    code, out, err = call(command, "ss")
    assert (code, out) == (3, "")
    assert err == "parzen: there is no study 'ss': did you mean 's'?\n"


def test_cancel_is_a_wish_for_the_coordinator(call, worked, store, a_coordinator):
    worked(waiting=1)
    store.catalog.beat(a_coordinator())
    assert call("cancel", "s") == (0, "study 's' is to end; its coordinator carries it out\n", "")
    assert store.catalog.study("s").wish.want is Want.CANCEL


def test_a_cancel_without_a_coordinator_says_that_it_waits(call, worked, store):
    worked(waiting=1)
    code, out, err = call("cancel", "s")
    assert (code, out) == (0, "study 's' is to end; no coordinator runs now\n")
    assert err.startswith("note: the cancel waits until a coordinator runs: start `")
    assert err.count("\n") == 1
    assert store.catalog.study("s").wish.want is Want.CANCEL
    assert "asked for    cancel, which no coordinator has carried out yet" in call("status", "s")[1]


def test_an_ended_study_is_not_cancelled_again(call, worked, store):
    study = worked()
    lead = store.ledger.lead(study.uid, "test", 30.0)
    store.ledger.move(lead, StudyEvent.CANCEL)
    assert call("cancel", "s")[1] == "study 's' had ended already: cancelled\n"
    assert store.catalog.study("s").wish.serial == 0


def test_a_store_that_was_never_made_is_not_made_by_looking(call, monkeypatch, tmp_path):
    monkeypatch.delenv("PARZEN_STORE")
    code, _, err = call("studies", "--data-dir", tmp_path / "none")
    assert code == 3
    assert f"there is no store in {tmp_path}/none: name yours with --store" in err
    assert not (tmp_path / "none").exists()
