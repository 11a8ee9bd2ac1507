"""Trials in containers of a real Docker engine, through a whole agent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engines.patience import until
from engines.unixproxy import UnixProxy

from parzen.client import presence
from parzen.client.invocation import Invocation
from parzen.shared.lifecycle import FailureKind, StudyStatus
from parzen.shared.records import Image, Pull, Want
from parzen.worker.containers import host
from parzen.worker.executor.container import ONE_EACH
from parzen.worker.executor.protocol import Gone, Measured

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _its_engine(engine, monkeypatch):
    """Agents find the engine; nothing of theirs is left there."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    yield
    assert left(engine) == []


def left(engine, *more):
    return engine.docker("ps", "--all", "--quiet", "--filter", "label=parzen.trial", *more).split()


def test_a_trial_is_nobody_and_writes_only_what_is_its_own(new_lab, run_all, base):
    def objective(params, trial):
        def refused(path):
            try:
                Path(path).touch()
            except OSError as error:
                return error.strerror
            return None

        (trial.workdir / "model").write_text("weights")
        sys.stdout.write("said\n")
        (Path(os.environ["HOME"]) / "cache").write_text("x")
        status = dict(x.split(":\t", 1) for x in Path("/proc/self/status").read_text().splitlines())
        return {
            "loss": params["x"],
            "uid": os.getuid(),
            "rights": [status["CapEff"], status["CapBnd"], status["NoNewPrivs"]],
            "refused": [refused(p) for p in ("/etc/x", "/usr/x", str(trial.workdir.parent / "x"))],
            "cwd": str(Path.cwd()) == str(trial.workdir),
        }

    lab = new_lab(objective, image=Image(name=base))
    agent = run_all()
    trial = lab.trial()
    assert trial.state.value == "complete", trial.attempts[-1].error
    found = trial.result
    assert found["uid"] == (os.geteuid() or 10001)
    assert found["rights"] == ["0000000000000000", "0000000000000000", "1"]
    assert None not in found["refused"]
    assert found["cwd"]
    workdir = Path(trial.attempts[-1].workdir)
    assert (workdir / "model").read_text() == "weights"
    assert Path(f"{workdir}.log").read_text() == "said\n"
    assert trial.attempts[-1].log_tail == "said\n"
    assert list((agent.workdirs.root / ".children").iterdir()) == []


def test_there_is_no_network_unless_asked(new_lab, run_all, engine, base):
    def objective(params, trial):
        try:
            socket.create_connection(("192.0.2.1", 53), 2.0).close()
        except OSError as error:
            outside = error.strerror
        try:
            socket.getaddrinfo("example.com", 80)
        except OSError:
            names = "none"
        interfaces = sorted(name for _, name in socket.if_nameindex())
        return {"loss": 0.0, "outside": outside, "names": names, "interfaces": interfaces}

    lab = new_lab(objective, image=Image(name=base))
    run_all()
    found = lab.trial().result
    assert (found["outside"], found["names"]) == ("Network is unreachable", "none")
    assert "eth0" not in found["interfaces"]

    network = f"parzen-test-{os.getpid()}"
    engine.docker("network", "create", "--internal", network)
    try:
        lab = new_lab(
            lambda params: {"loss": 0.0, "named": [n for _, n in socket.if_nameindex()]},
            image=Image(name=base, network=network),
        )
        run_all()
        assert "eth0" in lab.trial().result["named"]
    finally:
        engine.docker("network", "rm", network)


def test_what_is_beyond_its_memory_is_out_of_memory(new_lab, run_all, base):
    def objective(params):
        return float(len(bytearray(os.urandom(1)) * (400 << 20)))

    lab = new_lab(objective, image=Image(name=base, memory_gb=0.1))
    run_all()
    assert lab.trial().attempts[-1].error.kind is FailureKind.OUT_OF_MEMORY


