"""Following with a catalog that the test plays: each look at the trial is the next step."""

import socket
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from parzen.client import following
from parzen.client.following import Follower
from parzen.client.logs import Remark, Said
from parzen.shared.errors import NotFound, StoreDenied, StoreUnreachable
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, Failure, Piece, Uid

NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
AWAY = StoreUnreachable("nobody there")


class Catalog:
    """A trial whose next step is taken whenever somebody looks at it again."""

    def __init__(self, trial):
        self.held, self.steps = trial, []
        self.pieces, self.asked, self.denied, self.clock = {}, 0, False, NOON

    def trial(self, study, number):
        if self.steps:
            self.steps.pop(0)()
        if isinstance(self.held, Exception):
            raise self.held
        return self.held

    def output(self, study, number, token, start=0, *, backwards=False):
        if isinstance(self.held, Exception):
            raise self.held
        found = [p for p in self.pieces.get(token, ()) if p.offset >= start]
        return iter(found[::-1] if backwards else found)

    def follow(self, study, number):
        self.asked += 1
        if self.denied:
            raise StoreDenied("not authorized")

    def now(self):
        return self.clock


class Trial:
    """The trial's course as a script, one method for each thing that may happen to it."""

    def __init__(self, catalog):
        self.catalog = catalog

    @property
    def turn(self):
        return len(self.catalog.held.attempts)

    def ships(self, data, at=None):
        pieces = self.catalog.pieces.setdefault(f"t{self.turn}", [])
        offset = at if at is not None else (pieces[-1].end if pieces else 0)
        pieces.append(
            Piece(
                uid=Uid("u1"), number=17, attempt=1, token=f"t{self.turn}", offset=offset, data=data
            )
        )

    def claimed(self, **fields):
        n = self.turn + 1
        attempt = Attempt(n=n, token=f"t{n}", worker="w", host=f"node-{n}", **fields)
        self.set(TrialState.RUNNING, (*self.catalog.held.attempts, attempt), attempt=n)

    def ends(self, state, outcome="complete", **fields):
        *before, mine = self.catalog.held.attempts
        mine = replace(mine, outcome=outcome, **{"ended_at": NOON, **fields})
        value = 0.25 if outcome == "complete" else None
        self.set(state, (*before, mine), value=value, duration_s=3.0)

    def set(self, state, attempts, **fields):
        self.catalog.held = replace(self.catalog.held, state=state, attempts=attempts, **fields)


@pytest.fixture
def catalog(a_trial, monkeypatch):
    monkeypatch.setattr(following, "POLL_S", 0.0)
    return Catalog(a_trial(17))


@pytest.fixture
def trial(catalog):
    return Trial(catalog)


@pytest.fixture
def follow(catalog, a_study):
    """Follow the trial while these steps are taken; what was said, as text, remarks in brackets."""

    def run(*steps, attempt=None, lines=None):
        catalog.steps = [lambda: None, *steps, lambda: pytest.fail("it goes on and on")]
        events = Follower(catalog, a_study(), 17, lines=lines).events(attempt)
        return [e.data.decode() if isinstance(e, Said) else f"[{e.text}]" for e in events]

    return run


def test_what_is_there_is_followed_by_what_comes_to_the_end(follow, trial):
    trial.claimed()
    trial.ships(b"there\n")
    assert follow(
        lambda: trial.ships(b"comes\n"),
        lambda: (
            trial.ships(b"last\n"),
            trial.ends(TrialState.COMPLETE, log_bytes=17),
        ),
    ) == ["there\n", "comes\n", "last\n", "[trial 17 is complete: 0.25 after 0:03.00]"]


def test_a_waiting_trial_is_waited_for_and_said_so_once(follow, trial, catalog):
    said = follow(
        lambda: None,
        trial.claimed,
        lambda: trial.ends(TrialState.PRUNED, "pruned", log_bytes=3, log_tail="one"),
    )
    assert said == ["[trial 17 waits for a worker]", "one", "[trial 17 was pruned]"]
    assert catalog.asked == 1  # it is known to be followed before it runs


