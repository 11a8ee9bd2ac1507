import json
import math
import os
import socket
from pathlib import Path

import psutil
import pytest

from parzen.shared.errors import ParzenError
from parzen.worker.executor import kernel
from parzen.worker.launch.local.register import Started, enter, folder, running, tidy


def started(pid=None, shift=0.0, host=None):
    pid = pid or os.getpid()
    return Started(
        pid=pid,
        created=psutil.Process(os.getpid()).create_time(),
        started_s=kernel.started_s(os.getpid()) + shift,
        host=host or socket.gethostname(),
        store="mongodb://h/x",
        log="/logs/1.log",
        words=("--slots", "2"),
    )


@pytest.fixture
def entered(tmp_path):
    folder(tmp_path).mkdir()

    def make(*agents):
        for one in agents:
            enter(tmp_path, one)
        return tmp_path

    return make


def test_a_process_is_known_by_its_number_and_its_time(entered):
    mine = started()
    assert running(entered(mine)) == [mine]
    assert running(entered(started(shift=-100))) == []


def test_a_clock_that_is_set_makes_nobody_another(entered, monkeypatch):
    home, boot = entered(started()), psutil.boot_time()
    monkeypatch.setattr("psutil.boot_time", lambda: boot + 3600)
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot + 3600)
    assert len(running(home)) == 1


def test_a_process_that_is_no_more_is_forgotten_and_others_are_not(entered):
    gone, mine, elsewhere = started(pid=2**22 + 1), started(), started(host="elsewhere", shift=9)
    home = entered(gone, mine, elsewhere)
    tidy(home)
    left = {path.name for path in folder(home).iterdir()}
    assert left == {f"{one.host}-{one.pid}.json" for one in (mine, elsewhere)}
    assert running(home) == [mine]


def test_a_file_of_somebody_elses_is_told(entered):
    home = entered()
    (folder(home) / "x.json").write_text("{}")
    with pytest.raises(ParzenError, match=r"x\.json is no file of"):
        running(home)


@pytest.mark.parametrize(
    "fields",
    [
        {"pid": "abc"},
        {"pid": -5},
        {"pid": 1.5},
        {"pid": True},
        {"pid": 10**30},
        {"started_s": "soon"},
        {"created": 1e300},
        {"created": math.nan},
        {"words": [1]},
        {"words": 1},
        {"log": None},
    ],
)
def test_what_no_process_has_is_told(entered, fields):
    home = entered(started())
    [path] = folder(home).iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
    with pytest.raises(ParzenError, match="is no file of `parzen launch local`: move it away"):
        running(home)


def test_a_folder_in_the_place_of_a_file_is_told(entered):
    home = entered()
    (folder(home) / "x.json").mkdir()
    with pytest.raises(ParzenError, match=r"x\.json is no file of"):
        running(home)


def test_where_there_is_no_room_nothing_is_left(entered, monkeypatch):
    home = entered()

    def full(path, text, **_):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        enter(home, started())
    assert list(folder(home).iterdir()) == []


def test_without_a_folder_nothing_runs(tmp_path):
    assert running(tmp_path) == []
