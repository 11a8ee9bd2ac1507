import os
from pathlib import Path

import psutil
import pytest

from parzen.shared.errors import ParzenError
from parzen.shared.home import StoreAddress
from parzen.worker.cpus import LIBRARIES
from parzen.worker.launch.local import spawning
from parzen.worker.launch.local.register import folder
from parzen.worker.launch.local.spawning import additions, line

HERE = StoreAddress(store="mongodb://ann:s3same@h/x", data_dir=Path("/data"))


def test_a_store_is_named_as_it_was_named_here(tmp_path):
    assert additions(HERE, 1) == {"PARZEN_HOME": "/data", "PARZEN_STORE": HERE.store}
    file, pipe = tmp_path / "f.uri", tmp_path / "63"
    file.touch()
    os.mkfifo(pipe)
    named = StoreAddress(store=HERE.store, data_dir=Path("/data"), file=file)
    assert additions(named, 1) == {"PARZEN_HOME": "/data", "PARZEN_STORE_FILE": str(file)}
    piped = StoreAddress(store=HERE.store, data_dir=Path("/data"), file=pipe)
    assert additions(piped, 1) == additions(HERE, 1)
    assert additions(StoreAddress(data_dir=Path("/data")), 1) == {"PARZEN_HOME": "/data"}


def test_an_agent_that_cannot_be_entered_does_not_run_and_leaves_nothing(tmp_path, monkeypatch):
    pids = []

    def full(home, started):
        pids.append(started.pid)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spawning, "enter", full)
    where = StoreAddress(store="mongodb://127.0.0.1:1/x", data_dir=tmp_path)
    with pytest.raises(ParzenError, match=r"\(No space left on device\): make room there"):
        spawning.spawn(where, (), 1)
    assert not psutil.pid_exists(pids[0])
    assert list(folder(tmp_path).iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "agents").touch()
    where = StoreAddress(store="mongodb://127.0.0.1:1/x", data_dir=tmp_path)
    with pytest.raises(ParzenError, match=r"agents', which has a file .*\(File exists\)"):
        spawning.spawn(where, (), 1)


def test_several_agents_share_the_cores():
    assert {additions(HERE, 1024)[name] for name in LIBRARIES} == {"1"}


def test_what_is_shown_holds_no_password():
    said = line(HERE, ("--studies", "a b"), 1)
    assert "s3same" not in said
    assert "PARZEN_STORE='mongodb://ann:***@h/x'" in said
    assert said.endswith(" -m parzen.client.cli worker --studies 'a b'")