def test_limits_are_those_of_the_study(contained_rig):
    def objective(params):
        status = os.statvfs("/dev/shm")
        for quota in ("cpu/cpu.cfs_quota_us", "cpu.max"):
            path = Path("/sys/fs/cgroup") / quota
            if path.exists():
                cpu = int(path.read_text().split()[0])
        return {
            "loss": 0.0,
            "cpu": cpu,
            "shm": status.f_blocks * status.f_frsize,
            "threads": os.environ["OMP_NUM_THREADS"],
        }

    rig = contained_rig(objective, cpus=0.5, shm_gb=0.25)
    found = rig.run(rig.spawn(), environ={"OMP_NUM_THREADS": "4"})[-1].outcome.result
    assert (found["cpu"], found["threads"]) == (50_000, "1")
    assert abs(found["shm"] - 250_000_000) < 1 << 20


def test_a_cancelled_study_stops_its_trial_which_saves_itself(new_lab, new_agent, engine, base):
    def objective(params, trial):
        trial.report(1, 0.5)
        while not trial.should_stop():
            time.sleep(0.01)
        trial.attach("checkpoint", b"so far")
        return 0.5

    lab = new_lab(objective, image=Image(name=base))
    running = new_agent()
    until(lambda: lab.trial().last == (1, 0.5))
    assert len(left(engine)) == 1
    lab.store.catalog.wish(lab.study.name, Want.CANCEL)
    until(lambda: lab.trial().state.value != "running")
    until(lambda: left(engine) == [])
    assert lab.store.catalog.attachment(lab.study, 0, "checkpoint") == b"so far"
    running.agent.stop()
    assert running.join() == 0


def test_one_that_runs_too_long_is_ended(new_lab, run_all, base):
    def objective(params):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)

    lab = new_lab(objective, image=Image(name=base), trial_timeout_s=0.5)
    run_all()
    assert lab.trial().attempts[-1].error.kind is FailureKind.TIMEOUT


def test_a_preempted_trial_finds_what_it_had_saved(new_lab, new_agent, run_all, base):
    def objective(params, trial):
        before = trial.previous_workdir
        if before is not None:
            return {"loss": 0.0, "found": (before / "saved").read_text()}
        (trial.workdir / "saved").write_text("so far")
        trial.report(1, 0.5)
        while not trial.should_stop():
            time.sleep(0.01)
        return None

    lab = new_lab(objective, image=Image(name=base))
    running = new_agent()
    until(lambda: lab.trial().last is not None)
    running.agent.stop()
    assert running.join() == 0
    assert lab.trial().attempts[-1].outcome == "released"
    run_all()
    assert lab.trial().result == {"found": "so far"}


def test_when_the_agent_is_killed_so_is_the_trial_and_the_next_agent_tidies_up(
    new_lab, new_worker, run_all, engine, base
):
    def objective(params, trial):
        if trial.attempt > 1:
            return 0.0
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        trial.report(1, 0.5)
        time.sleep(600)
        return 1.0

    lab = new_lab(objective, image=Image(name=base))
    process = new_worker("--lease", "2")
    until(lambda: lab.trial().last is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: left(engine, "--filter", "status=exited") == left(engine) != [])
    until(lambda: lab.store.ledger.expire(lab.lead()))
    run_all()
    assert lab.trial().state.value == "complete"


