import dataclasses
import json
import os

import pytest

from parzen.shared.errors import Incompatible, StoreDenied
from parzen.shared.records import Attempt, Claim, Study, Trial, Uid
from parzen.worker.place import mark_of
from parzen.worker.workdirs import Workdirs


def a_claim(*tokens, study="digits", **fields):
    attempts = tuple(
        Attempt(n=n, token=token, worker="w", host="h", **fields)
        for n, token in enumerate(tokens, 1)
    )
    trial = Trial(study=study, uid=Uid("u"), number=7, params={}, attempts=attempts)
    return Claim(Study(name=study, uid=Uid("u"), dimensions=()), trial, tokens[-1], 60.0)


@pytest.fixture
def workdirs(tmp_path):
    return Workdirs(tmp_path / "work")


def test_an_attempt_has_a_directory_and_its_output_beside_it(workdirs):
    place = workdirs.prepare(a_claim("abc"))
    assert place.workdir == workdirs.root / "digits" / "7" / "abc"
    assert place.workdir.is_dir()
    assert place.log == workdirs.root / "digits" / "7" / "abc.log"
    assert place.previous is None


def test_a_store_that_does_not_say_which_it_is_is_asked_once(workdirs):
    asked = []

    def refuses():
        asked.append(1)
        raise StoreDenied("no right to list collections")

    workdirs.learn_store(refuses)
    workdirs.learn_store(refuses)
    assert (workdirs.store, asked) == ("", [1])


def test_the_last_attempts_directory_is_found_where_it_lies_here(workdirs):
    first = workdirs.prepare(a_claim("abc"))
    assert workdirs.prepare(a_claim("abc", "elsewhere", "def")).previous == first.workdir


def test_the_last_attempts_directory_may_lie_where_its_worker_said(workdirs, tmp_path):
    shared = tmp_path / "shared" / "digits" / "7" / "abc"
    shared.mkdir(parents=True)
    assert workdirs.prepare(named(shared)).previous == shared


def named(workdir):
    """A second attempt; the document says where the first one was."""
    claim = a_claim("abc", "def")
    old = dataclasses.replace(claim.trial.attempts[0], workdir=str(workdir))
    trial = dataclasses.replace(claim.trial, attempts=(old, claim.trial.attempts[1]))
    return dataclasses.replace(claim, trial=trial)


@pytest.mark.parametrize(
    "where", ["", "digits/7", "digits/7/other", "other/7/abc", "digits/8/abc", "digits/7/abc/.."]
)
def test_a_document_cannot_send_a_trial_to_any_directory(workdirs, tmp_path, where):
    for made in ("digits/7/abc/deeper", "digits/7/other", "other/7/abc", "digits/8/abc"):
        (tmp_path / "planted" / made).mkdir(parents=True)
    assert workdirs.prepare(named(tmp_path / "planted" / where)).previous is None
    link = tmp_path / "linked" / "digits" / "7"
    link.mkdir(parents=True)
    (link / "abc").symlink_to(tmp_path / "planted")
    assert workdirs.prepare(named(link / "abc")).previous is None
    assert workdirs.prepare(named("\0")).previous is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_holds_no_checkpoint_of_ours(workdirs, tmp_path):
    planted = tmp_path / "tmp" / "digits" / "7" / "abc"
    planted.mkdir(parents=True)
    os.chown(planted, 12345, -1)
    assert workdirs.prepare(named(planted)).previous is None


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".hidden", "a\0b", "-rf"])
def test_a_name_that_leads_elsewhere_is_refused(workdirs, name):
    with pytest.raises(Incompatible, match="cannot name a directory"):
        workdirs.prepare(a_claim("abc", study=name))
    assert not workdirs.root.exists()


def test_a_mark_says_whose_an_attempt_is_where_the_store_is_known(workdirs):
    mark = mark_of(workdirs.prepare(a_claim("abc")).workdir)
    assert not mark.exists()
    workdirs.store = "a-store"
    workdirs.prepare(a_claim("abc"))
    assert json.loads(mark.read_text()) == {"store": "a-store", "uid": "u"}


def test_what_stayed_empty_is_taken_away(workdirs):
    workdirs.store = "a-store"
    place = workdirs.prepare(a_claim("abc"))
    place.log.touch()
    place.tidy()
    assert not place.log.exists()
    assert not place.workdir.parent.exists()


def test_what_holds_something_stays(workdirs):
    place = workdirs.prepare(a_claim("abc"))
    place.log.write_text("said")
    (place.workdir / "checkpoint").touch()
    place.tidy()
    assert place.log.exists()
    assert (place.workdir / "checkpoint").exists()


def test_a_mark_stays_as_long_as_anything_does(workdirs):
    workdirs.store = "a-store"
    place = workdirs.prepare(a_claim("abc"))
    place.log.write_text("said")
    place.tidy()
    assert mark_of(place.workdir).exists()


def test_tidying_survives_what_a_trial_put_in_the_place_of_its_output(workdirs):
    place = workdirs.prepare(a_claim("abc"))
    (place.log / "checkpoint").mkdir(parents=True)
    place.tidy()
    assert (place.log / "checkpoint").exists()
    place = workdirs.prepare(a_claim("def"))
    place.log.symlink_to(place.log)
    place.tidy()
    assert place.log.is_symlink()