def test_a_trial_that_is_never_run_is_not_waited_for(follow, trial):
    said = follow(lambda: trial.set(TrialState.CANCELLED, ()))
    assert said == ["[trial 17 waits for a worker]"]


def failure(kind=FailureKind.EXCEPTION):
    return Failure(kind=kind, message="no", traceback="Trace")


def test_further_attempts_are_followed_too(follow, trial):
    trial.claimed()
    trial.ships(b"one\n")
    assert follow(
        lambda: trial.ends(TrialState.WAITING, "failed", error=failure(), log_bytes=4),
        lambda: None,
        lambda: (trial.claimed(), trial.ships(b"two\n")),
        lambda: trial.ends(TrialState.FAILED, "failed", error=failure(), log_bytes=4),
    ) == [
        "one\n",
        "[Trace]",
        "[attempt 1 of trial 17 failed (exception); it waits to be tried again]",
        "[attempt 2 runs on node-2]",
        "two\n",
        "[Trace]",
        "[trial 17 failed (exception)]",
    ]


def test_an_attempt_that_came_and_went_between_two_looks_is_shown(follow, trial):
    trial.claimed()

    def meanwhile():
        for _ in range(2):
            trial.ends(TrialState.WAITING, "released", log_bytes=2, log_tail=f"{trial.turn}\n")
            trial.claimed()
        trial.ends(TrialState.COMPLETE, log_bytes=2, log_tail="3\n")

    said = follow(meanwhile)
    assert [text for text in said if "[" not in text] == ["1\n", "2\n", "3\n"]
    assert said[1] == "[attempt 1 of trial 17 was given back by its worker]"
    assert said[-1] == "[trial 17 is complete: 0.25 after 0:03.00]"


def test_one_attempt_is_followed_where_one_is_named(follow, trial):
    for _ in range(2):
        trial.claimed()
        trial.ships(b"%d\n" % trial.turn)
        trial.ends(TrialState.WAITING, "released", log_bytes=2)
    assert follow(attempt=1) == [
        "1\n",
        "[attempt 1 of trial 17 was given back by its worker; it waits to be tried again]",
    ]
    with pytest.raises(NotFound, match="has no attempt 3"):
        follow(attempt=3)


def test_a_lost_worker_is_not_waited_for(follow, trial):
    trial.claimed()
    trial.ships(b"one\n")
    lost = Failure(kind=FailureKind.LOST, message="gone")
    assert follow(lambda: trial.ends(TrialState.FAILED, "lost", error=lost)) == [
        "one\n",
        "[its worker was lost: what it printed after that lies on node-1]",
        "[gone]",
        "[trial 17 was lost with its worker]",
    ]


def test_the_last_pieces_of_a_trial_that_is_over_are_waited_for(follow, trial):
    trial.claimed()
    said = follow(
        lambda: trial.ends(TrialState.COMPLETE, log_bytes=9000, log_tail="end"),
        lambda: None,
        lambda: trial.ships(b"x" * 8997),
    )
    assert said[:2] == ["x" * 8997, "end"]


