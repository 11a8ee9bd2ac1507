"""A bundle's bytes are the same for the same content, and unpack nowhere but where they should."""

from __future__ import annotations

import io
import threading
import tracemalloc
import zipfile

import pytest

from parzen.shared import archive
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


def a_bomb(name, claimed, method=zipfile.ZIP_DEFLATED):
    """A small zip whose member says it holds ``claimed`` bytes and holds 64 MiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        with made.open(name, "w") as member:
            for _ in range(64):
                member.write(bytes(1 << 20))
        made.getinfo(name).file_size = claimed
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_more_is_unpacked_than_a_bundle_says_it_holds(tmp_path, method):
    bomb = a_bomb("modules/manifest.json", 100, method)
    tracemalloc.start()
    try:
        with pytest.raises(Incompatible, match="not a parzen bundle"):
            read(bomb, "modules/manifest.json", 5000)
        with pytest.raises(Incompatible, match="not a parzen bundle"):
            unpack_modules(bomb, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert list(tmp_path.iterdir()) == []


def test_modules_are_bounded_all_together(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 5000)
    unpack_modules(pack({"modules/a.py": bytes(2500), "modules/b.py": bytes(2500)}), tmp_path)
    with pytest.raises(Incompatible, match=r"modules/b\.py holds 2501 bytes"):
        unpack_modules(pack({"modules/a.py": bytes(2500), "modules/b.py": bytes(2501)}), tmp_path)
    assert len([*tmp_path.iterdir()]) == 1


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
