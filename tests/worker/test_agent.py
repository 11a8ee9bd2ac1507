"""The agent against a real database, with real processes."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from parzen.shared.errors import StoreUnreachable
from parzen.shared.lifecycle import FailureKind, Retries, StudyEvent, StudyStatus
from parzen.shared.records import Order, Requires, Want
from parzen.worker.agent import Agent
from parzen.worker.executor.messages import Message
from parzen.worker.executor.process import MARK
from parzen.worker.options import Options
from parzen.worker.place import mark_of


def lives(pid):
    """Whether it runs; in the tests' own process orphans are init's to collect, not the agent's."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_trial_is_run_and_reported_whole(new_lab, run_all):
    def objective(params, trial):
        print("hello from the objective")  # noqa: T201 - output is what is tried
        for step in range(3):
            trial.report(step, 1.0 - step / 10)
        trial.attach("curve.txt", b"0123")
        return {"loss": params["x"], "note": {"device": trial.device}}

    lab = new_lab(objective)
    agent = run_all(1)
    trial = lab.trial()
    assert (trial.state.value, trial.loss, trial.value) == ("complete", 0.5, 0.5)
    assert trial.result == {"note": {"device": "cpu"}}
    assert trial.last == (2, 0.8)
    (attempt,) = trial.attempts
    assert attempt.outcome == "complete"
    assert attempt.worker == agent.worker.id
    assert attempt.device == "cpu"
    assert attempt.bundle == lab.study.objective.digest
    assert attempt.log_tail == "hello from the objective\n"
    assert attempt.workdir == str(agent.workdirs.root / lab.study.name / "0" / attempt.token)
    mark = json.loads(mark_of(Path(attempt.workdir)).read_text())
    assert mark == {"store": lab.store.queue.identity(), "uid": lab.study.uid}
    assert lab.store.catalog.attachment(lab.study, 0, "curve.txt") == b"0123"
    stored = lab.store.db["measurements"].find({"uid": lab.study.uid}).sort("step")
    assert [(m["step"], m["value"], m["attempt"]) for m in stored] == [
        (0, 1.0, 1),
        (1, 0.9, 1),
        (2, 0.8, 1),
    ]


def test_output_is_whole_in_its_file_and_its_tail_is_in_the_document(new_lab, run_all):
    def objective(params):
        os.system("seq 1 5000")
        return 0.0

    lab = new_lab(objective)
    run_all(1)
    (attempt,) = lab.trial().attempts
    whole = Path(attempt.workdir + ".log").read_text().split()
    assert whole == [str(n) for n in range(1, 5001)]
    assert attempt.log_tail.endswith("4999\n5000\n")
    assert 0 < len(attempt.log_tail) <= 4096
    assert attempt.log_tail.split()[0] in whole


def test_a_study_is_set_up_once_for_each_child(new_lab, run_all, tracks):
    path = str(tracks.folder / "setup")

    def setup():
        with Path(path).open("a") as notes:
            notes.write(f"{os.getpid()}\n")
        return os.getpid()

    def objective(params, trial):
        assert trial.shared == os.getpid()
        if trial.number == 1:
            os.chdir("/")
        return 0.0

    lab = new_lab(objective, trials=4, setup=setup)
    run_all(4)
    assert lab.states() == ["complete"] * 4
    pids = tracks.lines("setup")
    assert len(pids) == len(set(pids)) == 2  # the second child came after the leftover of trial 1


def raises(params, trial):
    raise ValueError("bad luck")


def crashes(params, trial):
    os.abort()


def exits(params, trial):
    sys.exit(3)


def runs_out_of_memory(params, trial):
    return {"loss": 0.0, "much": "x" * (1 << 62)}


def forgets_to_return(params, trial):
    pass


def hangs(params, trial):
    time.sleep(300)


