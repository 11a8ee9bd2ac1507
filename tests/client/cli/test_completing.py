import socket
import subprocess
import sys

import pytest

from parzen.client import cli
from parzen.client.cli.completing import Bash, Fish, whole_words
from parzen.shared.records import Completed


def completed(*line):
    """What would complete the last word of ``parzen …``: (word, what is said of it)."""
    *before, start = line
    found = Bash(cli.cli, {}, "parzen", cli.COMPLETING).get_completions(before, start)
    return [(item.value, item.help) for item in found]


def words(*line):
    return [word for word, _ in completed(*line)]


def test_commands_are_completed_with_what_they_do():
    assert completed("sta") == [("status", cli.COMMANDS["status"][1])]
    assert words("") == list(cli.COMMANDS)


def test_commands_are_completed_without_importing_any():
    code = (
        "import sys, os\n"
        "from parzen.client.cli import cli\n"
        "from parzen.client.cli.completing import Bash\n"
        "words = Bash(cli, {}, 'parzen', '').get_completions([], 'st')\n"
        "assert [w.value for w in words] == ['studies', 'status'], words\n"
        "print(*sorted(m for m in sys.modules if m.startswith('parzen.client.cli.')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"studies", "trials", "workers"} & {m.split(".")[-1] for m in out.stdout.split()}
    assert "completing" in out.stdout


def test_options_and_their_values_are_completed():
    assert words("status", "--js") == ["--json"]
    assert words("coordinator", "--log-level", "deb") == ["debug"]
    assert words("coordinator", "--log-level=deb") == ["debug"]
    assert words("roles", "create-user", "ann", "--role", "vi") == ["viewer"]
    assert words("--ver") == ["--version"]
    assert words("completion", "z") == ["zsh"]


def test_a_word_after_an_unknown_command_is_met_with_silence(capsys):
    assert words("frobnicate", "nothing") == []
    assert capsys.readouterr() == ("", "")


def test_names_of_studies_come_from_the_store_of_the_environment(store_uri, new_study):
    for name in ("resnet-1", "resnet.2", "Resnet", "digits"):
        new_study(name, max_trials=60)
    assert completed("status", "resnet") == [
        ("resnet.2", "active, 0/60 done"),
        ("resnet-1", "active, 0/60 done"),
    ]
    assert words("cancel", "") == ["digits", "Resnet", "resnet.2", "resnet-1"]


def test_a_store_that_the_line_names_is_the_one_that_is_asked(
    store_uri, new_study, monkeypatch, tmp_path
):
    new_study("digits")
    monkeypatch.delenv("PARZEN_STORE")
    file = tmp_path / "store"
    file.touch(mode=0o600)
    file.write_text(store_uri)
    assert words("best", "--store", store_uri, "d") == ["digits"]
    assert words("best", "--store-file", str(file), "d") == ["digits"]
    monkeypatch.setenv("PARZEN_STORE_FILE", str(file))
    assert words("best", "d") == ["digits"]


def test_numbers_of_trials_are_those_of_the_study_on_the_line(store_uri, worked):
    worked(Completed(value=0.5), Completed(value=0.25), waiting=10)
    assert completed("logs", "s", "1") == [
        ("11", "waiting"),
        ("10", "waiting"),
        ("1", "complete 0.25"),
    ]
    assert words("logs", "other", "1") == []
    assert words("logs", "s", "x") == []


def test_a_name_that_would_be_a_command_is_not_typed_into_the_line(store_uri, new_study):
    for name in ("good", "a;rm -rf ~", "b\nplain,c", "$(date)"):
        new_study(name)
    assert words("status", "") == ["good"]


@pytest.mark.parametrize(
    "options",
    [
        ["--store", "mongodb://127.0.0.1:1/"],
        ["--store", "nonsense"],
        ["--store", "mongodb://a", "--store-file", "b"],
        ["--store-file", "/nowhere/at/all"],
        ["--data-dir", "/nowhere/at/all"],
    ],
)
def test_what_stands_in_the_way_is_met_with_silence(options, capsys, caplog, home, monkeypatch):
    monkeypatch.setattr("parzen.client.cli.completing.PATIENCE_S", 0.1)
    assert words("status", *options, "") == []
    assert (*capsys.readouterr(), caplog.text) == ("", "", "")
    assert not home.exists()


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("parzen.client.cli.completing.PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert words("status", "--store", f"mongodb://127.0.0.1:{mute.getsockname()[1]}", "") == []


def test_an_embedded_server_that_does_not_run_is_not_started(home):
    (home / "mongo").mkdir(parents=True)
    assert words("status", "") == []
    assert list((home / "mongo").iterdir()) == []


@pytest.mark.parametrize(
    ("divided", "whole"),
    [
        ("parzen status --store mongodb : //u : p @ h : 27/db?x = 1 f", 5),
        ("parzen status --store = mongodb : //h : 27/db f", 4),
        ("parzen set s max_trials = 4", 4),
        ("parzen set s max_trials =", 4),
        ("parzen x a : //b =@: c", 3),
        ("parzen st", 2),
    ],
)
def test_words_that_bash_divided_are_put_together(divided, whole):
    found = whole_words(divided.split())
    assert "".join(found) == divided.replace(" ", "")
    assert len(found) == whole


def test_a_new_word_after_a_divided_one_is_a_new_word():
    assert whole_words(["parzen", "set", "s", "a", "=", ""]) == ["parzen", "set", "s", "a=", ""]


def test_fish_shows_the_whole_of_what_is_said(store_uri, new_study):
    new_study("s", max_trials=5)
    fish = Fish(cli.cli, {}, "parzen", cli.COMPLETING)
    [item] = fish.get_completions(["status"], "s")
    assert fish.format_completion(item) == "plain,s\tactive; 0/5 done"


def test_a_study_without_a_limit_says_how_many_are_done(store_uri, new_study, store):
    new_study("s")
    store.db.studies.update_one({"_id": "s"}, {"$set": {"counts": {"complete": 3, "running": 1}}})
    assert completed("status", "s") == [("s", "active, 3 done")]


def test_the_line_as_bash_hands_it_over(monkeypatch):
    monkeypatch.setenv("COMP_WORDS", "parzen\nstatus\n--store\n'a b\n")
    monkeypatch.setenv("COMP_CWORD", "4")
    bash = Bash(cli.cli, {}, "parzen", cli.COMPLETING)
    assert bash.get_completion_args() == (["status", "--store", "a b"], "")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert bash.get_completion_args() == (["status", "--store"], "a b")
