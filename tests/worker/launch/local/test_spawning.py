import os
from pathlib import Path

from parzen.shared.home import StoreAddress
from parzen.worker.cpus import LIBRARIES
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


def test_several_agents_share_the_cores():
    assert {additions(HERE, 1024)[name] for name in LIBRARIES} == {"1"}


def test_what_is_shown_holds_no_password():
    said = line(HERE, ("--studies", "a b"), 1)
    assert "s3same" not in said
    assert "PARZEN_STORE='mongodb://ann:***@h/x'" in said
    assert said.endswith(" -m parzen.client.cli worker --studies 'a b'")
