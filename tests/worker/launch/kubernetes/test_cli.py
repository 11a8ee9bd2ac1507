import os
import shlex

import pytest
import yaml
from engines.manifests import pods_of, valid

from parzen.client.cli import run
from parzen.worker.launch.kubernetes import cli

STORE = "mongodb://worker:secret@db.example.net:27015/parzen"


@pytest.fixture
def launch(capsys, monkeypatch, tmp_path):
    """Call it as a user would; its exit code, its output, what it complained of."""
    monkeypatch.setenv("PARZEN_HOME", str(tmp_path))

    def call(words="", **environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        code = run(["launch", "kubernetes", *shlex.split(words)])
        found = capsys.readouterr()
        return code, found.out, found.err

    return call


@pytest.fixture
def dry(launch):
    """The documents that --dry-run prints."""

    def call(words="", *, worker="", **environ):
        code, out, err = launch(f"--dry-run {words} -- {worker}", **environ)
        assert code == 0, err
        documents = list(yaml.safe_load_all(out))
        for document in documents:
            valid(document)
        return documents

    return call


def kinds(documents):
    return [document["kind"] for document in documents]


def args(documents, name="parzen-agents"):
    return pods_of(documents)[name]["containers"][0]["args"]


def test_without_a_store_one_is_told_what_there_is_to_choose_from(launch):
    code, out, err = launch("--dry-run")
    assert (code, out) == (2, "")
    for word in ("PARZEN_STORE", "--store-secret", "--mongodb in-cluster"):
        assert word in err


def test_a_store_becomes_a_secret_that_is_not_shown(dry, launch):
    documents = dry(PARZEN_STORE=STORE)
    assert not {"StatefulSet", "Secret"} & set(kinds(documents))  # what is printed can be applied
    _, out, _ = launch("--dry-run")
    for line in (
        "#   name: parzen-store",
        "#   coordinator.uri: <hidden>",
        "#   worker.uri: <hidden>",
    ):
        assert f"\n{line}\n" in out
    assert "secret@" not in out
    _, out, _ = launch("--dry-run --show-secrets")
    assert out.count(STORE) == 2


def test_the_coordinator_may_have_an_address_of_its_own(launch, tmp_path):
    file = tmp_path / "coordinator.uri"
    file.write_text("mongodb://coordinator:other@db.example.net:27016/parzen\n")
    file.chmod(0o600)
    words = f"--dry-run --show-secrets --coordinator-store-file {file}"
    _, out, _ = launch(words, PARZEN_STORE=STORE)
    documents = list(yaml.safe_load_all(out))
    [secret] = [one for one in documents if one["kind"] == "Secret"]
    own = file.read_text().strip()
    assert secret["stringData"] == {"coordinator.uri": own, "worker.uri": STORE}
    [policy] = [one for one in documents if one["metadata"]["name"] == "parzen-to-store"]
    ports = [port["port"] for port in policy["spec"]["egress"][0]["ports"]]
    assert ports == [27015, 27016]


def test_a_secret_that_stands_is_used_and_not_made(dry, launch):
    documents = dry("--store-secret lab", PARZEN_STORE=STORE)
    assert "Secret" not in kinds(documents)
    for spec in pods_of(documents).values():
        assert spec["volumes"][0]["secret"]["secretName"] == "lab"
    code, _, err = launch(f"--store-secret lab --store {STORE}")
    assert code == 2
    assert "leave one of them out" in err


def test_a_store_on_this_machine_is_refused(launch):
    code, _, err = launch("--dry-run", PARZEN_STORE="mongodb://u:secret@localhost/parzen")
    assert code == 2
    assert "in a pod it is the pod" in err
    assert "secret" not in err


def test_mongodb_is_made_where_one_asks_for_it(dry):
    documents = dry("--mongodb in-cluster --create-namespace --namespace lab")
    assert documents[0]["kind"] == "Namespace"
    assert {"StatefulSet", "Service", "Job"} <= set(kinds(documents))
    assert {one["metadata"].get("namespace", "lab") for one in documents} == {"lab"}


def test_the_namespace_comes_first_with_secrets_too(launch):
    words = "--dry-run --show-secrets --create-namespace --namespace lab"
    _, out, _ = launch(words, PARZEN_STORE=STORE)
    assert kinds(yaml.safe_load_all(out))[:2] == ["Namespace", "Secret"]


def test_words_for_the_workers_reach_them(dry):
    found = args(dry("--mongodb in-cluster", worker="--studies first --labels big"))
    assert found[-4:] == ["--studies", "first", "--labels", "big"]
    assert found[:1] == ["worker"]
    assert found[found.index("--grace") + 1] == "30"
    assert "--idle-timeout" not in found
    assert "--slots" not in found


def test_the_pod_waits_for_the_grace_of_its_trials(dry):
    documents = dry("--mongodb in-cluster", worker="--grace=200")
    assert args(documents).count("--grace") == 0
    assert pods_of(documents)["parzen-agents"]["terminationGracePeriodSeconds"] == 230


def test_agents_of_a_job_end_and_slots_are_left_to_them(dry):
    documents = dry("--mongodb in-cluster --job --agents 5 --gpus-per-agent 4")
    found = args(documents)
    assert found[found.index("--idle-timeout") + 1] == "600"
    assert "--slots" not in found  # each finds its GPUs
    own = args(dry("--mongodb in-cluster --job --gpus-per-agent 4", worker="--slots 1"))
    assert own.count("--slots") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-- --slotss 1", "--slotss"),
        ("-- --metrics-port 1", "the manifests say it already"),
        ("-- --store mongodb://u:secret@h", "give it to `parzen launch` itself"),
        ("--node-selector zone", "'zone' is no KEY=VALUE"),
        ("--memory lots", "memory is 'lots'"),
        ("--store-secret lab", "leave one of them out"),
        ("--store mongodb://u:p@h", "leave one of them out"),
        ("--only-agents --allow-egress 0.0.0.0/0", "holds for all groups of agents"),
    ],
)
def test_mistakes_are_told_before_anything_is_done(launch, kubectl, words, said):
    code, _, err = launch(f"--mongodb in-cluster {words}")
    assert code == 2
    assert said in err
    assert kubectl.calls == []


