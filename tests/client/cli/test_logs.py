import itertools
import json
import socket

import pytest

from parzen.client import cli, following
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Failed, Failure, Piece

BROKEN = Failed(
    error=Failure(
        kind=FailureKind.EXCEPTION, type="ValueError", message="no", traceback="Trace\nValueError"
    ),
    log_tail="the end\n",
)


@pytest.fixture
def three(worked):
    """Trial 0 wrote nothing, trial 1 failed, trial 2 waits."""
    return worked(Completed(value=0.3), BROKEN, waiting=1)


def test_elsewhere_without_pieces_the_end_that_is_kept_is_printed(call, three):
    code, out, err = call("logs", "s", 1)
    assert (code, out) == (0, "the end\n")
    assert err == "note: the whole output lies on host; this is its end\nTrace\nValueError\n"


@pytest.fixture
def lies(three, store):
    """Say in the document of trial 1 that its attempt lay in a folder of this machine."""
    token = store.db.jobs.find_one({"number": 1})["attempts"][0]["token"]

    def say(folder):
        here = {"attempts.0.host": socket.gethostname(), "attempts.0.workdir": str(folder / token)}
        store.db.jobs.update_one({"number": 1}, {"$set": here})
        folder.mkdir(parents=True)
        (folder / f"{token}.log").write_text("the beginning\nthe end\n")
        return folder / f"{token}.log"

    return say


def test_on_this_machine_the_file_is_printed_raw(call, lies, tmp_path, monkeypatch):
    file = lies(tmp_path / "s" / "1")
    assert call("logs", "s", 1) == (0, "the beginning\nthe end\n", "Trace\nValueError\n")
    file.write_text("\x07" + "é" * 200_000)
    assert call("logs", "s", 1)[1] == "\x07" + "é" * 200_000
    monkeypatch.setattr("parzen.client.cli.logs.on_terminal", lambda: True)
    assert call("logs", "s", 1)[1] == "\\x07" + "é" * 200_000 + "\n"


def test_whatever_lies_in_the_outputs_place_its_end_is_printed(call, lies, tmp_path):
    log = lies(tmp_path / "s" / "1")
    log.unlink()
    log.symlink_to("/etc/passwd")
    code, out, err = call("logs", "s", 1)
    assert (code, out) == (0, "the end\n")
    assert err.startswith("note: the whole output cannot be read (")
    assert f"{log}); this is its end\n" in err


def test_no_document_makes_a_command_read_other_files(call, lies, tmp_path):
    lies(tmp_path / "elsewhere")
    assert call("logs", "s", 1)[:2] == (0, "the end\n")


def test_where_there_is_nothing_to_print_it_says_why(call, three):
    assert call("logs", "s", 0) == (0, "", "note: trial 0 wrote nothing\n")
    told = "parzen: trial 2 of study 's' has not been tried yet: --follow waits for it\n"
    assert call("logs", "s", 2) == (3, "", told)
    code, out, err = call("logs", "s", 9)
    assert (code, out) == (3, "")
    assert "study 's' has no trial 9" in err
    code, out, err = call("logs", "s", 1, "--attempt", 4, "--json")
    assert (code, out) == (3, "")
    assert "has no attempt 4" in err


@pytest.fixture
def ship(store, three):
    """Ship pieces of the last attempt at a trial, one after another."""
    ends = {}

    def ship(number, data):
        attempt = store.catalog.trial(three, number).attempts[-1]
        offset = ends.get(attempt.token, 0)
        piece = Piece(
            uid=three.uid,
            number=number,
            attempt=attempt.n,
            token=attempt.token,
            offset=offset,
            data=data,
        )
        store.queue.keep_output(piece)
        ends[attempt.token] = piece.end

    return ship


def test_what_was_shipped_is_printed_wherever_it_ran(call, store, ship):
    ship(1, b"caf\xc3")
    ship(1, b"\xa9\nthe end\n")
    store.db.jobs.update_one({"number": 1}, {"$set": {"attempts.0.log_bytes": 14}})
    assert call("logs", "s", 1) == (0, "café\nthe end\n", "Trace\nValueError\n")
    assert call("logs", "s", 1, "--tail", 1)[1] == "the end\n"
    assert call("logs", "s", 1, "--tail", 0)[1] == ""
    found = json.loads(call("logs", "s", 1, "--json")[1])
    assert (found["parzen"], found["kind"]) == (1, "output")
    texts = [(i["number"], i["attempt"], i["offset"], i["text"]) for i in found["items"]]
    assert texts == [(1, 1, 0, "caf"), (1, 1, 3, "é\nthe end\n")]


@pytest.fixture
def meanwhile(monkeypatch):
    """Let these things happen one by one whenever ``--follow`` waits."""

    def script(*steps):
        left = iter(steps)
        monkeypatch.setattr(following, "sleep", lambda _: next(left)())

    return script


def test_following_to_the_end(call, store, three, ship, a_worker, meanwhile):
    held = []

    def claim():
        held.extend(store.queue.claim(a_worker(), [three]))

    def finish():
        ship(2, b"last\n")
        store.queue.report([(held[0], Completed(value=0.25, log_tail="first\nlast\n"))])
        store.db.jobs.update_one({"number": 2}, {"$set": {"attempts.0.log_bytes": 11}})

    meanwhile(claim, lambda: ship(2, b"first\n"), lambda: None, finish)
    code, out, err = call("logs", "s", 2, "--follow")
    assert (code, out) == (0, "first\nlast\n")
    first, last = err.splitlines()
    assert first == "note: trial 2 waits for a worker"
    assert last.startswith("note: trial 2 is complete: 0.25 after 0:0")
    (follower,) = store.db.followers.find()
    assert follower["_id"] == f"{three.uid}:2"


def test_following_for_programs_is_an_object_on_each_line(call, store, three, ship):
    ship(1, b"one\n")
    ship(1, b"two\n")
    store.db.jobs.update_one({"number": 1}, {"$set": {"attempts.0.log_bytes": 8}})
    code, out, err = call("logs", "s", 1, "--follow", "--json")
    items = [item for line in out.splitlines() for item in json.loads(line)["items"]]
    assert (code, [item["text"] for item in items]) == (0, ["one\n", "two\n"])
    assert err == "Trace\nValueError\nnote: trial 1 failed (exception)\n"


def test_ctrl_c_ends_following_quietly(call, three, monkeypatch):
    waits = itertools.count()

    def interrupt(_):
        if next(waits) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(following, "sleep", interrupt)
    assert call("logs", "s", 2, "--follow") == (130, "", "note: trial 2 waits for a worker\n")


@pytest.mark.parametrize("option", [["--tail", "-1"], ["--attempt", "0"], ["--attempt", "x"]])
def test_wrong_options_are_refused(capsys, option):
    assert cli.run(["logs", "s", "1", *option]) == 2
    assert option[0] in capsys.readouterr().err