def test_containers_of_an_agent_that_lives_are_left_alone(
    new_lab, new_agent, run_all, engine, base
):
    def patient(params, trial):
        trial.report(1, 0.5)
        while not trial.should_stop():
            time.sleep(0.01)
        return 0.5

    lab = new_lab(patient, image=Image(name=base), name="patient")
    running = new_agent(studies=("patient",))
    until(lambda: lab.trial().last is not None)
    [theirs] = left(engine)
    quick = new_lab(lambda params: 0.0, image=Image(name=base), name="quick")
    run_all(studies=("quick",))
    assert quick.trial().state.value == "complete"
    assert left(engine) == [theirs]
    running.agent.stop()
    running.join()


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (Image(name="registry.invalid/none:1"), "the image registry.invalid/none:1 cannot be pul"),
        (Image(name="not-here:1", pull=Pull.NEVER), "the image not-here:1 is not on this machine"),
        (Image(name="", network="not-there"), "network not-there not found"),
        (Image(name="", cpus=4096.0), "Range of CPUs"),
    ],
)
def test_an_image_that_cannot_be_run_is_said_and_costs_the_trial_nothing(
    new_lab, new_agent, base, image, why
):
    image = Image(**{n: getattr(image, n) for n in image.__slots__} | {"name": image.name or base})
    lab = new_lab(lambda params: 0.0, image=image)
    running = new_agent()
    until(lambda: lab.trial().attempts and lab.trial().attempts[0].error)
    error = lab.trial().attempts[0].error
    assert error.kind is FailureKind.INCOMPATIBLE
    assert why in error.message
    assert lab.trial().state.value == "waiting"

    def told():
        live = lab.store.catalog.workers()
        return any(
            why in sentence
            for sentence in presence.lacks(lab.store.catalog.study(lab.study.name), live, CALL)
        )

    until(told)
    running.agent.stop()
    running.join()


CALL = Invocation("/d", None)


def test_another_image_is_tried_at_once(new_lab, new_agent, base):
    lab = new_lab(lambda params: 0.0, image=Image(name="not-here:1", pull=Pull.NEVER))
    running = new_agent()
    until(lambda: lab.trial().attempts and lab.trial().attempts[0].error)
    lab.store.catalog.amend(lab.store.catalog.study(lab.study.name), {"image": Image(name=base)})
    until(lambda: lab.trial().state.value == "complete")
    running.agent.stop()
    running.join()


def test_an_image_without_the_right_python_says_so(contained_rig, engine, tmp_path):
    name = f"parzen-test-empty:{os.getpid()}"
    (tmp_path / "empty").mkdir()
    archive = tmp_path / "empty.tar"
    subprocess.run(["tar", "-C", tmp_path / "empty", "-cf", archive, "."], check=True)
    engine.docker("import", archive, name)
    try:
        rig = contained_rig(lambda params: 0.0, image=name)
        done = rig.run(rig.spawn())[-1]
    finally:
        engine.docker("rmi", "--force", name)
    assert done.replace == ONE_EACH
    assert done.outcome.error.kind is FailureKind.INCOMPATIBLE
    assert f"the image {name} has no python3 that can be run" in done.outcome.error.message
    assert "python3" in rig.log.read_text()


def test_a_container_that_somebody_ends_was_killed(contained_rig, engine):
    def objective(params, trial):
        trial.report(0, 0.0)
        time.sleep(60)

    rig = contained_rig(objective)
    for word in (["kill"], ["rm", "--force"]):
        child = rig.spawn()
        child.run(rig.job())
        events = []
        while Measured(0, 0.0) not in events:
            events += child.receive(30.0)
        engine.docker(*word, *left(engine))
        assert rig.rest(child)[-1] == Gone(signal="SIGKILL")
        child.kill(0.0)


def test_an_engine_that_dies_takes_no_trial_with_it(new_lab, new_worker, engine, base, monkeypatch):
    proxy = UnixProxy(Path("/tmp") / f"parzen-proxy-{os.getpid()}", engine.host[len("unix://") :])
    monkeypatch.setenv("DOCKER_HOST", f"unix://{proxy.path}")

    def objective(params, trial):
        trial.report(1, 0.5)
        while not (trial.workdir / "go").exists():
            time.sleep(0.01)
        return 0.5

    def able():
        return [worker.containers for worker in lab.store.catalog.workers()]

    lab = new_lab(objective, image=Image(name=base), trials=2)
    try:
        process = new_worker()
        until(lambda: lab.trial(0).last is not None)
        proxy.cut()
        (Path(lab.trial(0).attempts[-1].workdir) / "go").touch()
        until(lambda: lab.trial(0).state.value == "complete")  # its line is not the engine's
        until(lambda: able() == [False])
        assert len(left(engine)) == 1
        assert lab.trial(1).state.value == "waiting"
        proxy.mend()
        until(lambda: lab.trial(1).last is not None)
        assert len(left(engine)) == 1  # what was left behind is gone
        proxy.cut()
        engine.docker("rm", "--force", *left(engine))  # as an engine does that is stopped
        until(lambda: lab.trial(1).attempts[0].outcome)
        assert lab.trial(1).attempts[0].outcome == "released"
    finally:
        proxy.cut()
        process.terminate()
        process.wait()
    for container in left(engine):
        engine.docker("rm", "--force", container)


