import os
from dataclasses import replace
from pathlib import Path

import pytest

from parzen.shared.records import Uid
from parzen.worker.place import FOLDER_MODE, LOG_MODE, Place, Spare, mark_of


@pytest.fixture
def place(tmp_path):
    return made(tmp_path / "study" / "7" / "abc")


def made(workdir, *, marked=True):
    workdir.parent.mkdir(parents=True, exist_ok=True)
    workdir.mkdir(FOLDER_MODE)
    log = workdir.with_name(f"{workdir.name}.log")
    log.touch(LOG_MODE)
    owner = b"whose" if marked else None
    if marked:
        mark_of(workdir).write_bytes(owner)
    return Place(workdir, log, None, owner, workdir.parent.stat().st_mode)


def below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def spoil(what, place):
    {
        "printed": lambda: place.log.write_text("said"),
        "wrote": (place.workdir / "checkpoint").touch,
        "opened to others": lambda: place.workdir.chmod(0o777),
        "opened what is around it": lambda: place.workdir.parent.chmod(0o777),
        "changed its mark": lambda: mark_of(place.workdir).write_text("other"),
        "put a link for its mark": lambda: (
            mark_of(place.workdir).rename(place.workdir.with_name("kept")),
            mark_of(place.workdir).symlink_to("kept"),
        ),
        "opened its output": lambda: place.log.chmod(0o666),
        "deleted its directory": place.workdir.rmdir,
        "deleted its output": place.log.unlink,
        "linked its output": lambda: place.log.with_name("kept").hardlink_to(place.log),
        "put a link there": lambda: (place.workdir.rmdir(), place.workdir.symlink_to("/tmp")),
        "put a link for its output": lambda: (place.log.unlink(), place.log.symlink_to("x")),
    }[what]()


def test_what_is_as_it_was_made_is_untouched(place):
    assert place.untouched()


@pytest.mark.parametrize(
    "what",
    [
        "printed",
        "wrote",
        "opened to others",
        "opened what is around it",
        "changed its mark",
        "put a link for its mark",
        "opened its output",
        "deleted its directory",
        "deleted its output",
        "linked its output",
        "put a link there",
        "put a link for its output",
    ],
)
def test_whatever_a_trial_did_is_not_handed_on(place, what):
    spoil(what, place)
    assert not place.untouched()


@pytest.mark.parametrize("marked", [True, False])
def test_the_next_attempt_has_all_of_it_under_its_own_names(tmp_path, marked):
    place = made(tmp_path / "study" / "7" / "abc", marked=marked)
    os.utime(place.workdir, (1, 1))
    inode = place.workdir.stat().st_ino
    wanted = tmp_path / "study" / "15" / "def"
    found = place.handed_on(str(wanted))
    assert found == replace(place, workdir=wanted, log=Path(f"{wanted}.log"))
    assert found.untouched()
    marks = ["15/.def.of"] if marked else []
    assert below(tmp_path / "study") == ["15", *marks, "15/def", "15/def.log"]
    assert found.workdir.stat().st_ino == inode
    assert found.workdir.stat().st_mtime > 1, "who tidies up by age must see that it is in use"


def test_it_stays_where_another_attempt_lies_beside_it(place, tmp_path):
    other = made(tmp_path / "study" / "7" / "other")
    before = below(tmp_path)
    assert place.handed_on(str(tmp_path / "study" / "15" / "def")) is None
    assert below(tmp_path) == before
    assert other.untouched()


def test_it_stays_where_the_other_trial_has_been_here_before(place, tmp_path):
    made(tmp_path / "study" / "15" / "earlier")
    before = below(tmp_path)
    assert place.handed_on(str(tmp_path / "study" / "15" / "def")) is None
    assert below(tmp_path) == before


def test_where_somebody_tidies_up_meanwhile_nothing_is_left_half_moved(
    place, tmp_path, monkeypatch
):
    rename = os.rename

    def gone(was, now):
        if str(now).endswith("def"):
            Path(was).rmdir()
        rename(was, now)

    monkeypatch.setattr(os, "rename", gone)
    assert place.handed_on(str(tmp_path / "study" / "15" / "def")) is None
    assert below(tmp_path) == ["study"]


def test_a_spare_place_is_for_the_study_that_left_it():
    class Left:
        tidied = 0

        def tidy(self):
            self.tidied += 1

    spare, left = Spare(), Left()
    assert (bool(spare), spare.of(Uid("a"))) == (False, None)
    spare.keep(left, Uid("a"))
    assert (bool(spare), spare.of(Uid("a"))) == (True, left)
    assert (spare.of(Uid("b")), left.tidied) == (None, 1)
    spare.keep(left, Uid("b"))
    spare.taken()
    spare.tidy()
    assert left.tidied == 1
