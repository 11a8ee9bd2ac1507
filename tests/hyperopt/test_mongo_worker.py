import os
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from parzen.client import Float, Study
from parzen.hyperopt import mongo_worker
from parzen.shared import mongo
from parzen.shared.home import StoreAddress
from parzen.shared.steering import Draft
from parzen.worker.agent import Agent
from parzen.worker.options import INHERITED, Options

DEFAULTS = Options(
    slots=1, gpus=INHERITED, idle_timeout_s=120.0, max_consecutive_failures=4, alone=True
)
LOCAL = "mongodb://localhost/hyperopt"


@pytest.fixture
def ask(home, monkeypatch):
    """Call the command with ``words``: which store it was sent to, and how it was to work."""

    def call(*words, code=0):
        asked = []

        def serve(where, options, wait_s, needless):
            assert needless(None) is None
            asked.append((where, options, wait_s))
            return code

        monkeypatch.setattr(mongo_worker, "serve", serve)
        done = CliRunner().invoke(mongo_worker.command, words)
        assert done.exit_code == code, done.output
        ((where, options, wait_s),) = asked
        assert options.home == where.home == home
        return where.store, replace(options, home=None), wait_s

    return call


def test_without_options_it_works_as_hyperopts_does(ask):
    assert ask() == (LOCAL, DEFAULTS, 600.0)


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (["--exp-key", "a.b"], {"studies": ("a.2eb",)}),
        (["--exp-key=cifar"], {"studies": ("cifar",)}),
        (["--max-jobs=9223372036854775807"], {"max_trials": 9223372036854775807}),
        (["--reserve-timeout", "30"], {"idle_timeout_s": 30.0}),
        (["--reserve-timeout=1e9"], {"idle_timeout_s": 1e9}),
        (["--reserve-timeout=0"], {"idle_timeout_s": None}),
        (["--last-job-timeout", "3600"], {"claim_for_s": 3600.0}),
        (["--max-consecutive-failures", "9"], {"max_consecutive_failures": 9}),
        (["--workdir", "scratch"], {"workdir": Path("scratch")}),
        (["--slots", "3"], {"slots": 3}),
        (["--poll-interval=0.1", "--no-subprocesses"], {}),
    ],
)
def test_each_option_has_its_meaning(ask, words, how):
    assert ask(*words) == (LOCAL, replace(DEFAULTS, **how), 600.0)


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("node7:1234/foo_db", "mongodb://node7:1234/foo_db"),
        ("mongo://node7:1234/foo_db/jobs", "mongodb://node7:1234/foo_db"),
        ("mongodb+srv://cluster.example.org/db?tls=true", None),
    ],
)
def test_the_database_is_named_as_hyperopts_users_do_or_by_any_uri(ask, address, uri):
    assert ask(f"--mongo={address}")[0] == (uri or address)


def test_the_environment_names_the_database_where_no_option_does(ask, monkeypatch):
    monkeypatch.setenv("PARZEN_STORE", "mongodb://u:secret@node7/db")
    assert ask()[0] == "mongodb://u:secret@node7/db"
    assert ask("--mongo", "localhost/hyperopt")[0] == LOCAL


def test_a_password_among_the_arguments_is_warned_of_and_not_told(ask, caplog):
    assert ask("--mongo", "mongo://u:secret@node7/db/jobs")[0] == "mongodb://u:secret@node7/db"
    assert "can be read by every user of this machine" in caplog.text
    assert "secret" not in caplog.text


def test_the_exit_code_is_the_agents(ask):
    ask(code=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--poll-interval", "0"], "--poll-interval"),
        (["--poll-interval", "often"], "--poll-interval"),
        (["--max-jobs", "0"], "--max-jobs"),
        (["--reserve-timeout", "nan"], "--reserve-timeout"),
        (["--reserve-timeout", "-1"], "--reserve-timeout"),
        (["--last-job-timeout", "soon"], "--last-job-timeout"),
        (["--max-consecutive-failures", "0"], "--max-consecutive-failures"),
        (["--max-jobs-in-db", "many"], "--max-jobs-in-db"),
        (["--workdir", ""], "--workdir"),
        (["--exp-key", ""], "parzen-mongo-worker: the exp_key ''"),
        (["--mongo", "http://u:secret@h/db"], "parzen-mongo-worker: the address"),
        (["jobs"], "unexpected extra argument"),
    ],
)
def test_a_wrong_option_is_refused_in_a_sentence_without_secrets(words, said, capsys):
    assert mongo_worker.run(words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "secret" not in told


def test_a_full_database_needs_no_worker(store, new_study, home, monkeypatch, caplog):
    for name in ("a", "b"):
        store.catalog.append(new_study(name), [Draft(params={"x": 0.5})] * 2)
    monkeypatch.setattr(mongo, "open_store", lambda where, wait_s: nullcontext(store))
    monkeypatch.setattr(Agent, "run", lambda agent: 1)
    with caplog.at_level("INFO"):
        assert mongo_worker.run(["--mongo", "h/db", "--max-jobs-in-db", "4"]) == 0
    assert caplog.messages == [
        "the database holds 4 trials, and --max-jobs-in-db is 4: nothing is run"
    ]
    assert mongo_worker.run(["--mongo", "h/db", "--max-jobs-in-db", "5"]) == 1


RUN = "from parzen.hyperopt.mongo_worker import main; main()"


def test_it_runs_the_trials_of_a_study(store, mongod_uri, tmp_path):
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    space = {"x": Float(0, 1)}
    study = Study("a.2eb", space=space, objective=lambda params: params["x"], max_trials=3)
    with study.submit(uri) as handle:
        handle.enqueue([{"x": 0.25}, {"x": 0.5}, {"x": 0.75}])
        words = ["--mongo", uri.replace("?", "/jobs?"), "--exp-key=a.b", "--max-jobs=2"]
        done = subprocess.run(
            [sys.executable, "-c", RUN, *words],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PARZEN_HOME": str(tmp_path)},
        )
        assert done.returncode == 0, done.stderr
        assert [t.state.value for t in handle.trials()] == ["complete", "complete", "waiting"]
    assert StoreAddress(store=uri).shown in done.stderr
    secret = mongod_uri.split("@")[0].split(":")[-1]
    assert secret not in done.stderr
