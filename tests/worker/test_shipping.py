"""Shipping with a store that the test plays, and by a real agent into a real one."""

import os
import threading
import time
from pathlib import Path

import pytest

from parzen.shared.errors import StoreDenied, StoreUnreachable
from parzen.shared.records import Claim, Study, Trial, Uid
from parzen.worker import shipping
from parzen.worker.outage import Outage
from parzen.worker.outputs import Output, Outputs
from parzen.worker.shipping import Shipping

LONG = b"a line of twenty chars\n" * 400


class Harbour:
    def __init__(self):
        self.kept, self.looks = {}, 0
        self.following, self.error, self.attempts = set(), None, 0
        self.gate = threading.Event()
        self.gate.set()

    def followed(self, claims):
        self.looks += 1
        return {claim.key for claim in claims if claim.token in self.following}

    def keep_output(self, piece):
        self.attempts += 1
        self.gate.wait(30)
        if self.error:
            raise self.error
        self.kept.setdefault(piece.token, {}).setdefault(piece.offset, piece.data)

    def drop_output(self, token, offsets):
        for offset in offsets:
            del self.kept[token][offset]

    def said(self, token):
        return b"".join(data for _, data in sorted(self.kept.get(token, {}).items()))


@pytest.fixture
def harbour():
    return Harbour()


@pytest.fixture
def outputs():
    made = Outputs()
    yield made
    made.close()


@pytest.fixture
def new_shipping(harbour, monkeypatch):
    monkeypatch.setattr(shipping, "LOOK_S", 0.02)
    monkeypatch.setattr(shipping, "LIVE_EVERY_S", 0.02)
    made = []

    def make(**options):
        made.append(Shipping(harbour, Outage(), pytest.fail, **options))
        return made[-1]

    yield make
    for one in made:
        one.close(0.0)


def a_claim(number=0):
    trial = Trial(study="s", uid=Uid("u"), number=number, params={}, attempt=1)
    return Claim(Study(name="s", uid=Uid("u"), dimensions=()), trial, f"t{number}", 60.0)


@pytest.fixture
def runs(outputs, tmp_path):
    """Let a trial print ``data`` and end; ``meanwhile`` is called while it runs."""

    def run(ships, data, number=0, meanwhile=lambda sink: None):
        claim = a_claim(number)
        with outputs.bounded(tmp_path / f"{number}.log") as output:
            ships.begin(claim, output)
            with (tmp_path / f"{number}.log").open("ab", buffering=0) as sink:
                sink.write(data)
                meanwhile(sink)
        ships.end(claim)

    return run


def test_a_long_output_is_shipped_when_the_trial_has_ended(new_shipping, harbour, runs):
    ships = new_shipping()
    runs(ships, LONG)
    ships.close(30.0)
    assert harbour.said("t0") == LONG


@pytest.mark.parametrize("data", [b"\xff\n", b"\0\n"])
def test_what_is_no_text_is_shipped_however_short(new_shipping, harbour, runs, data):
    ships = new_shipping()
    runs(ships, data)
    ships.close(30.0)
    assert harbour.said("t0") == data


@pytest.mark.parametrize("data", [b"", "é\n".encode(), b"x" * 4096])
def test_what_the_document_holds_is_not_shipped(new_shipping, harbour, runs, data):
    ships = new_shipping()
    runs(ships, data)
    ships.close(30.0)
    assert harbour.attempts == 0


def test_nothing_is_shipped_where_nothing_may_be(new_shipping, harbour, runs):
    ships = new_shipping(limit_bytes=0)
    runs(ships, LONG)
    ships.close(30.0)
    assert (harbour.attempts, harbour.looks) == (0, 0)


def test_nobody_follows_nothing_is_shipped_before_the_end(new_shipping, harbour, runs, until):
    def look(_):
        looks = harbour.looks
        until(lambda: harbour.looks > looks + 2)
        assert harbour.attempts == 0

    runs(new_shipping(), LONG, meanwhile=look)


def test_a_followed_trial_is_shipped_as_it_prints_to_the_last_byte(
    new_shipping, harbour, runs, until
):
    ships = new_shipping()
    harbour.following = {"t1"}

    def print_more(sink):
        until(lambda: harbour.said("t1") == b"begins\n")
        sink.write(b"goes on\n")
        until(lambda: harbour.said("t1") == b"begins\ngoes on\n")
        sink.write(b"ends\n")

    runs(ships, b"another\n", number=0)
    runs(ships, b"begins\n", number=1, meanwhile=print_more)
    ships.close(30.0)
    assert harbour.kept.keys() == {"t1"}
    assert harbour.said("t1") == b"begins\ngoes on\nends\n"