@pytest.mark.parametrize(
    ("objective", "kind", "message"),
    [
        (raises, FailureKind.EXCEPTION, "bad luck"),
        (crashes, FailureKind.KILLED, "killed by SIGABRT"),
        (exits, FailureKind.KILLED, "sys.exit(3)"),
        (runs_out_of_memory, FailureKind.OUT_OF_MEMORY, ""),
        (forgets_to_return, FailureKind.INVALID_RESULT, "forget to return"),
        (hangs, FailureKind.TIMEOUT, "longer than trial_timeout_s = 0.5"),
    ],
)
def test_each_failure_is_told_by_its_kind(new_lab, run_all, objective, kind, message):
    lab = new_lab(objective, trial_timeout_s=0.5, retries=Retries(out_of_memory=0))
    run_all(1)
    trial = lab.trial()
    assert trial.state.value == "failed"
    assert trial.failures == {kind: 1}
    error = trial.attempts[0].error
    assert error.kind is kind
    assert message in error.message
    if kind is FailureKind.EXCEPTION:
        assert error.traceback.splitlines()[-1] == "ValueError: bad luck"


def test_what_a_trial_says_in_the_name_of_its_process_harms_nobody_else(new_lab, run_all, caplog):
    def objective(params, trial):
        done = {"outcome": "completed", "value": 1.0, "result": {}, "replace": None}
        failed = {"outcome": "failed", "kind": "preempted", "message": ""}
        said = [
            ("measured", {"step": 1 << 70, "value": 0.0}),
            ("measured", {"step": 0, "value": 10**400}),
            ("attached", {"name": "\udc80"}),
            ("done", {**done, "value": 10**400}),
            ("done", {**failed}),
            ("done", {**failed, "kind": "exception", "type": {}}),
            ("done", {**done, "value": float("nan")}),
            ("done", {**done, "result": {"n": 1 << 64}}),
        ]
        if trial.number < len(said):
            kind, fields = said[trial.number]
            trial._line.send(Message(kind, fields))
            time.sleep(300)
        trial.report(0, 0.5)
        return 0.25

    lab = new_lab(objective, trials=9)
    with caplog.at_level("INFO"):
        run_all(9, slots=3)
    assert lab.states() == ["failed"] * 8 + ["complete"]
    kinds = [kind for n in range(8) for kind in lab.trial(n).failures]
    assert kinds == [FailureKind.KILLED] * 6 + [FailureKind.INVALID_RESULT] * 2
    assert lab.trial(8).last == (0, 0.5)
    told = [line for line in caplog.messages if " complete: " in line]
    assert len(told) == 1
    assert "trial 8" in told[0]


def test_a_failure_with_budget_left_is_tried_again_with_its_last_directory(
    new_lab, new_agent, until
):
    def objective(params, trial):
        if trial.attempt == 1:
            (trial.workdir / "checkpoint").write_text("saved")
            raise OSError("try again")
        return {"loss": 0.0, "found": (trial.previous_workdir / "checkpoint").read_text()}

    lab = new_lab(objective, retries=Retries(exception=1))
    new_agent()
    until(lambda: lab.trial().due_at is not None)
    until(lambda: lab.store.ledger.queue_due(lab.lead()))
    until(lambda: lab.trial().state.value == "complete")
    assert lab.trial().result == {"found": "saved"}
    assert [a.outcome for a in lab.trial().attempts] == ["failed", "complete"]


def test_a_trial_that_takes_too_long_ends_with_all_that_it_started(new_lab, run_all, tracks):
    path = str(tracks.folder / "pids")

    def objective(params):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"
        pids = [os.getpid()]
        for new_session in (False, True):
            command = [sys.executable, "-c", deaf]
            pids.append(subprocess.Popen(command, start_new_session=new_session).pid)
        Path(path).write_text("\n".join(map(str, pids)))
        time.sleep(300)

    lab = new_lab(objective, trial_timeout_s=2.0)
    run_all(1, grace_s=0.2)
    assert lab.trial().attempts[0].error.kind is FailureKind.TIMEOUT
    pids = [int(line) for line in tracks.lines("pids")]
    assert len(pids) == 3
    assert not any(map(lives, pids))


def test_a_trial_that_times_out_may_save_itself(new_lab, run_all, tracks):
    path = str(tracks.folder / "saved")

    def objective(params):
        def save(*_):
            Path(path).touch()
            os._exit(0)

        signal.signal(signal.SIGTERM, save)
        time.sleep(300)

    lab = new_lab(objective, trial_timeout_s=1.0)
    run_all(1, grace_s=30.0)
    assert lab.trial().attempts[0].error.kind is FailureKind.TIMEOUT
    assert (tracks.folder / "saved").exists()


def waits_for_stop(params, trial):
    trial.report(0, 0.0)
    while not trial.should_stop():
        time.sleep(0.01)
    if trial.number == 1:
        return 0.25
    raise trial.pruned()


