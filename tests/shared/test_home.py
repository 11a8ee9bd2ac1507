"""Where parzen keeps its files: the argument, else the environment, else the platform."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from parzen.shared.errors import InvalidInput, InvalidStore
from parzen.shared.home import StoreAddress, chosen, home


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("PARZEN_HOME", "PARZEN_STORE", "PARZEN_STORE_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_the_argument_comes_before_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PARZEN_HOME", str(tmp_path / "environment"))
    assert home(tmp_path / "argument") == tmp_path / "argument"
    assert home() == tmp_path / "environment"


def test_without_either_it_is_the_platforms_own():
    assert home() == Path(platformdirs.user_data_dir("parzen", appauthor=False))


def test_it_is_absolute_and_knows_the_users_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert home("~/x") == tmp_path / "x"
    assert home("y") == tmp_path / "y"


def test_asking_creates_nothing(tmp_path):
    StoreAddress(data_dir=tmp_path / "new").home  # noqa: B018 - asking is the point
    assert not (tmp_path / "new").exists()


def test_an_address_has_a_home_whatever_the_store(tmp_path):
    assert StoreAddress(store="mongodb://x", data_dir=tmp_path).home == tmp_path


def test_an_address_is_shown_without_its_secrets(tmp_path):
    uri = "mongodb://u:s3cr3t@h:1/db?tlsCertificateKeyFilePassword=s3cr3t"
    assert StoreAddress(store=uri).shown == "mongodb://h:1/db"
    assert StoreAddress(data_dir=tmp_path).shown == f"the embedded server of {tmp_path}"


@pytest.fixture
def address_file(tmp_path):
    file = tmp_path / "address"
    file.touch(mode=0o600)
    file.write_text("mongodb://ann:s3cr3t@h/db\n")
    return file


def test_an_address_does_not_show_its_secrets_as_text(address_file):
    where = chosen("mongodb://ann:s3cr3t@h/db")
    for text in (
        repr(where),
        str(where),
        f"{where}",
        repr([where]),
        repr(chosen(None, address_file)),
    ):
        assert "s3cr3t" not in text
        assert "h/db" in text


def test_a_store_is_named_by_arguments_before_the_environment(address_file):
    environ = {"PARZEN_STORE": "mongodb://environment"}
    assert chosen(environ=environ).store == "mongodb://environment"
    assert chosen("mongodb://argument", environ=environ).store == "mongodb://argument"
    by_file = chosen(None, address_file, environ=environ)
    assert by_file.store == "mongodb://ann:s3cr3t@h/db"
    assert by_file.file == address_file
    by_variable = chosen(environ={"PARZEN_STORE_FILE": str(address_file)})
    assert by_variable == by_file
    assert chosen("mongodb://a", environ={"PARZEN_STORE_FILE": str(address_file)}).file is None
    assert chosen(environ={"PARZEN_STORE": ""}).store is None


def test_two_stores_or_an_empty_one_are_refused(address_file):
    with pytest.raises(InvalidStore, match="two stores are named"):
        chosen("mongodb://a", address_file)
    both = {"PARZEN_STORE": "mongodb://a", "PARZEN_STORE_FILE": str(address_file)}
    with pytest.raises(InvalidStore, match="leave one of them out"):
        chosen(environ=both)
    with pytest.raises(InvalidStore, match="--store is empty"):
        chosen(" ")
    address_file.write_text("\n")
    with pytest.raises(InvalidStore, match=f"{address_file}' is empty"):
        chosen(None, address_file)


def test_a_file_that_others_can_read_is_refused(address_file):
    address_file.chmod(0o644)
    with pytest.raises(InvalidInput, match=r"the store's file .*chmod 600"):
        chosen(None, address_file)
