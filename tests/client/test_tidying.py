from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from parzen.client.tidying import Fate, Judge
from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo.holdings import Holdings, Tried
from parzen.shared.records import Uid
from parzen.worker.remains import Remains

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
HERE = NOW.timestamp()
DAY_S = 86_400.0


def tried(state, *tokens, days=10):
    finished_at = NOW - timedelta(days=days) if state.finished else None
    return Tried(state=state, finished_at=finished_at, tokens=frozenset(tokens))


def a_judge(*, identity="mine", whole=True, trial=None, studies=None):
    known = {"digits": Uid("u")} if studies is None else studies
    return Judge(
        identity=identity,
        holdings=Holdings(studies=known, digests=frozenset(), whole=whole),
        trials={(Uid("u"), 7): trial} if trial else {},
        now=NOW,
        here=HERE,
    )


def left(*, store=None, uid=None, token="t", number=7, days=10, study="digits"):
    return Remains(
        study=study,
        number=number,
        token=token,
        paths=(Path("p"),),
        touched_at=HERE - days * DAY_S,
        store=store,
        uid=uid,
    )


MINE = {"store": "mine", "uid": "u"}
GONE = {"store": "mine", "uid": "deleted"}
OTHERS = {"store": "other", "uid": "u"}
COMPLETE, RUNNING, WAITING = TrialState.COMPLETE, TrialState.RUNNING, TrialState.WAITING


@pytest.mark.parametrize(
    ("one", "trial", "fate"),
    [
        (left(**GONE), None, Fate.DELETED),
        (left(**GONE), tried(RUNNING, "t"), Fate.DELETED),  # another study of that name
        (left(**MINE), tried(COMPLETE, "t"), Fate.FINISHED),
        (left(**MINE), tried(TrialState.FAILED, "later"), Fate.FINISHED),  # forgotten by now
        (left(**MINE), tried(RUNNING, "t"), Fate.NEEDED),
        (left(**MINE), tried(WAITING, "other"), Fate.NEEDED),  # where it may go on from
        (left(**MINE), None, Fate.UNKNOWN),
        (left(**OTHERS), tried(COMPLETE, "t"), Fate.UNKNOWN),
        (left(), tried(COMPLETE, "t"), Fate.FINISHED),
        (left(), tried(RUNNING, "t"), Fate.NEEDED),
        (left(), tried(COMPLETE, "other"), Fate.UNKNOWN),
        (left(), None, Fate.UNKNOWN),
        (left(study="unheard-of"), None, Fate.UNKNOWN),
    ],
)
def test_what_an_attempts_directory_is_to_a_store(one, trial, fate):
    assert a_judge(trial=trial).fate(one) is fate


def test_nothing_is_gone_where_that_cannot_be_told():
    assert a_judge(whole=False).fate(left(**GONE)) is Fate.UNKNOWN
    assert a_judge(identity="").fate(left(store="", uid="deleted")) is Fate.UNKNOWN
    assert a_judge(studies={}).fate(left(**GONE)) is Fate.DELETED


def test_a_finished_trials_age_counts_from_its_end():
    judge = a_judge(trial=tried(COMPLETE, "t", days=3))
    assert judge.old(left(**MINE), 2 * DAY_S)
    assert not judge.old(left(**MINE), 4 * DAY_S)


def test_a_deleted_studys_age_counts_from_the_last_change():
    assert a_judge().old(left(**GONE, days=3), 2 * DAY_S)
    assert not a_judge().old(left(**GONE, days=1), 2 * DAY_S)