def ignores_stop(params, trial):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    trial.report(0, 0.0)
    time.sleep(300)


def running(lab, numbers=(0,)):
    """Whether these trials run and have reported something."""
    return all(lab.trial(n).last is not None for n in numbers)


def test_a_cancelled_study_stops_its_trials_and_keeps_what_they_return(new_lab, new_agent, until):
    lab = new_lab(waits_for_stop, trials=2)
    new_agent(slots=2, lease_s=3600.0)  # no renewal tells them
    until(lambda: running(lab, (0, 1)))
    lab.store.catalog.wish(lab.study.name, Want.CANCEL)
    until(lambda: "running" not in lab.states())
    assert lab.states() == ["cancelled", "complete"]
    assert lab.trial(1).loss == 0.25


def test_a_trial_that_does_not_listen_is_ended_after_the_grace(
    new_lab, new_agent, until, monkeypatch
):
    monkeypatch.setattr("parzen.worker.attempt.LAST_WORDS_S", 0.1)
    lab = new_lab(ignores_stop)
    new_agent(grace_s=0.2)
    until(lambda: running(lab))
    lead = lab.lead()
    lab.store.ledger.move(lead, StudyEvent.STOP, ending=StudyStatus.COMPLETE)
    until(lambda: lab.states() == ["cancelled"])


def test_a_deleted_study_stops_its_trials(new_lab, new_agent, until):
    lab = new_lab(waits_for_stop)
    agent = new_agent()
    until(lambda: running(lab))
    lab.store.db["studies"].delete_one({"_id": lab.study.name})
    until(lambda: agent.agent.worker.busy == 0)


def test_stopping_gives_trials_back_at_no_cost(new_lab, new_agent, until):
    lab = new_lab(waits_for_stop, trials=3)
    agent = new_agent(slots=2)
    until(lambda: running(lab, (0, 1)))
    agent.agent.stop()
    assert agent.join() == 0
    assert lab.states() == ["waiting", "complete", "waiting"]
    trial = lab.trial(0)
    assert (trial.failures, trial.attempts[0].outcome) == ({FailureKind.PREEMPTED: 1}, "released")
    assert trial.order is not None
    assert list(lab.store.queue.workers()) == []


def test_a_second_stop_does_not_wait_for_the_grace(new_lab, new_agent, until):
    lab = new_lab(waits_for_stop_in_vain)
    agent = new_agent(grace_s=3600.0)
    until(lambda: running(lab))
    agent.agent.stop()
    agent.agent.stop()
    assert agent.join() == 0
    assert lab.states() == ["waiting"]


def waits_for_stop_in_vain(params, trial):
    trial.report(0, 0.0)
    time.sleep(300)


def test_draining_finishes_what_runs_and_takes_nothing_new(new_lab, new_agent, until, tracks):
    go = str(tracks.folder / "go")

    def objective(params, trial):
        trial.report(0, 0.0)
        while not Path(go).exists():
            time.sleep(0.01)
        return 0.0

    lab = new_lab(objective, trials=2)
    agent = new_agent()
    until(lambda: running(lab))
    agent.agent.drain()
    Path(go).touch()
    assert agent.join() == 0
    assert lab.states() == ["complete", "waiting"]


def test_a_trial_that_was_taken_away_is_ended_and_not_reported(new_lab, new_agent, until, caplog):
    lab = new_lab(waits_for_stop)
    agent = new_agent(lease_s=2.0)
    until(lambda: running(lab))
    lab.store.db["jobs"].update_one(
        {"uid": lab.study.uid}, {"$set": {"claim.token": "another's", "claim.worker": "another"}}
    )
    until(lambda: agent.agent.worker.busy == 0)
    agent.agent.stop()
    agent.join()
    assert lab.states() == ["running"]
    assert "went to somebody else" in caplog.text


class Between:
    """The store's queue, with a hand on the line to it."""

    def __init__(self, queue):
        self._queue = queue
        self.before = {}

    def __getattr__(self, name):
        call = getattr(self._queue, name)

        def through(*args, **kwargs):
            self.before.get(name, lambda *_: None)(*args)
            return call(*args, **kwargs)

        return through


class Line:
    def __init__(self, store):
        self.queue = Between(store.queue)


@pytest.fixture
def line(store):
    return Line(store)


