from __future__ import annotations

import os

import pytest

from parzen.client.health import machine

GIB = 1 << 30


def told(findings):
    return [(f.name, f.verdict.value) for f in findings]


def test_this_python_and_system_will_do():
    assert told(machine.python())[0] == ("Python", "ok")


@pytest.mark.parametrize(
    ("kind", "verdict"), [("linux", "ok"), ("darwin", "ok"), ("win32", "problem")]
)
def test_systems(kind, verdict):
    assert machine.system(kind, "…").verdict.value == verdict


def test_a_directory_that_is_not_there_yet_is_made_later(tmp_path):
    first, disk = machine.directory(tmp_path / "a" / "b")
    assert (first.verdict.value, disk.name) == ("ok", "disk")
    assert "made when it is first needed" in first.said
    assert not (tmp_path / "a").exists()


def test_a_directory_that_others_may_write_is_doubtful(tmp_path):
    tmp_path.chmod(0o777)
    first, _ = machine.directory(tmp_path)
    assert first.verdict.value == "warning"
    assert f"`chmod go-w {tmp_path}`" in first.advice


def test_where_nothing_can_be_written_is_a_problem(tmp_path):
    (tmp_path / "file").touch()
    assert told(machine.directory(tmp_path / "file" / "home")) == [("data directory", "problem")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_somebody_elses_directory_is_doubtful(tmp_path):
    os.chown(tmp_path, 12345, -1)
    assert told(machine.directory(tmp_path))[0] == ("data directory", "warning")


@pytest.mark.parametrize(
    ("free", "verdict"), [(100 * GIB, "ok"), (GIB, "warning"), (GIB // 10, "problem")]
)
def test_the_disk(tmp_path, free, verdict):
    found = machine.disk(tmp_path, free, 200 * GIB)
    assert found.verdict.value == verdict
    assert "200.0 GiB" in found.said
    assert bool(found.advice) is (verdict != "ok")


def test_the_embedded_servers_program(monkeypatch):
    (good,) = machine.embedded_program()
    assert "mongod" in good.said
    monkeypatch.setenv("PARZEN_MONGOD", "/nowhere/mongod")
    (bad,) = machine.embedded_program()
    assert bad.verdict.value == "problem"
    assert "PARZEN_MONGOD names '/nowhere/mongod'" in bad.said
