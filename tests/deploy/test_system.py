"""docker-compose.yml, built and run by a real engine: `make test-docker`, or pytest -m docker."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from engines.patience import until
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from parzen.shared.errors import StoreDenied

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

LARGEST_MB = 300
"""What the image may add to its base."""

SERVICES = ("mongo", "coordinator", "worker")

PAGE = Path(__file__).parents[2] / "docs" / "compose.md"


@pytest.fixture(scope="module", autouse=True)
def _studies(system):
    shutil.copy(Path(__file__).parent / "studies.py", system.folder)


@pytest.fixture(autouse=True)
def _whole(system):
    """Whatever became of a test, the next one finds both workers, with nothing to do."""
    yield
    if len(system.containers("worker")) < 2:
        system.up()
    for worker in system.containers("worker"):
        system.sh(worker, 'for study in /var/lib/parzen/work/*/; do touch "$study/gate" || :; done')


@pytest.fixture
def client(system):
    """The store as the client's user sees it from this machine."""
    with system.connect() as opened:
        yield opened


def submit(system, name):
    system.parzen("submit", f"studies.py:{name}")


def open_gate(system, name):
    worker = system.containers("worker")[0]
    system.sh(worker, f"touch /var/lib/parzen/work/{name}/gate")


def a_running(client, name):
    """A trial of the study that runs and has saved itself, while both workers have one."""
    handle = client.study(name)

    def found():
        going = [t for t in handle.trials() if t.state.value == "running"]
        return going[0] if len(going) == 2 and handle.measurements(going[0].number) else None

    return until(found)


def counted(system):
    """The trials of each study, by state."""
    with system.connect() as client:
        found = {handle.name: handle.record.counts for handle in client.studies()}
    assert found
    return found


def completed(client, name):
    """The trials of the study, once it is complete; each has a result of its own."""
    until(lambda: client.study(name).record.status.ended)
    handle = client.study(name)
    trials = handle.trials()
    assert handle.record.status.value == "complete", handle.record.status_reason
    assert [t.state.value for t in trials] == ["complete"] * handle.record.limits.max_trials
    return trials


def holder(system, trial):
    """The container that runs a trial."""
    [found] = [c for c in system.containers("worker") if c.startswith(trial.attempts[-1].host)]
    return found


def test_a_study_is_submitted_from_this_machine_and_run_by_both_workers(system, client):
    system.parzen("submit", "studies.py:first", "--wait")
    trials = completed(client, "first")
    assert {t.result["uid"] for t in trials} == {10001}
    hosts = {c[:12] for c in system.containers("worker")}
    assert {t.result["host"] for t in trials} == hosts
    assert len(hosts) == 2
    assert "first" in system.parzen("studies")


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_has_a_right_that_it_does_not_need(system, service):
    for container in system.containers(service):
        processes = system.sh(container, "cat /proc/[0-9]*/status").split("Name:")[1:]
        fields = [dict(line.split(":\t", 1) for line in p.splitlines()[1:]) for p in processes]
        assert all(
            set(f["Uid"].split()) == {str(999 if service == "mongo" else 10001)} for f in fields
        )
        assert all(int(f[name], 16) == 0 for f in fields for name in ("CapEff", "CapPrm", "CapBnd"))
        assert {f["NoNewPrivs"] for f in fields} == {"1"}
        assert system.state(container, "{{.HostConfig.ReadonlyRootfs}}") == "true"
        assert system.state(container, '{{index .HostConfig.LogConfig.Config "max-size"}}') == "10m"


def test_the_database_asks_who_it_is_and_listens_on_this_machine_only(system):
    place = f"mongodb://127.0.0.1:{system.port}/?directConnection=true"
    with MongoClient(place) as anonymous, pytest.raises(OperationFailure, match="authentication"):
        anonymous.parzen.studies.find_one()
    with pytest.raises(StoreDenied):
        system.connect("worker", "guessed")
    [mongo] = system.containers("mongo")
    bound = system.state(
        mongo, "{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}"
    )
    assert bound == "127.0.0.1"


