"""A bundle's bytes are the same for the same content, and unpack nowhere but where they should."""

from __future__ import annotations

import threading

import pytest

from parzen.shared.archive import pack, read, unpack_modules
from parzen.shared.errors import Incompatible


def test_the_same_content_gives_the_same_bytes():
    assert pack({"a": b"1", "b": b"2"}) == pack({"b": b"2", "a": b"1"})
    assert pack({"a": b"1"}) != pack({"a": b"2"})
    assert read(pack({"a": b"1"}), "a") == b"1"


@pytest.mark.parametrize("data", [b"", b"no zip", pack({"a": b""})[:-5], pack({"a": b""})])
def test_what_is_no_bundle_is_refused(data):
    with pytest.raises(Incompatible, match="not a parzen bundle"):
        read(data, "manifest.json")


def made_by_hand(flags=0, method=8, junk=False):
    """A zip whose one member is encrypted, packed in a strange way, or damaged."""
    data = bytearray(pack({"manifest.json": b"{}" * 50}))
    central = data.index(b"PK\x01\x02")
    for at, value in ((6, flags), (8, method)):
        data[at], data[central + at + 2] = value, value
    if junk:
        data[43:47] = b"junk"
    return bytes(data)


@pytest.mark.parametrize("made", [{"flags": 1}, {"method": 97}, {"method": 14}, {"junk": True}])
def test_a_zip_made_by_hand_is_refused_like_any_other_junk(made):
    assert read(made_by_hand(), "manifest.json") == b"{}" * 50
    with pytest.raises(Incompatible, match="not a parzen bundle"):
        read(made_by_hand(**made), "manifest.json")


def test_a_member_that_unpacks_to_more_than_its_limit_is_not_unpacked():
    data = pack({"manifest.json": bytes(5000)})
    with pytest.raises(Incompatible, match=r"manifest\.json holds 5000 bytes"):
        read(data, "manifest.json", 4999)
    assert len(read(data, "manifest.json", 5000)) == 5000


def test_only_modules_are_unpacked_and_only_once(tmp_path):
    data = pack({"modules/pkg/a.py": b"A = 1", "manifest.json": b"{}"})
    folder = unpack_modules(data, tmp_path / "new")
    assert [p.relative_to(folder).as_posix() for p in folder.rglob("*.py")] == ["pkg/a.py"]
    assert unpack_modules(data, tmp_path / "new") == folder
    assert [*(tmp_path / "new").iterdir()] == [folder]


def test_two_may_unpack_at_once(tmp_path):
    data = pack({f"modules/m{i}.py": b"" for i in range(50)})
    start, found = threading.Barrier(4), []

    def unpack():
        start.wait()
        found.append(unpack_modules(data, tmp_path))

    threads = [threading.Thread(target=unpack) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert [*tmp_path.iterdir()] == [found[0]]
    assert len([*found[0].iterdir()]) == 50


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/evil.py", "a/../../evil.py", "..\\evil.py", ""]
)
def test_a_name_that_leads_out_is_refused_and_nothing_written(tmp_path, name):
    with pytest.raises(Incompatible, match="unsafe name"):
        unpack_modules(pack({"modules/" + name: b""}), tmp_path / "into")
    assert not (tmp_path / "into").exists()