def start(line, tmp_path, **options):
    given = {"home": tmp_path / "home", "grace_s": 1.0, **options}
    return Agent(line, Options(**given))


def test_a_report_that_comes_too_late_is_refused(new_lab, line, tmp_path, caplog):
    lab = new_lab(lambda params: 0.0)

    def steal(done):
        lab.store.db["jobs"].update_one(
            {"uid": lab.study.uid}, {"$set": {"claim.token": "another's"}}
        )

    line.queue.before["report"] = steal
    assert start(line, tmp_path, max_trials=1).run() == 0
    assert lab.states() == ["running"]
    assert lab.trial().loss is None
    assert "went to somebody else" in caplog.text


def test_an_outage_loses_nothing(new_lab, line, tmp_path, caplog):
    def objective(params, trial):
        trial.report(0, 0.5)
        trial.attach("a", b"1")
        return 0.25

    lab = new_lab(objective)
    for call in ("report", "renew", "attach", "bundle", "claim"):
        counted = []

        def twice(*_, counted=counted):
            counted.append(1)
            if len(counted) <= 2:
                raise StoreUnreachable("no server answered")

        line.queue.before[call] = twice
    assert start(line, tmp_path, max_trials=1).run() == 0
    trial = lab.trial()
    assert (trial.loss, trial.last, trial.attempt) == (0.25, (0, 0.5), 1)
    assert lab.store.catalog.attachment(lab.study, 0, "a") == b"1"
    assert "the store does not answer" in caplog.text


def test_a_lease_that_runs_out_here_ends_its_trial(new_lab, line, tmp_path, until, caplog):
    lab = new_lab(waits_for_stop)

    def away(*_):
        if "its lease ran out" not in caplog.text:
            raise StoreUnreachable("no server answered")

    line.queue.before["renew"] = away
    assert start(line, tmp_path, max_trials=1, lease_s=2.0).run() == 0
    assert "its lease ran out" in caplog.text
    assert lab.states() == ["waiting"]


def test_what_cannot_be_reported_in_the_end_is_said(new_lab, line, tmp_path, until, monkeypatch):
    monkeypatch.setattr("parzen.worker.agent.FAREWELL_S", 0.2)
    lab = new_lab(lambda params: 0.0)
    reported = threading.Event()

    def away(*_):
        reported.set()
        raise StoreUnreachable("no server answered")

    line.queue.before["report"] = away
    agent = start(line, tmp_path, max_trials=1, grace_s=0.0)
    codes = []
    thread = threading.Thread(target=lambda: codes.append(agent.run()))
    thread.start()
    assert reported.wait(30.0)
    agent.stop()
    thread.join(30.0)
    assert codes == [1]
    assert lab.states() == ["running"]


def changed(chunks):
    chunk = chunks.find_one()
    chunks.update_one({"_id": chunk["_id"]}, {"$set": {"data": chunk["data"][::-1]}})


def cut(chunks):
    chunks.update_one({}, {"$set": {"data": b"short"}})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (changed, (FailureKind.UNTRUSTED, "not the one that was submitted")),
        (cut, (FailureKind.INCOMPATIBLE, "cannot be fetched")),
    ],
)
def test_a_study_that_cannot_run_here_is_left_to_others(new_lab, new_agent, until, damage, said):
    kind, reason = said

    def objective(params):
        return 0.0

    lab = new_lab(objective)
    chunks = lab.store.db["objectives.chunks"]
    damage(chunks)
    agent = new_agent()
    until(lambda: agent.agent.worker.quarantined)
    until(lambda: any(w.quarantined for w in lab.store.queue.workers()))
    until(lambda: lab.states() == ["waiting"])
    (worker,) = lab.store.queue.workers()
    assert reason in worker.quarantined[lab.study.uid]
    trial = lab.trial()
    assert trial.order is not None
    assert trial.attempts[0].error.kind is kind
    assert trial.attempt == 1


def test_a_study_name_that_leads_elsewhere_is_quarantined(new_lab, new_agent, until):
    lab = new_lab(lambda params: 0.0, name="../outside")
    agent = new_agent()
    until(lambda: agent.agent.worker.quarantined)
    assert "cannot name a directory" in agent.agent.worker.quarantined[lab.study.uid]


