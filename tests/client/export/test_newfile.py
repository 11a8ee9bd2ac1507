import os

import pytest

from parzen.client.export.newfile import appearing
from parzen.shared.errors import InvalidInput


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "x.csv"
    with appearing(path, force=False) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_did_not_become_whole(tmp_path):
    def half():
        with appearing(tmp_path / "x.csv", force=False) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_over_only_by_force(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(InvalidInput, match="there already"), appearing(path, force=False):
        pass
    with appearing(path, force=True) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_a_file_that_somebody_made_meanwhile_stays(tmp_path):
    path = tmp_path / "x.csv"

    def late():
        with appearing(path, force=False) as temporary:
            temporary.write_text("ours")
            path.write_text("theirs")

    with pytest.raises(InvalidInput, match="there already"):
        late()
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_without_links_takes_it_too(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with appearing(tmp_path / "x.csv", force=False) as temporary:
        temporary.write_text("all of it")
    assert (tmp_path / "x.csv").read_text() == "all of it"


def test_a_link_to_a_file_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "x.csv").symlink_to("real.csv")
    with appearing(tmp_path / "x.csv", force=True) as temporary:
        temporary.write_text("new")
    assert (tmp_path / "x.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_what_is_no_file_is_never_written_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, why in ((tmp_path, "no regular file"), (tmp_path / "pipe", "no regular file"),
                      (tmp_path / "none" / "x.csv", "no folder")):  # fmt: skip
        with pytest.raises(InvalidInput, match=why), appearing(path, force=True):
            pass


def test_a_full_disk_is_told_in_a_sentence(tmp_path):
    def full():
        with appearing(tmp_path / "x.csv", force=False):
            raise OSError(28, "No space left on device")

    with pytest.raises(InvalidInput, match="No space left on device"):
        full()
