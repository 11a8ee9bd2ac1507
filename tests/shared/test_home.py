"""Where parzen keeps its files: the argument, else the environment, else the platform."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from parzen.shared.home import StoreAddress, home


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("PARZEN_HOME", raising=False)


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