@pytest.mark.parametrize(
    ("user", "collection"),
    [("worker", "studies"), ("coordinator", "objectives.files"), ("client", "jobs")],
)
def test_nobody_writes_what_is_not_theirs(system, user, collection):
    with (
        MongoClient(system.address(user)) as opened,
        pytest.raises(OperationFailure, match="not authorized"),
    ):
        opened.parzen[collection].insert_one({"schema": 1})


def test_a_worker_killed_in_a_trial_loses_nothing(system, client):
    submit(system, "killed")
    victim = a_running(client, "killed")
    container = holder(system, victim)
    system.engine.docker("kill", container)
    until(lambda: client.study("killed").trial(victim.number).state.value == "waiting")
    open_gate(system, "killed")
    trials = completed(client, "killed")
    assert trials[victim.number].attempts[0].error.kind.value == "lost"
    assert [t.number for t in trials if t.result["resumed"]] == [victim.number]


def test_a_stopped_worker_gives_its_trial_back_in_time(system, client):
    submit(system, "stopped")
    victim = a_running(client, "stopped")
    container = holder(system, victim)
    system.engine.docker("stop", container)
    assert system.state(container, "{{.State.ExitCode}}") == "0"  # 137 where its time was up
    open_gate(system, "stopped")
    trials = completed(client, "stopped")
    assert [a.outcome for a in trials[victim.number].attempts] == ["released", "complete"]
    assert [t.number for t in trials if t.result["resumed"]] == [victim.number]


def test_a_check_of_health_tells_this_container_from_others(system):
    worker = system.containers("worker")[0]
    assert system.sh(worker, "parzen workers --here").count("\n") == 2
    with pytest.raises(AssertionError, match="has seen no worker or coordinator of this machine"):
        system.compose("run", "--rm", "--no-deps", "-T", "worker", "workers", "--here")


def test_coordinator_and_workers_become_healthy(system):
    containers = [c for service in SERVICES for c in system.containers(service)]
    assert len(containers) == 4
    health = "{{.State.Health.Status}}"
    until(lambda: all(system.state(c, health) == "healthy" for c in containers), 120)


def test_the_image_holds_what_it_needs_and_no_secret(system, base):
    sizes = [int(system.state(name, "{{.Size}}")) for name in (system.image, base)]
    assert (sizes[0] - sizes[1]) / 1e6 < LARGEST_MB
    worker = system.containers("worker")[0]
    system.sh(worker, "pip check")
    assert system.sh(worker, "ls -d /src /wheels /dist /root/.cache 2>&- || :") == ""

    said = system.engine.docker("history", "--no-trunc", system.image)
    said += system.compose("logs", "--no-color")
    for service in SERVICES:
        said += system.engine.docker("inspect", *system.containers(service))
    for file in [*system.secrets.glob("*_password"), system.secrets / "mongo_keyfile"]:
        assert file.read_text() not in said, file


def test_it_is_taken_down_and_up_again_and_knows_all_and_a_new_password_counts(system):
    before = (system.secrets / "worker_password").read_text()
    known = counted(system)
    system.down()
    (system.secrets / "worker_password").unlink()
    system.make_secrets()
    system.up()

    assert counted(system) == known
    with system.connect() as client:
        submit(system, "again")
        completed(client, "again")
    with pytest.raises(StoreDenied):
        system.connect("worker", before)
    system.connect("worker").close()


def test_a_backup_as_the_page_says_brings_everything_back(system):
    saving, restoring = (x for x in PAGE.read_text().splitlines() if "mongo.tar.gz" in x)
    known = counted(system)
    system.compose("stop")
    system.shell(saving)
    system.down("--volumes")
    shutil.rmtree(system.secrets)
    system.make_secrets()
    system.shell(restoring)
    system.up()
    assert counted(system) == known
