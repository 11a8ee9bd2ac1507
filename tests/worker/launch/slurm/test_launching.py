"""What can be seen of a launch without any Slurm."""

import shutil

import pytest
from click.testing import CliRunner

from parzen.worker.launch.slurm.cli import slurm

URI = "mongodb://ann:s3same@db.example.org/tuning"


@pytest.fixture
def call(home, monkeypatch, tmp_path):
    """Call the command on a machine that has bash, and no Slurm."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bash").symlink_to(shutil.which("bash"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PARZEN_STORE", URI)

    def run(*words):
        return CliRunner().invoke(slurm, words)

    return run


def test_a_dry_run_shows_all_and_changes_nothing(call, home):
    done = call("--time", "1:00:00", "--nodes", "3", "--dry-run", "--", "--slots", "2")
    assert done.exit_code == 0
    assert "#SBATCH --array=0-2" in done.output
    assert "--slots 2 --idle-timeout 600" in done.output
    assert f"would be written to {home}/slurm/store.uri (mode 0600)" in done.output
    assert f"# sbatch --parsable {home}/slurm/parzen-" in done.output
    assert "without --cpus-per-node" in done.output
    assert "# Each job would have 1 hour (--time 1:00:00)." in done.output
    assert "s3same" not in done.output
    assert not home.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say it with --time"),
        (["--time", "60", "--", "--slots", "0"], "does not take"),
        (["--time", "60", "--", "--store", URI], "give it to `parzen launch` itself"),
        (["--time", "60", "--activate", "if true", "--dry-run"], "none that bash understands"),
        (["--list", "--cancel", "7"], "--list lists the agents"),
        (["--json", "--dry-run"], "--json lists the agents"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(call, home, words, said):
    done = call(*words)
    assert said in str(done.exception)
    assert "s3same" not in f"{done.output}{done.exception}"
    assert not home.exists()


def test_without_a_store_it_says_which_variable_names_one(call, monkeypatch):
    monkeypatch.delenv("PARZEN_STORE")
    done = call("--time", "60", "--dry-run")
    assert "the embedded server is for this machine only" in str(done.exception)
    assert "PARZEN_STORE" in str(done.exception)


def test_an_address_of_this_machine_alone_is_remarked(call, monkeypatch):
    remark = "is an address of this machine alone"
    assert remark not in call("--time", "60", "--dry-run").output
    for host in ("localhost", "127.0.0.1:27017", "db,[::1]:7"):
        monkeypatch.setenv("PARZEN_STORE", f"mongodb://u:p@{host}/x")
        assert remark in call("--time", "60", "--dry-run").output


def test_keys_that_are_trusted_are_found_from_elsewhere(call, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").mkdir()
    monkeypatch.setenv("PARZEN_TRUST", "keys")
    done = call("--time", "60", "--dry-run")
    assert f"export PARZEN_TRUST={tmp_path}/keys\n" in done.output
