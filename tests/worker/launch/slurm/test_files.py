import os

import pytest

from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.worker.launch.slurm.files import folder, keep_store, make, script_file, store_file


@pytest.fixture
def where(tmp_path):
    def at(store, **options):
        return StoreAddress(store=store, data_dir=tmp_path / "home", **options)

    return at


def test_each_address_has_one_private_file(where):
    one, other = where("mongodb://u:a@h/x"), where("mongodb://u:b@h/x")
    make(folder(one))
    for address, name in ((one, "store.uri"), (other, "store-2.uri")):
        path, anew = store_file(address)
        assert (path.name, anew) == (name, True)
        keep_store(address, path)
        assert store_file(address) == (path, False)
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder(one).stat().st_mode & 0o777 == 0o700
    assert store_file(one)[0].read_text() == "mongodb://u:a@h/x\n"


def test_a_file_that_was_named_is_used_as_it_is(where, tmp_path):
    (tmp_path / "mine.uri").touch()
    named = where("mongodb://h", file=tmp_path / "mine.uri")
    assert store_file(named) == (tmp_path / "mine.uri", False)


def test_what_a_shell_piped_is_written_down(where, tmp_path):
    os.mkfifo(tmp_path / "63")
    piped = where("mongodb://h", file=tmp_path / "63")
    assert store_file(piped) == (folder(piped) / "store.uri", True)


def test_the_embedded_server_is_for_one_machine(where):
    with pytest.raises(InvalidInput, match="PARZEN_STORE"):
        store_file(where(None))


def test_a_script_replaces_no_other(where):
    make(folder(where("mongodb://h")))
    first = script_file(where("mongodb://h"), "my job's $x")
    assert first.name.startswith("my-job-s-x-")
    first.touch()
    assert script_file(where("mongodb://h"), "my job's $x") != first


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be made"):
        make(tmp_path / "file" / "logs")
