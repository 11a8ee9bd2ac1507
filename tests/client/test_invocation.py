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


def test_a_parzen_elsewhere_is_called_in_a_way_that_works_from_any_directory(script, monkeypatch):
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(script.parent.parent)
    assert program("bin/parzen") == (str(script),)


def test_another_parzen_on_the_path_is_not_meant(script, tmp_path, monkeypatch):
    other = tmp_path / "other" / "parzen"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert program(str(script)) == (str(script),)


def test_without_a_console_script_the_module_is_called(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert program("train.py") == (str(tmp_path / "python"), "-m", "parzen.client.cli")


def test_a_script_of_ones_own_names_the_parzen_beside_its_interpreter(script, monkeypatch):
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setattr(sys, "executable", str(script.parent / "python"))
    assert program("train.py") == (str(script),)


def test_the_embedded_server_in_its_usual_place_needs_no_option(monkeypatch):
    monkeypatch.delenv("PARZEN_HOME")
    assert option(StoreAddress(), {}) is None


def test_another_data_directory_is_named_even_if_the_environment_does(tmp_path, monkeypatch):
    assert option(StoreAddress(data_dir=tmp_path), {}) == ("--data-dir", str(tmp_path))
    monkeypatch.setenv("PARZEN_HOME", str(tmp_path))
    assert option(StoreAddress(), {}) == ("--data-dir", str(tmp_path))


def test_an_address_without_a_user_is_named():
    where = StoreAddress(store="mongodb://host/db")
    assert option(where, {"PARZEN_STORE": "mongodb://host/db"}) == ("--store", where.store)


def test_an_address_with_a_user_stands_in_the_environment_or_is_left_to_the_reader():
    where = StoreAddress(store="mongodb://me@host/db")
    assert option(where, {"PARZEN_STORE": where.store}) is None
    assert option(where, {}) == ("--store", "URI")


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


def test_an_address_from_a_file_is_named_by_the_file(tmp_path):
    file = tmp_path / "address"
    where = StoreAddress(store="mongodb://me:secret@host/db", file=file)
    assert option(where, {}) == ("--store-file", str(file))
    assert Invocation(("parzen",), option(where, {})).python("0").startswith("PARZEN_STORE_FILE=")


def test_an_address_that_was_moved_out_of_the_arguments_is_left_to_the_reader():
    where = StoreAddress(store="mongodb://me:secret@host/db")
    moved = {"PARZEN_STORE": where.store, "PARZEN_STORE_WAS_OPTION": "1"}
    assert option(where, moved) == ("--store", "URI")


def test_an_address_with_a_secret_option_is_never_repeated():
    where = StoreAddress(store="mongodb://host/db?tlsCertificateKeyFilePassword=secret")
    assert option(where, {}) == ("--store", "URI")
