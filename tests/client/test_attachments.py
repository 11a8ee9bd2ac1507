"""Attachments as files: below the folder that was named, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parzen.client import attachments, connect
from parzen.shared.errors import InvalidInput, NotFound


@pytest.mark.parametrize(
    "name", ["a", "a.pt", "model/weights.pt", "..a", "a..", "-x", "$where", "ü"]
)
def test_a_name_of_a_file_is_below_the_folder(tmp_path, name):
    (path,) = attachments.places(tmp_path, [name]).values()
    attachments.write(tmp_path, path, b"data")
    assert path == tmp_path / name
    assert path.resolve().is_relative_to(tmp_path.resolve())
    assert path.read_bytes() == b"data"


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "a/../../x", "/etc/passwd", "//x", "a//b", "a/", "./a", ".", "", "a/./b",
     "a\0b", "a\nb", "..\\x", "C:\\x", "C:x", "x" * 256, "ü" * 128, "a/\x1b[2J", "\u202egpj.exe"],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(InvalidInput, match="cannot be a file here"):
        attachments.places(tmp_path / "folder", [name])
    assert list(tmp_path.iterdir()) == []


def test_no_link_leads_out_of_the_folder(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "way").symlink_to(outside)
    (folder / "file").symlink_to(outside / "new")
    with pytest.raises(InvalidInput, match="leads out of"):
        attachments.write(folder, folder / "way" / "x", b"")
    with pytest.raises(InvalidInput, match="is there already"):
        attachments.write(folder, folder / "file", b"")
    assert list(outside.iterdir()) == []


def test_no_file_is_written_over(tmp_path):
    attachments.write(tmp_path, tmp_path / "a", b"first")
    with pytest.raises(InvalidInput, match="is there already: choose an empty folder"):
        attachments.write(tmp_path, tmp_path / "a", b"second")
    with pytest.raises(InvalidInput, match="choose"):
        attachments.write(tmp_path, tmp_path / "a" / "b", b"below a file")
    assert (tmp_path / "a").read_bytes() == b"first"


@pytest.fixture
def claim(store, worked, new_hand):
    study = worked(waiting=1)
    (claim,) = new_hand().claim(study)
    for name in ("note", "model/weights", "../../escape"):
        store.queue.attach(claim, name, name.encode())
    return claim


def test_they_are_listed_and_saved_and_none_escapes(claim, call, tmp_path, store_uri):
    folder = tmp_path / "deep" / "folder"
    code, out, _ = call("attachments", "s", 0, "--json")
    assert [item["name"] for item in json.loads(out)["items"]] == [
        "../../escape", "model/weights", "note",
    ]  # fmt: skip

    code, _, err = call("attachments", "s", 0, "--save", folder)
    assert code == 2
    assert "'../../escape' cannot be a file here" in err
    assert not (tmp_path / "deep").exists()

    code, out, _ = call("attachments", "s", 0, "note", "model/weights", "--save", folder)
    assert code == 0
    assert (folder / "model" / "weights").read_bytes() == b"model/weights"
    assert str(folder / "note") in out

    code, out, err = call("attachments", "s", 0, "note", "nope")
    assert (code, out) == (3, "")
    assert "has no attachment 'nope': it has" in err

    with connect(store_uri) as client, pytest.raises(NotFound, match="has no attachment 'none'"):
        client.study("s").save_attachments(0, Path(tmp_path / "other"), ["none"])
