import os
import sys
from pathlib import Path

import pytest

from parzen.client.invocation import Invocation, option, program
from parzen.shared.home import StoreAddress


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "bin" / "parzen"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_a_parzen_on_the_path_is_called_by_its_name(script, monkeypatch):
    monkeypatch.setenv("PATH", str(script.parent))
    assert program(str(script)) == ("parzen",)


def test_a_parzen_elsewhere_is_called_as_it_was(script, monkeypatch):
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(script.parent.parent)
    assert program("bin/parzen") == ("bin/parzen",)


def test_without_a_console_script_the_module_is_called(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert program("train.py") == (str(tmp_path / "python"), "-m", "parzen.client.cli")


def test_a_script_of_ones_own_names_the_parzen_beside_its_interpreter(script, monkeypatch):
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setattr(sys, "executable", str(script.parent / "python"))
    assert program("train.py") == (str(script),)


def test_the_default_store_needs_no_option():
    assert option(StoreAddress(), {}) is None


def test_a_data_directory_is_named_unless_the_environment_does(tmp_path):
    where = StoreAddress(data_dir=tmp_path)
    assert option(where, {}) == ("--data-dir", str(tmp_path))
    assert option(where, {"PARZEN_HOME": str(tmp_path)}) is None
    assert option(where, {"PARZEN_HOME": str(tmp_path / "other")}) is not None


def test_an_address_is_named_unless_the_environment_does():
    where = StoreAddress(store="mongodb://host/db")
    assert option(where, {}) == ("--store", "mongodb://host/db")
    assert option(where, {"PARZEN_STORE": "mongodb://host/db"}) is None


def test_a_password_is_never_repeated():
    where = StoreAddress(store="mongodb://me:secret@host/db")
    call = Invocation(("parzen",), option(where, {}))
    assert "secret" not in call.line("status", "x") + call.python("pass")
    assert call.line("status", "x") == "parzen status x --store URI"


def test_lines_survive_a_shell():
    call = Invocation(("/a b/parzen",), ("--data-dir", "/c d"))
    assert call.line("trials", "x") == "'/a b/parzen' trials x --data-dir '/c d'"
    python = call.python('print("$HOME")')
    assert python == f"PARZEN_HOME='/c d' {sys.executable} -c 'print(\"$HOME\")'"
    assert Path(sys.executable).is_file()