def test_labels_and_names_choose_what_is_served(new_lab, new_agent, until):
    bare = new_lab(lambda params: 0.0)
    big = new_lab(lambda params: 0.0, requires=Requires(labels=("big",)))
    gpu = new_lab(lambda params: 0.0, requires=Requires(gpus=1))
    other = new_lab(lambda params: 0.0)
    names = tuple(lab.study.name for lab in (bare, big, gpu))
    new_agent(studies=names, labels=("big", "fast"))
    until(lambda: (bare.states(), big.states()) == (["complete"], ["complete"]))
    assert (gpu.states(), other.states()) == (["waiting"], ["waiting"])


def test_an_idle_agent_hears_of_new_work_and_new_studies(new_lab, new_agent, until):
    lab = new_lab(lambda params: 0.0, trials=0)
    agent = new_agent()
    until(lambda: agent.agent._listening._watch is not None)  # white box: it is idle by now
    lab.insert(1)
    until(lambda: lab.states() == ["complete"])
    until(lambda: agent.agent._listening._watch is not None)
    late = new_lab(lambda params: 0.0)
    until(lambda: late.states() == ["complete"])


def test_a_paused_study_starts_nothing_new(new_lab, new_agent, until):
    lab = new_lab(lambda params: 0.0)
    lab.store.catalog.wish(lab.study.name, Want.PAUSE)
    active = new_lab(lambda params: 0.0)
    new_agent()
    until(lambda: active.states() == ["complete"])
    assert lab.states() == ["waiting"]


def test_studies_take_turns(new_lab, run_all, monkeypatch):
    monkeypatch.setattr("parzen.worker.warmth.STAY_S", 0.0)
    labs = [new_lab(lambda params: 0.0, trials=4) for _ in range(2)]
    run_all(4)
    assert [lab.states().count("complete") for lab in labs] == [2, 2]


def test_every_slot_is_filled_and_results_are_written_together(new_lab, line, tmp_path, tracks):
    meet = str(tracks.folder)

    def objective(params, trial):
        Path(meet, str(trial.number)).touch()
        while len(list(Path(meet).iterdir())) < 3:
            time.sleep(0.01)
        return 0.0

    lab = new_lab(objective, trials=3)
    counts = []
    line.queue.before["claim"] = lambda worker, studies, count, room: counts.append(count)
    assert start(line, tmp_path, slots=3, max_trials=3).run() == 0
    assert lab.states() == ["complete"] * 3
    assert counts[0] == 3


def test_an_agent_without_work_quits_when_it_was_told_to(new_agent, store):
    agent = new_agent(idle_timeout_s=0.1)
    assert agent.join() == 0
    assert list(store.queue.workers()) == []