def test_it_is_applied_in_one_go_with_its_passwords(launch, kubectl):
    kubectl.said = "applied\n"
    kubectl.install()
    code, out, _ = launch("--namespace lab --agents 3", PARZEN_STORE=STORE)
    assert (code, out) == (0, "applied\n")
    assert kubectl.calls == [f"--namespace lab {' '.join(cli.APPLY)}"]
    documents = list(yaml.safe_load_all(kubectl.given))
    [secret] = [one for one in documents if one["kind"] == "Secret"]
    assert secret["stringData"] == {"coordinator.uri": STORE, "worker.uri": STORE}
    assert STORE not in " ".join(kubectl.calls)


@pytest.mark.parametrize("stands", [True, False])
def test_passwords_of_a_mongodb_that_stands_are_kept(launch, kubectl, stands):
    kubectl.said = "secret/parzen-mongo\n" if stands else ""
    kubectl.install()
    assert launch("--mongodb in-cluster")[0] == 0
    asked, _ = kubectl.calls
    assert "get secret parzen-mongo" in asked
    assert ("Secret" in kinds(yaml.safe_load_all(kubectl.given))) is not stands


def test_one_more_group_leaves_the_rest_alone(dry):
    documents = dry("--only-agents --name large --gpus-per-agent 8")
    assert [(one["kind"], one["metadata"]["name"]) for one in documents] == [
        ("Deployment", "large")
    ]


def test_what_stands_is_listed_and_taken_away_by_its_labels(launch, kubectl):
    assert launch("--list --namespace lab")[0] == 0
    assert launch("--delete --namespace lab")[0] == 0
    assert launch("--delete --only-agents --name large")[0] == 0
    listed, deleted, group = kubectl.calls
    assert "--namespace lab get deployments," in listed
    assert "--namespace lab delete deployments," in deleted
    for call in kubectl.calls:
        assert "--selector app.kubernetes.io/name=parzen,app.kubernetes.io/part-of=parzen" in call
    assert "secrets" not in deleted
    assert "persistentvolumeclaims" not in deleted
    assert group.endswith(",parzen/group=large")


def test_a_dry_run_changes_nothing(launch, kubectl):
    code, out, _ = launch("--delete --dry-run")
    assert code == 0
    assert out.startswith("kubectl --namespace parzen delete deployments,")
    assert launch("--mongodb in-cluster --dry-run")[0] == 0
    assert kubectl.calls == []


def test_without_kubectl_one_is_told_what_to_do(launch, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = launch(PARZEN_STORE=STORE)
    assert code == 2
    assert "--dry-run" in err
    assert os.environ["PATH"] == str(tmp_path)
