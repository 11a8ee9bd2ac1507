import json
from datetime import datetime, timedelta, timezone

from parzen.client.cli import watch
from parzen.shared.lifecycle import FailureKind, StudyEvent
from parzen.shared.records import Cancelled, Completed, Direction, Failed, Failure, Limits, Run
from parzen.shared.store import Kept

FAILED = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


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
    assert said["last failure"].startswith("trial 1 failed: ValueError: no (`")
    assert "no live coordinator" in out
    assert "no live worker" in out


def test_status_says_who_proposes_and_why(call, worked, store):
    study = worked(waiting=1)
    assert "proposing" not in call("status", "s")[1]
    lead = store.ledger.lead(study.uid, "test", 30.0)
    store.ledger.keep_counts(
        [
            Kept(
                lead=lead,
                counts={},
                proposing="stage 2 of 4, optimiser: trials 40 to 69, by tpe",
            )
        ]
    )
    said = "\nproposing    stage 2 of 4, optimiser: trials 40 to 69, by tpe\n"
    assert said in call("status", "s")[1]
    assert said in call("show", "s")[1]
    [item] = json.loads(call("status", "s", "--json")[1])["items"]
    assert item["study"]["proposing"].startswith("stage 2 of 4")


def test_status_names_who_works_and_who_cannot(call, worked, store, a_worker, a_coordinator):
    worked()
    store.catalog.beat(a_coordinator())
    store.catalog.beat(a_worker("good", slots=3))
    store.catalog.beat(a_worker("bad", quarantined={"u1": "it runs Python 3.9"}))
    code, out, _ = call("status", "s")
    said = {line[:13].strip(): line[13:] for line in out.splitlines()}
    assert code == 0
    assert said["workers"] == "1 worker, 0 of 3 slots busy"
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
    store.catalog.beat(a_coordinator())
    store.catalog.beat(a_worker(slots=1, busy=1, runs=(Run(study="slow", number=3),)))
    assert (
        "\nlacks        the only slot of the worker that could run it is busy with another "
        "study (slow)\n" in call("status", "s")[1]
    )


def test_cancelled_trials_are_not_done(call, worked):
    worked(Completed(value=0.5), Cancelled(), Cancelled())
    assert "\ntrials       1 of 10 done (1 complete, 2 cancelled)\n" in call("status", "s")[1]


def test_status_shows_a_rate_only_while_somebody_works(call, worked, store, a_worker):
    study = worked(Completed(value=0.5), Completed(value=0.25))
    lately = datetime.now(timezone.utc)
    began = {"active_since": lately - timedelta(hours=1)}
    store.db.studies.update_one({"_id": "s"}, {"$set": began})

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
    assert "\nrate         too few trials ended lately to tell\n" in call("status", study.name)[1]


def test_a_paused_study_has_no_rate_and_no_end_in_sight(call, worked, store, a_worker):
    worked(*[Completed(value=1.0)] * 3)
    store.ledger.move(store.ledger.lead("u1", "test", 30.0), StudyEvent.PAUSE, reason="by ann")
    store.catalog.beat(a_worker())
    out = call("status", "s")[1]
    assert "\nrate         paused, so nothing new is started\n" in out
    assert " left" not in out


def test_of_a_wide_best_the_first_parameters_are_told(call, worked, monkeypatch):
    monkeypatch.setattr("parzen.client.cli.status.PARAMS", 0)
    worked(Completed(value=1.0))
    assert (
        "\n             and 1 parameter more: `parzen best s` shows all\n" in call("status", "s")[1]
    )


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


def test_status_counts_failures_by_kind_and_says_what_they_cost(call, worked, store):
    worked(Completed(value=0.5), FAILED, FAILED)
    for number, seconds in enumerate([10, 5, 5]):
        began = datetime(2026, 1, 1, tzinfo=timezone.utc)
        times = {"started_at": began, "ended_at": began + timedelta(seconds=seconds)}
        fields = {f"attempts.0.{name}": at for name, at in times.items()}
        store.db.jobs.update_one({"number": number}, {"$set": fields})
    out = call("status", "s")[1]
    assert "\nfailures     2 attempts: 2 exception\n" in out
    assert "\nto shorten   failed attempts took 50% of the workers' time: all by exception\n" in out
    [item] = json.loads(call("status", "s", "--json")[1])["items"]
    assert item["failures"] == {"exception": 2}
    assert item["improvements"] == [{"number": 0, "loss": 0.5}]


def test_a_person_sees_how_the_best_came_to_be(call, worked, terminal):
    worked(Completed(value=0.5), Completed(value=0.75), Completed(value=0.25))
    shown = call("status", "s")[1].splitlines()
    [top] = [line for line in shown if line.startswith("best so far")]
    assert top.split()[:4] == ["best", "so", "far", "0.5"]
    assert max(map(len, shown)) <= 100
    terminal(40)
    assert max(len(line) for line in call("status", "s")[1].splitlines() if "`" not in line) <= 40


def test_watching_ends_with_the_study(call, worked, store):
    study = worked(Completed(value=0.5))
    lead = store.ledger.lead(study.uid, "test", 30.0)
    store.ledger.move(lead, StudyEvent.COMPLETE, reason="it is over")
    code, out, err = call("status", "s", "--watch")
    assert (code, err) == (0, "")
    assert out.startswith("s: complete, 1/10 done, best 0.5 (#0), took 0:0")
    [item] = json.loads(call("status", "s", "--watch", "--json")[1])["items"]
    assert item["study"]["status"] == "complete"


def test_an_interrupted_watch_says_nothing(call, worked, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    worked()
    monkeypatch.setattr(watch, "report", interrupted)
    assert call("status", "s", "--watch") == (130, "", "")


def test_nobody_looks_without_a_pause(call, worked):
    worked()
    code, _, err = call("status", "s", "--watch", "--interval", "0")
    assert code == 2
    assert "0.0 is not in the range" in err