def test_a_worker_says_who_it_is(new_agent, store, until):
    new_agent(slots=3, labels=("big",), name="node7")
    (worker,) = until(store.queue.workers)
    assert worker.id.startswith(f"node7:{os.getpid()}:")
    assert (worker.slots, worker.labels, worker.role) == (3, ("big",), "worker")
    assert worker.versions["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert worker.versions["parzen"]


def test_what_a_trial_started_outside_its_session_ends_with_its_child(new_lab, run_all, tracks):
    path = str(tracks.folder / "pid")

    def objective(params):
        assert MARK in os.environ
        process = subprocess.Popen(["sleep", "300"], start_new_session=True)
        Path(path).write_text(f"{process.pid}\n")
        return 0.0

    lab = new_lab(objective)
    run_all(1)
    assert lab.states() == ["complete"]
    assert not lives(int(tracks.lines("pid")[0]))


def test_trials_are_claimed_ahead_where_they_are_short_and_never_more_than_the_quota(
    new_lab, new_agent, until
):
    def objective(params, trial):
        return 0.0

    lab = new_lab(objective, trials=300)
    most = []
    agent = new_agent(slots=2, max_trials=200)
    while agent.alive:
        most.append(lab.store.db.jobs.count_documents({"state": "running"}))
    assert agent.join() == 0
    assert max(most) > 4  # more than run, and than have just ended
    assert lab.states().count("complete") == 200
    assert lab.states().count("waiting") == 100
    assert lab.store.db.jobs.count_documents({"attempt": {"$gt": 0}}) == 200


def held_up(number, each_s=0.0):
    """An objective of so many seconds, whose trial of that number waits for a gate besides."""

    def objective(params, trial):
        gate = pathlib.Path(trial.workdir.parents[2] / "gate")
        time.sleep(each_s)
        while trial.number == number and not gate.exists():
            time.sleep(0.01)
        return 0.0

    return objective


def gave_back(lab):
    return lab.store.db.jobs.count_documents({"attempts.outcome": "unbegun"}) > 0


def test_what_waits_behind_a_long_trial_is_given_back_at_no_cost(new_lab, new_agent, until):
    """Short trials let the agent claim ahead; then one comes that takes its time."""

    lab = new_lab(held_up(100), trials=160, retries=Retries(preempted=0))
    agent = new_agent()
    until(lambda: gave_back(lab))
    assert lab.trial(100).state == "running"
    (agent.agent.workdirs.root / "gate").touch()
    until(lambda: set(lab.states()) == {"complete"})
    assert all(not trial.failures for trial in lab.store.catalog.trials(lab.study))


def claimed_early(lab, new_agent, monkeypatch):
    """Which of a slot's regular trials were claimed before the one in front of them had ended."""
    claimed, kind = {}, type(lab.store.queue)
    real, count = kind.claim, len(lab.states())

    def claim(*arguments):
        found = real(*arguments)
        claimed.update((one.trial.number, time.monotonic()) for one in found)
        return found

    monkeypatch.setattr(kind, "claim", claim)
    assert new_agent(max_trials=count).join() == 0
    trials = list(lab.store.catalog.trials(lab.study, slim=False))
    assert [trial.attempt for trial in trials] == [1] * count
    ended = {trial.number: trial.result["ended"] for trial in trials}
    return [n for n in range(1, count) if claimed[n] < ended[n - 1]]


def regular(params):
    time.sleep(0.2)
    return {"loss": 0.0, "ended": time.monotonic()}


def test_the_next_of_regular_trials_is_claimed_before_the_one_that_runs_has_ended(
    new_lab, new_agent, monkeypatch
):
    assert claimed_early(new_lab(regular, trials=20), new_agent, monkeypatch)


def test_none_is_claimed_early_of_a_study_that_says_how_many_may_run(
    new_lab, new_agent, monkeypatch
):
    lab = new_lab(regular, trials=20, max_running=1)
    assert not claimed_early(lab, new_agent, monkeypatch)


def test_behind_a_trial_that_is_not_as_regular_as_those_before_one_is_claimed_once(
    new_lab, new_agent, until
):
    lab = new_lab(held_up(12, each_s=0.1), trials=16, retries=Retries(preempted=0))
    agent = new_agent()
    until(lambda: gave_back(lab))
    agent.agent._claiming.soon()  # it may ask again whenever it likes
    began = lab.store.ledger.now()
    until(lambda: (lab.store.ledger.now() - began).total_seconds() > 2.5)
    assert [trial.attempt for trial in lab.store.catalog.trials(lab.study)][13:] == [1, 0, 0]
    (agent.agent.workdirs.root / "gate").touch()
    until(lambda: set(lab.states()) == {"complete"})


def until_gate(params, trial):
    while not (trial.workdir.parents[2] / "gate").exists():
        if trial.should_stop():
            return None
        time.sleep(0.01)
    return 0.0


def test_a_worker_that_is_told_to_drain_finishes_and_quits(new_lab, new_agent, until):
    lab = new_lab(until_gate, trials=3)
    agent = new_agent()
    until(lambda: agent.agent.worker.busy == 1)
    me = agent.agent.worker
    assert [run.number for run in me.runs] == [0]
    assert lab.store.catalog.ask(me.id, Order.DRAIN)
    until(lambda: any(worker.leaving for worker in lab.store.catalog.workers()))
    (agent.agent.workdirs.root / "gate").touch()
    assert agent.join() == 0
    assert lab.states() == ["complete", "waiting", "waiting"]
    assert lab.store.catalog.workers() == []
    assert not lab.store.catalog.ask(me.id, Order.DRAIN)


def test_one_that_is_told_to_give_back_does_so_once_and_with_the_grace(new_lab, new_agent, until):
    lab = new_lab(until_gate, trials=1)
    agent = new_agent()
    until(lambda: "running" in lab.states())
    lab.store.catalog.ask(agent.agent.worker.id, Order.STOP)
    assert agent.join() == 0
    trial = lab.trial()
    assert (trial.state.value, trial.failures) == ("waiting", {FailureKind.PREEMPTED: 1})