def test_as_long_as_pieces_come_more_are_waited_for(follow, trial, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(following, "monotonic", lambda: clock[0])
    monkeypatch.setattr(following, "sleep", lambda _: clock.append(clock.pop() + 6.0))
    trial.claimed()
    trial.ends(TrialState.COMPLETE, log_bytes=9000, log_tail="")
    pieces = [lambda: trial.ships(b"x" * 3000)] * 3
    said = follow(*(step for piece in pieces for step in (lambda: None, piece)))
    assert said[:-1] == ["x" * 3000] * 3


@pytest.mark.parametrize("patience", [0.0, following.REST_S])
def test_pieces_that_do_not_come_are_not_waited_for_for_ever(
    follow, trial, catalog, monkeypatch, patience
):
    monkeypatch.setattr(following, "REST_S", patience)
    if patience:  # it was over long ago
        catalog.clock = NOON + timedelta(seconds=patience)
    trial.claimed()
    trial.ends(TrialState.COMPLETE, log_bytes=9000, log_tail="end")
    said = follow()
    assert said[0] == "[the whole output lies on node-1; this is its end]"
    assert "8997 bytes of output were left out here" in said[1]
    assert said[2] == "end"


def test_a_store_that_is_away_for_a_while_is_waited_for(follow, trial, catalog):
    trial.claimed()
    trial.ships(b"one\n")
    there = catalog.held
    said = follow(
        lambda: setattr(catalog, "held", AWAY),
        lambda: None,
        lambda: setattr(catalog, "held", there),
        lambda: (trial.ships(b"two\n"), trial.ends(TrialState.COMPLETE, log_bytes=8)),
    )
    assert said == [
        "one\n",
        "[the store does not answer and is waited for: nobody there]",
        "[the store answers again]",
        "two\n",
        "[trial 17 is complete: 0.25 after 0:03.00]",
    ]


def test_a_trial_that_is_deleted_meanwhile_ends_it(follow, trial, catalog):
    trial.claimed()
    with pytest.raises(NotFound, match="no trial 17"):
        follow(lambda: setattr(catalog, "held", NotFound("no trial 17")))


def test_its_worker_is_asked_again_and_again(follow, trial, catalog, monkeypatch):
    monkeypatch.setattr(following, "FOLLOW_S", 0.0)
    trial.claimed()
    nothing = [lambda: None] * 5
    follow(*nothing, lambda: trial.ends(TrialState.COMPLETE, log_bytes=0))
    assert catalog.asked == 6


def test_who_may_only_look_is_told_so_once_and_sees_what_there_is(follow, trial, catalog):
    catalog.denied = True
    trial.claimed()
    said = follow(
        lambda: None,
        lambda: (trial.ships(b"one\n"), trial.ends(TrialState.COMPLETE, log_bytes=4)),
    )
    assert [text.split(",")[0] for text in said] == [
        "[this account may only look",
        "one\n",
        "[trial 17 is complete: 0.25 after 0:03.00]",
    ]
    assert catalog.asked == 1


@pytest.mark.parametrize("there", [True, False])
def test_a_file_on_this_machine_is_read_itself(follow, trial, catalog, tmp_path, there):
    workdir = tmp_path / "s" / "17" / "t1"
    workdir.parent.mkdir(parents=True)
    file = workdir.with_name("t1.log")

    def write(text):
        with file.open("a") as sink:
            sink.write(text)

    if there:
        write("one\n")
    trial.claimed()
    here = {"host": socket.gethostname(), "workdir": str(workdir)}
    trial.set(TrialState.RUNNING, (replace(catalog.held.attempts[0], **here),))
    said = follow(
        lambda: write("two\n"),
        lambda: (write("three\n"), trial.ends(TrialState.COMPLETE, log_bytes=99)),
    )
    assert "".join(said[:-1]) == ("one\n" if there else "") + "two\nthree\n"
    assert catalog.asked == (0 if there else 1)


def test_it_begins_with_the_last_lines_of_what_there_is(follow, trial):
    trial.claimed()
    trial.ships(b"one\ntwo\nthree\n")
    said = follow(
        lambda: trial.ships(b"four\nfive\n"),
        lambda: trial.ends(TrialState.COMPLETE, log_bytes=24),
        lines=1,
    )
    assert said[:2] == ["three\n", "four\nfive\n"]


def test_two_follow_without_harm_to_each_other(trial, catalog, a_study):
    trial.claimed()
    trial.ships(b"one\n")
    trial.ends(TrialState.COMPLETE, log_bytes=4)
    first, second = (Follower(catalog, a_study(), 17).events() for _ in range(2))
    assert list(first) == list(second)
    assert [e.text for e in Follower(catalog, a_study(), 17).events() if isinstance(e, Remark)]
