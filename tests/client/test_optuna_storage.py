import sqlite3
import sys
from pathlib import Path

import optuna
import pytest

from parzen.client.optuna_storage import opened, require_present, storage
from parzen.shared.errors import InvalidInput, NotFound, ParzenError


@pytest.mark.parametrize(
    ("words", "url", "file"),
    [
        ("sqlite:///a/b.db", "sqlite:///a/b.db", "a/b.db"),
        ("sqlite:////tmp/b.db?timeout=9", "sqlite:////tmp/b.db?timeout=9", "/tmp/b.db"),
        ("optuna+journal:b.log", None, "b.log"),
        ("b.sqlite3", "sqlite:///b.sqlite3", "b.sqlite3"),
        ("b.log", None, "b.log"),
        ("postgresql://h/db", "postgresql://h/db", None),
    ],
)
def test_words_name_a_storage(words, url, file):
    found = storage(words)
    assert found.url == url
    assert found.file == (None if file is None else Path(file))


@pytest.mark.parametrize(
    "words", ["journal:", "journal:///x.log", "sqlite:///", "sqlite:///:memory:", "redis://h", "mongodb://h/db"]
)  # fmt: skip
def test_what_is_no_storage_is_refused(words):
    with pytest.raises(InvalidInput, match="expected"):
        storage(words)


def test_no_password_is_told():
    assert "secret" not in str(storage("mysql://me:secret@host/db"))
    with pytest.raises(InvalidInput) as told:
        storage("mongodb://me:secret@host/db")
    assert "secret" not in str(told.value)


def test_a_driver_that_is_missing_is_told_in_a_sentence():
    with pytest.raises(InvalidInput, match="cannot be used"), opened(storage("nosuch://host/db")):
        pass


def test_looking_for_a_storage_makes_none(tmp_path):
    for words in (f"sqlite:///{tmp_path / 'x.db'}", f"journal:{tmp_path / 'x.log'}"):
        with pytest.raises(NotFound, match="there is no file"):
            require_present(storage(words))
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_something_else_is_left_as_it_is(tmp_path):
    path = tmp_path / "app.db"
    connection = sqlite3.connect(path)
    connection.execute("create table users (name)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotFound, match="no storage of Optuna"):
        require_present(storage(f"sqlite:///{path}"))
    assert path.read_bytes() == before


def test_optuna_speaks_as_before_afterwards(tmp_path, capfd):
    optuna.logging.set_verbosity(optuna.logging.INFO)
    with opened(storage(f"journal:{tmp_path / 'x.log'}")) as found:
        optuna.create_study(storage=found, study_name="quiet")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert "quiet" not in capfd.readouterr().err


def test_without_optuna_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with (
        pytest.raises(ParzenError, match=r"pip install 'parzen\[optuna\]'"),
        opened(storage("journal:x.log")),
    ):
        pass