def test_an_engine_that_hangs_keeps_no_slot(new_lab, new_agent, engine, base, monkeypatch, caplog):
    proxy = UnixProxy(Path("/tmp") / f"parzen-hung-{os.getpid()}", engine.host[len("unix://") :])
    monkeypatch.setenv("DOCKER_HOST", f"unix://{proxy.path}")
    monkeypatch.setattr(host, "LOOK_S", 0.5)
    paused = StudyStatus.PAUSED
    contained = new_lab(lambda params: 0.5, image=Image(name=base), trials=3, status=paused)
    running = new_agent(slots=2)
    until(lambda: running.agent.worker.containers)
    proxy.hold()
    named, active = {"uid": contained.study.uid}, {"status": StudyStatus.ACTIVE.value}
    contained.store.db["studies"].update_one(named, {"$set": active})
    until(lambda: contained.states().count("running") == 2)
    plain = new_lab(lambda params: 1.0, trials=4)
    until(lambda: plain.states() == ["complete"] * 4)
    assert contained.states() == ["waiting"] * 3
    assert [a.outcome for t in (0, 1) for a in contained.trial(t).attempts] == ["unbegun"] * 2
    assert "this machine cannot run trials" not in caplog.text
    proxy.flow()
    until(lambda: contained.states() == ["complete"] * 3)
    assert [len(contained.trial(number).attempts) for number in range(3)] == [1, 1, 1]
    running.agent.stop()
    assert running.join() == 0
    proxy.cut()


@pytest.mark.parametrize("name", ["localhost:1/x:1", "http://x.invalid/y:1"])
def test_a_registry_that_refuses_is_no_trouble_of_the_machine(
    new_lab, new_agent, engine, base, caplog, name
):
    refused = new_lab(lambda params: 0.0, image=Image(name=name), trials=2)
    running = new_agent(slots=1)
    until(lambda: running.agent.worker.quarantined)
    assert (
        f"the image {name} cannot be pulled: "
        in running.agent.worker.quarantined[refused.study.uid]
    )
    other = new_lab(lambda params: 0.0, image=Image(name=base))
    until(lambda: other.states() == ["complete"])
    assert refused.states() == ["waiting"] * 2
    assert "cannot run trials" not in caplog.text
    running.agent.stop()
    running.join()


def test_what_it_put_in_the_place_of_its_last_words_is_not_read(contained_rig, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("for the agent's eyes only")
    children = str(tmp_path / "children")

    def setup():
        [said] = Path(children).glob("*/said")
        said.unlink()
        said.symlink_to(f"{children}/../secret")
        os._exit(3)

    rig = contained_rig(lambda params, trial: 0.0, setup)
    assert rig.run(rig.spawn()) == [Gone(exit_code=3)]
    assert "eyes" not in rig.log.read_text()


@pytest.mark.parametrize("pause_s", [0.0, 0.02, 0.1, 0.2])
def test_one_that_is_given_up_while_it_starts_leaves_nothing(contained_rig, engine, pause_s):
    rig = contained_rig(lambda params, trial: 0.0)
    child = rig.spawn()
    child.run(rig.job())
    child.receive(pause_s)
    child.kill(0.0)
    assert left(engine) == []
    assert not rig.folder_of(child).exists()