def test_a_trial_that_ends_while_it_is_being_sent_is_sent_whole(
    new_shipping, harbour, runs, monkeypatch
):
    reads, over = threading.Event(), threading.Event()
    read = Output.read

    def slowly(output, place, most):
        reads.set()
        assert over.wait(30)
        return read(output, place, most)

    monkeypatch.setattr(Output, "read", slowly)
    ships = new_shipping()
    harbour.following = {"t0"}
    runs(ships, b"begins\n", meanwhile=lambda sink: reads.wait(30))
    over.set()
    ships.close(30.0)
    assert harbour.said("t0") == b"begins\n"


def test_a_store_that_is_away_is_waited_for(new_shipping, harbour, runs, until, caplog):
    ships = new_shipping()
    harbour.error = StoreUnreachable("away")
    runs(ships, LONG)
    until(lambda: harbour.attempts > 1)
    harbour.error = None
    ships.close(30.0)
    assert harbour.said("t0") == LONG
    assert caplog.messages[0].startswith("the store does not answer")
    assert "answers again" in caplog.messages[-1]


def test_what_cannot_be_shipped_before_the_worker_quits_is_told(
    new_shipping, harbour, runs, caplog, tmp_path
):
    ships = new_shipping()
    harbour.error = StoreUnreachable("away")
    runs(ships, LONG)
    ships.close(0.0)
    assert caplog.messages[-1] == (
        "not all that trial 0 of s printed is in the store: this worker quits; it lies in "
        f"{tmp_path / '0.log'}"
    )


def test_a_store_that_refuses_is_said_once_and_asked_once_for_each(
    new_shipping, harbour, runs, until, caplog
):
    caplog.set_level("INFO")
    ships = new_shipping()
    harbour.error = StoreDenied("not authorized")
    harbour.following = {"t0"}
    looks = []

    def wait(_):
        until(lambda: harbour.attempts == 1)
        looks.append(harbour.looks)
        until(lambda: harbour.looks > looks[0] + 3)

    runs(ships, LONG, meanwhile=wait)
    runs(ships, LONG, number=1)
    ships.close(30.0)
    assert harbour.attempts == 2
    told = [(r.levelname, r.getMessage()) for r in caplog.records]
    assert [level for level, _ in told] == ["WARNING", "INFO"]
    assert "not authorized" in told[0][1]


def test_more_than_may_wait_is_left_and_told(new_shipping, harbour, runs, until, caplog):
    ships = new_shipping(slots=1)
    harbour.gate.clear()
    for number in range(shipping.FEWEST_WAITING + 2):
        runs(ships, LONG, number)
        until(lambda: harbour.attempts)
    harbour.gate.set()
    ships.close(30.0)
    assert len(harbour.kept) == shipping.FEWEST_WAITING
    assert sum("print faster than the store takes it" in text for text in caplog.messages) == 2


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_file_stays_open(new_shipping, harbour, runs):
    ships = new_shipping()
    before = open_files()
    for number in range(6):
        runs(ships, LONG if number % 2 else b"short", number)
    ships.close(30.0)
    assert open_files() == before


def pieces(lab, number=0):
    found = []
    for attempt in lab.trial(number).attempts:
        found += lab.store.catalog.output(lab.study, number, attempt.token)
    return found


def test_an_agent_ships_what_its_trials_print_and_its_length(new_lab, run_all):
    def objective(params, trial):
        if trial.number == 0:
            os.system("seq 1 5000")
        else:
            os.system("echo short")
        return 0.0

    lab = new_lab(objective, trials=2)
    run_all(2)
    (long,), (short,) = lab.trial(0).attempts, lab.trial(1).attempts
    whole = b"".join(piece.data for piece in pieces(lab))
    assert whole == Path(f"{long.workdir}.log").read_bytes()
    assert (long.log_bytes, short.log_bytes) == (len(whole), len("short\n"))
    assert lab.store.db.logs.count_documents({"number": 1}) == 0


def test_a_trial_that_is_given_back_leaves_what_it_printed(new_lab, new_agent, until):
    def objective(params, trial):
        os.system("seq 1 2000")
        trial.report(0, 0.0)
        while not trial.should_stop():
            time.sleep(0.01)

    lab = new_lab(objective)
    running = new_agent()
    until(lambda: lab.trial().last is not None)
    running.agent.stop()
    assert running.join() == 0
    assert lab.trial().attempts[0].outcome == "released"
    assert b"".join(piece.data for piece in pieces(lab)).split()[-1] == b"2000"


def test_what_was_shipped_before_a_worker_is_killed_stays(new_lab, new_worker, until):
    def objective(params):
        os.system("echo first; echo second")
        time.sleep(300)

    lab = new_lab(objective)
    lab.store.catalog.follow(lab.study, 0)
    worker = new_worker()
    until(lambda: lab.trial().attempts and pieces(lab))
    until(lambda: b"second\n" in b"".join(piece.data for piece in pieces(lab)))
    worker.kill()
    worker.wait()
    assert b"".join(piece.data for piece in pieces(lab)) == b"first\nsecond\n"
    (attempt,) = lab.trial().attempts
    assert (attempt.outcome, attempt.log_bytes) == (None, None)
