import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import version

import pytest

from parzen.client import cli
from parzen.shared import errors, exits

PARZEN = [sys.executable, "-m", "parzen.client.cli"]
SLOW = ("pymongo", "bson", "numpy", "scipy", "rich", "cloudpickle", "platformdirs", "sklearn")


def called(*words, **options):
    return subprocess.run([*PARZEN, *words], capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], []])
def test_the_help_imports_nothing_slow(words):
    code = (
        "import sys, json\n"
        "from parzen.client import cli\n"
        f"cli.run({words!r})\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(out.stdout.splitlines()[-1])
    assert not set(SLOW) & set(loaded)


def test_the_help_lists_every_command_and_the_exit_codes():
    out = called("--help")
    assert out.returncode == 0
    for name in cli.COMMANDS:
        assert f"\n  {name} " in out.stdout
    for code, meaning in exits.MEANINGS.items():
        assert f"{code}  {meaning}\n" in out.stdout


def test_the_version_is_the_packages():
    assert called("--version").stdout == f"parzen {version('parzen')}\n"


def test_an_unknown_command_names_the_nearest():
    out = called("statsu", "x")
    assert out.returncode == 2
    assert "there is no command 'statsu'; did you mean status?" in out.stderr


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_of_the_table_exists_and_explains_itself(name, capsys):
    said = []
    for words in ([name, "--help"], [name, "-h"], ["help", name]):
        assert cli.run(words) == 0
        said.append(capsys.readouterr())
    assert said[0].out.startswith(f"Usage: parzen {name}")
    assert said[0].err == ""
    assert said[0] == said[1] == said[2]


def test_help_may_be_asked_for_in_every_usual_way(capsys):
    said = []
    for words in (["--help"], ["-h"], ["help"], ["help", "--help"]):
        assert cli.run(words) == 0
        said.append(capsys.readouterr())
    assert said[0].err == ""
    assert said[1:] == said[:1] * 3
    assert cli.run([]) == 2  # nothing was asked for
    assert capsys.readouterr() == ("", said[0].out)


OF_A_STUDY = {
    "status": [],
    "trials": [],
    "best": [],
    "show": ["0"],
    "diff": ["other"],
    "logs": ["0"],
    "attachments": ["0"],
    "enqueue": ["x=0.5"],
    "pause": [],
    "resume": [],
    "retry": ["0"],
    "set": ["max_trials=9"],
    "note": ["a text"],
    "cancel": [],
    "clone": ["other"],
    "delete": ["--yes"],
    "export": [],
    "import": ["x.csv"],
}
"""{command about one study: what it is called with beside the study's name}"""

OF_A_STORE = ("studies", "workers", "up", "gc", "roles")
"""Commands about a whole store, which say nothing else where nobody answers."""


def test_no_command_about_studies_or_stores_is_forgotten_here():
    others = {"demo", "down", "doctor", "coordinator", "worker", "submit", "samplers", "keygen"}
    others |= {"completion", "drain", "launch"}
    assert set(cli.COMMANDS) <= {*OF_A_STUDY, *OF_A_STORE, *others}


def test_a_study_that_is_not_there_is_3_and_said_on_standard_error_alone(call):
    for name in OF_A_STUDY.keys() & cli.COMMANDS.keys():
        code, out, err = call(name, "nothing", *OF_A_STUDY[name])
        assert (name, code, out) == (name, 3, "")
        assert err.startswith("parzen: there is no study 'nothing': ")
        assert err.count("\n") == 1


def test_a_store_that_does_not_answer_is_5_and_said_on_standard_error_alone(monkeypatch, capsys):
    def away(*_):
        raise errors.StoreUnreachable("no MongoDB answered")

    monkeypatch.setattr("parzen.shared.mongo.connection._checked", away)  # which takes no time
    monkeypatch.setenv("PARZEN_STORE", "mongodb://127.0.0.1:1/")
    lines = {name: [name, "nothing", *words] for name, words in OF_A_STUDY.items()}
    for name in [*OF_A_STUDY.keys() & cli.COMMANDS.keys(), *OF_A_STORE]:
        code = cli.run(lines.get(name, [name]))
        out, err = capsys.readouterr()
        assert (name, code, out) == (name, 5, "")
        assert err == "parzen: no MongoDB answered\n"


def test_a_wrong_option_is_the_callers_fault(capsys):
    assert cli.run(["studies", "--jsn"]) == 2
    assert "--jsn" in capsys.readouterr().err


def raising(monkeypatch, error):
    def fail(**_):
        raise error

    monkeypatch.setattr(cli.cli, "main", fail)
    return cli.run([])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ParzenError("it broke"), 1),
        (errors.InvalidStudy("it broke"), 2),
        (errors.NotFound("it broke"), 3),
        (errors.Conflict("it broke"), 4),
        (errors.StoreUnreachable("it broke"), 5),
        (errors.EmbeddedError("it broke"), 6),
        (errors.StudyFailed("it broke"), 7),
    ],
)
def test_what_parzen_raises_is_one_line_and_an_exit_code(monkeypatch, capsys, error, code):
    assert raising(monkeypatch, error) == code
    assert capsys.readouterr().err == "parzen: it broke\n"


def test_ctrl_c_is_130(monkeypatch, capsys):
    assert raising(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "parzen: interrupted\n"


def test_a_fault_of_parzens_own_is_not_hidden(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        raising(monkeypatch, ZeroDivisionError())


def test_a_reader_that_leaves_early_hears_no_complaint():
    reader, writer = os.pipe()
    os.close(reader)
    out = subprocess.run([*PARZEN, "--help"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert out.stderr == b""


def test_an_address_that_cannot_be_read_is_one_sentence():
    out = called("studies", "--store", "mongodb://")
    assert out.returncode == 2
    assert out.stderr.startswith("parzen: ")
    assert out.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["--help"], ["keygen", "--out", "k"], ["keygen", "--json"]])
@pytest.mark.parametrize("output", [">/dev/full", ">&-"])
def test_an_output_that_takes_nothing_is_one_sentence(words, output, tmp_path):
    line = shlex.join([*PARZEN, *words]) + output
    environ = {**os.environ, "PARZEN_HOME": str(tmp_path)}
    out = subprocess.run(
        line, shell=True, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path, env=environ
    )
    assert out.returncode == 1
    assert out.stderr.startswith("parzen: standard output cannot be written (")
    assert out.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["studies", "--store", "mongodb://me:123/S3CR3T@127.0.0.1:1/db"],
        ["studies", "--store", "mongodb://me:123?S3CR3T@127.0.0.1:1/db"],
    ],
)
def test_a_password_that_was_not_encoded_is_no_host(words, capsys):
    assert cli.run(words) == 2
    err = capsys.readouterr().err
    assert "percent-encode" in err
    assert "S3CR3T" not in err
    assert "me" not in err.split()


@pytest.mark.parametrize("option", ["--store-file", "--data-dir"])
def test_an_address_is_no_path(option, capsys):
    assert cli.run(["studies", option, "mongodb://me@lab.org:S3CR3T@h/"]) == 2
    err = capsys.readouterr().err
    assert "address" in err
    assert "S3CR3T" not in err


def test_an_error_commands_no_terminal(monkeypatch, capsys):
    raising(monkeypatch, errors.ParzenError("\x1b[2Jboo"))
    assert capsys.readouterr().err == "parzen: \\x1b[2Jboo\n"
