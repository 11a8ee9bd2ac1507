import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import version

import pytest

from parzen.client import cli
from parzen.shared import errors

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
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type)}
    for code in codes:
        assert f"\n    {code}  " in out.stdout


def test_the_version_is_the_packages():
    assert called("--version").stdout == f"parzen {version('parzen')}\n"


def test_an_unknown_command_names_the_nearest():
    out = called("statsu", "x")
    assert out.returncode == 2
    assert "there is no command 'statsu'; did you mean status?" in out.stderr


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_of_the_table_exists_and_explains_itself(name, capsys):
    assert cli.run([name, "--help"]) == 0
    assert f"Usage: parzen {name}" in capsys.readouterr().out


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
