from __future__ import annotations

import os

import pytest

from parzen.shared.records import Attempt, Claim, Study, Trial, Uid
from parzen.worker.place import mark_of
from parzen.worker.remains import cached_below, drop_empty, remains_below, remove, size_of
from parzen.worker.workdirs import Workdirs


@pytest.fixture
def made(tmp_path):
    """Make what an attempt leaves: its place."""

    def make(token="abc", study="digits", number=7, store="a-store", uid="u"):
        attempt = Attempt(n=1, token=token, worker="w", host="h")
        trial = Trial(study=study, uid=Uid(uid), number=number, params={}, attempts=(attempt,))
        claim = Claim(Study(name=study, uid=Uid(uid), dimensions=()), trial, token, 60.0)
        place = Workdirs(tmp_path / "work", store).prepare(claim)
        place.log.write_text("said")
        (place.workdir / "deep" / "deeper").mkdir(parents=True)
        (place.workdir / "deep" / "big").write_bytes(bytes(50_000))
        return place

    return make


def found(tmp_path):
    return list(remains_below(tmp_path / "work"))


def test_attempts_are_found_with_all_that_they_left(made, tmp_path):
    place = made()
    made("def", number=8, store=None)
    one, other = found(tmp_path)
    assert (one.study, one.number, one.token) == ("digits", 7, "abc")
    assert (one.store, one.uid, other.store, other.uid) == ("a-store", "u", None, None)
    assert set(one.paths) == {place.workdir, place.log, mark_of(place.workdir)}
    assert one.touched_at == max(path.stat().st_mtime for path in one.paths)
    assert 50_000 < size_of(one.paths) < 200_000


def test_what_is_no_attempt_is_none(made, tmp_path):
    work = tmp_path / "work"
    for other in (".children/1/x", "digits/latest/x", "digits/7/.hidden", "digits/-1/x", "file"):
        (work / other).mkdir(parents=True)
    (work / "top").touch()
    assert found(tmp_path) == []
    assert list(remains_below(tmp_path / "nowhere")) == []


def test_links_lead_nowhere(made, tmp_path):
    place = made()
    treasure = tmp_path / "treasure"
    (treasure / "7" / "abc").mkdir(parents=True)
    (treasure / "7" / "abc" / "gold").write_bytes(bytes(9_000_000))
    (tmp_path / "work" / "linked").symlink_to(treasure)
    (tmp_path / "work" / "digits" / "9").symlink_to(treasure / "7")
    (place.workdir / "out").symlink_to(treasure)
    (one,) = found(tmp_path)
    assert size_of(one.paths) < 200_000
    remove(one.paths)
    assert (treasure / "7" / "abc" / "gold").exists()
    assert not place.workdir.exists()


def test_a_link_in_a_directorys_place_is_taken_away_itself(made, tmp_path):
    place = made()
    (tmp_path / "treasure").mkdir()
    place.log.unlink()
    place.log.symlink_to(tmp_path / "treasure")
    (one,) = found(tmp_path)
    remove(one.paths)
    assert (tmp_path / "treasure").exists()
    assert not os.path.lexists(place.log)


def test_what_is_removed_leaves_no_empty_folders_and_nothing_else_goes(made, tmp_path):
    place, stays = made(), made("def", number=8)
    first = next(one for one in found(tmp_path) if one.token == "abc")
    remove(first.paths)
    drop_empty([first])
    assert not place.workdir.parent.exists()
    assert stays.workdir.exists()
    remove(first.paths)  # somebody else did it


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"store": 1, "uid": "u"}', '{"store": "s"}', "{" * 9000]
)
def test_a_mark_that_a_trial_broke_says_nothing(made, tmp_path, text):
    mark_of(made().workdir).write_text(text)
    (one,) = found(tmp_path)
    assert (one.store, one.uid) == (None, None)


def test_a_mark_is_no_link_and_no_pipe(made, tmp_path):
    mark = mark_of(made().workdir)
    mark.rename(tmp_path / "forged")
    mark.symlink_to(tmp_path / "forged")
    assert found(tmp_path)[0].store is None
    mark.unlink()
    os.mkfifo(mark)
    assert found(tmp_path)[0].store is None


def test_cached_bundles(tmp_path):
    for name in ("abc.zip", ".draft-1", "readme", "folder.zip/x"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    os.utime(tmp_path / "abc.zip", (2000, 1000))
    draft, bundle = cached_below(tmp_path)
    assert (draft.digest, bundle.digest) == (None, "abc")
    assert bundle.used_at == 2000
